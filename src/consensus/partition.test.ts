import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { quorumOf } from './membership.ts'
import { CHANGES_KEPT, connectivityOf, createConnectivityHistory, type LinkReporter } from './partition.ts'
import type { LinkState } from './proposal.ts'

type Matrix = readonly (readonly boolean[])[]

function link(peer: number, up: boolean, changes: Partial<LinkState> = {}): LinkState {
  return { peer, up, roundTripNs: up ? 200_000n : undefined, lossPpm: 0, ...changes }
}

/** What members say when `sees(a, b)` is what `a` says of `b`. */
function reporters(n: number, sees: (a: number, b: number) => boolean): readonly LinkReporter[] {
  const ids = Array.from({ length: n }, (_, id) => id)
  return ids.map((member) => ({
    member,
    links: ids.filter((id) => id !== member).map((peer) => link(peer, sees(member, peer))),
  }))
}

describe('the connectivity matrix', () => {
  it('of a whole cluster is one part, and nobody is affected', () => {
    const whole = connectivityOf(
      reporters(4, () => true),
      quorumOf(4),
    )
    assert.deepEqual(whole.components, [[0, 1, 2, 3]])
    assert.deepEqual([whole.quorate, whole.affected, whole.silent], [[0, 1, 2, 3], [], []])
    assert.equal(whole.connections.length, 6)
    assert.ok(whole.connections.every(({ state, asymmetric }) => state === 'up' && !asymmetric))
  })

  it('names the parts of a cluster that is cut, and those outside of the one that can certify', () => {
    const cut = connectivityOf(
      reporters(7, (a, b) => a < 5 === b < 5),
      quorumOf(7),
    )
    assert.deepEqual(cut.components, [
      [0, 1, 2, 3, 4],
      [5, 6],
    ])
    assert.deepEqual(
      [cut.quorate, cut.affected],
      [
        [0, 1, 2, 3, 4],
        [5, 6],
      ],
    )
    const halves = connectivityOf(
      reporters(4, (a, b) => a % 2 === b % 2),
      quorumOf(4),
    )
    assert.deepEqual(
      [halves.components, halves.quorate],
      [
        [
          [0, 2],
          [1, 3],
        ],
        undefined,
      ],
    )
    assert.deepEqual(halves.affected, [0, 1, 2, 3])
  })

  it('follows links over others: members that reach each other through a third are one part', () => {
    const chain = connectivityOf(
      reporters(4, (a, b) => Math.abs(a - b) === 1),
      quorumOf(4),
    )
    assert.deepEqual(chain.components, [[0, 1, 2, 3]])
    assert.deepEqual(
      chain.connections.filter(({ state }) => state === 'down').map(({ a, b }) => [a, b]),
      [
        [0, 2],
        [0, 3],
        [1, 3],
      ],
    )
  })

  it('calls a link that only one end sees one-way, and it joins nobody', () => {
    const seen = connectivityOf(
      reporters(4, (a, b) => b !== 3 || a === 0),
      quorumOf(4),
    )
    const between = (a: number, b: number): string | undefined =>
      seen.connections.find((found) => found.a === a && found.b === b)?.state
    assert.equal(between(0, 3), 'up')
    assert.equal(between(1, 3), 'one-way')
    const never = connectivityOf(
      reporters(4, (_a, b) => b !== 3),
      quorumOf(4),
    )
    assert.deepEqual(never.components, [[0, 1, 2], [3]])
    assert.deepEqual(never.affected, [3])
  })

  it('tells who is silent from who is cut off', () => {
    const without = connectivityOf(
      reporters(4, () => true).filter(({ member }) => member !== 2),
      quorumOf(4),
    )
    assert.deepEqual([without.components, without.silent], [[[0, 1, 3], [2]], [2]])
    assert.ok(without.connections.filter(({ a, b }) => a === 2 || b === 2).every(({ state }) => state === 'untold'))
  })

  it('calls a link asymmetric when its ends measure something else', () => {
    const measured = (there: Partial<LinkState>, back: Partial<LinkState>): boolean | undefined =>
      connectivityOf(
        [
          { member: 0, links: [link(1, true, there)] },
          { member: 1, links: [link(0, true, back)] },
        ],
        quorumOf(2),
      ).connections[0]?.asymmetric
    assert.equal(measured({ roundTripNs: 900_000n }, { roundTripNs: 100_000n }), false, 'less than a millisecond apart')
    assert.equal(measured({ roundTripNs: 9_000_000n }, { roundTripNs: 2_000_000n }), true)
    assert.equal(measured({ roundTripNs: 9_000_000n }, { roundTripNs: 3_000_000n }), false, 'less than fourfold')
    assert.equal(measured({ lossPpm: 250_000 }, { lossPpm: 10_000 }), true)
    assert.equal(measured({ lossPpm: 150_000 }, { roundTripNs: undefined }), false)
  })
})

describe('a liar about links', () => {
  const sizes = fc.constantFrom(4, 5, 7, 10)
  const world = sizes.chain((n) => {
    const row = fc.array(fc.boolean(), { minLength: n, maxLength: n })
    const matrix = fc.array(row, { minLength: n, maxLength: n })
    return fc.record({ n: fc.constant(n), truth: matrix, lie: matrix, liar: fc.nat(n - 1) })
  })
  const sees = (matrix: Matrix, a: number, b: number): boolean => matrix[a]?.[b] ?? false

  it('changes nothing between two others, and joins nobody who does not see it', () => {
    fc.assert(
      fc.property(world, ({ n, truth, lie, liar }) => {
        const honest = connectivityOf(
          reporters(n, (a, b) => sees(truth, a, b)),
          quorumOf(n),
        )
        const lied = connectivityOf(
          reporters(n, (a, b) => sees(a === liar ? lie : truth, a, b)),
          quorumOf(n),
        )
        for (const [index, { a, b, state }] of honest.connections.entries()) {
          const told = lied.connections[index]
          if (a !== liar && b !== liar) assert.equal(told?.state, state)
          else if (told?.state === 'up') assert.ok(sees(truth, a === liar ? b : a, liar))
        }
      }),
    )
  })

  it('never counts twice and never counts strangers: parts are a partition of the members', () => {
    const anyLink = fc.record({
      peer: fc.nat(12),
      up: fc.boolean(),
      roundTripNs: fc.option(fc.bigInt(0n, 1n << 62n), { nil: undefined }),
      lossPpm: fc.nat(1_000_000),
    })
    const anyReport = fc.record({ member: fc.nat(12), links: fc.array(anyLink, { maxLength: 12 }) })
    fc.assert(
      fc.property(sizes, fc.array(anyReport, { maxLength: 12 }), (n, reports) => {
        const { components, affected, quorate } = connectivityOf(reports, quorumOf(n))
        const all = components.flat()
        assert.deepEqual(
          [...all].sort((a, b) => a - b),
          Array.from({ length: n }, (_, id) => id),
        )
        assert.equal(affected.length + (quorate?.length ?? 0), n)
        assert.ok(quorate === undefined || quorate.length >= quorumOf(n).q)
      }),
    )
  })
})

describe('the history of parts', () => {
  const at = (cut: boolean): ReturnType<typeof connectivityOf> =>
    connectivityOf(
      reporters(4, (a, b) => !cut || a < 3 === b < 3),
      quorumOf(4),
    )

  it('tells when they change and from what to what, and nothing while they stay', () => {
    const history = createConnectivityHistory()
    assert.equal(history.observe(1, at(false)), undefined)
    assert.equal(history.observe(2, at(false)), undefined)
    const change = { epoch: 3, before: [[0, 1, 2, 3]], after: [[0, 1, 2], [3]] }
    assert.deepEqual(history.observe(3, at(true)), change)
    assert.equal(history.observe(2, at(false)), undefined, 'what is older changes nothing')
    assert.deepEqual(history.observe(9, at(false)), { epoch: 9, before: change.after, after: change.before })
    assert.deepEqual(history.changes.length, 2)
    assert.equal(history.newest?.epoch, 9)
  })

  it('is bounded', () => {
    const history = createConnectivityHistory()
    for (let epoch = 1; epoch <= 500; epoch++) history.observe(epoch, at(epoch % 2 === 0))
    assert.equal(history.changes.length, CHANGES_KEPT)
    assert.equal(history.changes.at(-1)?.epoch, 500)
  })
})
