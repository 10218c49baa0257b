import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createTurnstile, type Place, type TurnstileLimits } from './turnstile.ts'

const LIMITS: TurnstileLimits = {
  handshakesPerSecond: 20,
  handshakesBurst: 4,
  memberPerSecond: 5,
  memberBurst: 5,
  unfinishedMax: 4,
  patienceMs: 1_000,
}

function place(address: string, options: { members?: number; linked?: boolean } = {}): Place {
  const { members = 1, linked = false } = options
  return { address, members, isLinked: () => linked }
}

test('so many of one place wait as it has members, and three', () => {
  const turnstile = createTurnstile<string>(LIMITS)
  const took = Array.from({ length: 7 }, (_, index) => turnstile.enqueue(place('a', { members: 2 }), `a${index}`))
  assert.deepEqual(took, [true, true, true, true, true, false, false])
  turnstile.leave('a2')
  assert.equal(turnstile.enqueue(place('a', { members: 2 }), 'b'), true)
})

/** A place whose room is full of handshakes that nobody finishes, with one more that waits. */
function crowded(): ReturnType<typeof createTurnstile<string>> {
  const turnstile = createTurnstile<string>({ ...LIMITS, handshakesBurst: 9, memberBurst: 9, unfinishedMax: 9 })
  for (const visitor of ['1', '2', '3', '4']) turnstile.enqueue(place('a'), visitor)
  turnstile.turns(0)
  for (const visitor of ['5', '6']) turnstile.enqueue(place('a'), visitor)
  assert.deepEqual(turnstile.turns(0), { begin: ['5'], oust: [], wakeAtMs: 20 })
  return turnstile
}

test('a place has a handshake under way for each member, and four; the next begins when one is over', () => {
  const turnstile = crowded()
  turnstile.leave('3')
  assert.deepEqual(turnstile.turns(1), { begin: ['6'], oust: [], wakeAtMs: undefined })
})

test('an unfinished handshake gives way to who waits once it has had its time, and not before', () => {
  const turnstile = crowded()
  assert.deepEqual(turnstile.turns(999), { begin: [], oust: [], wakeAtMs: 1_019 })
  assert.deepEqual(turnstile.turns(1_000), { begin: ['6'], oust: ['1'], wakeAtMs: undefined })
  // With nobody waiting it may take as long as its listener lets it.
  assert.deepEqual(turnstile.turns(90_000), { begin: [], oust: [], wakeAtMs: undefined })
})

test('a place without a link goes before one that has all its links, whoever waits longer', () => {
  const turnstile = createTurnstile<string>({ ...LIMITS, handshakesBurst: 1 })
  turnstile.enqueue(place('a', { linked: true }), 'a1')
  turnstile.enqueue(place('b'), 'b1')
  turnstile.enqueue(place('b'), 'b2')
  assert.deepEqual(turnstile.turns(0).begin, ['b1'])
  assert.deepEqual(turnstile.turns(50).begin, ['b2'])
  assert.deepEqual(turnstile.turns(100).begin, ['a1'])
})

test('a place that has all its links gets a turn a second, one that has not five', () => {
  for (const [linked, expected] of [
    [true, 11],
    [false, 55],
  ] as const) {
    const turnstile = createTurnstile<number>({ ...LIMITS, handshakesBurst: 100 })
    let begun = 0
    for (let nowMs = 0; nowMs <= 10_000; nowMs += 10) {
      turnstile.enqueue(place('a', { linked }), nowMs)
      for (const visitor of turnstile.turns(nowMs).begin) {
        begun += 1
        turnstile.leave(visitor)
      }
    }
    // The last one may be a rounding error late.
    assert(begun === expected || begun === expected - 1, `${begun} of ${expected}`)
  }
})

test('whoever floods, a member that comes from another place waits for one turn of each place at most', () => {
  const turnstile = createTurnstile<string>(LIMITS)
  const waitedMs: number[] = []
  for (let nowMs = 0; nowMs <= 60_000; nowMs += 1) {
    // Three places flood, and never finish a handshake; the honest member comes once in five seconds.
    for (const flooding of ['x', 'y', 'z']) turnstile.enqueue(place(flooding), `${flooding}${nowMs}`)
    if (nowMs % 5_000 === 4_000) assert.equal(turnstile.enqueue(place('a'), `a${nowMs}`), true)
    for (const visitor of turnstile.turns(nowMs).begin) {
      if (!visitor.startsWith('a')) continue
      waitedMs.push(nowMs - Number(visitor.slice(1)))
      turnstile.leave(visitor)
    }
  }
  assert.equal(waitedMs.length, 12)
  // Four handshakes that nobody finishes fill the room: the oldest has to have had its second.
  assert(Math.max(...waitedMs) <= LIMITS.patienceMs, `waited ${Math.max(...waitedMs)} ms`)
})

test('whatever comes, the limits hold', () => {
  const step = fc.record({
    afterMs: fc.nat({ max: 200 }),
    from: fc.nat({ max: 5 }),
    linked: fc.boolean(),
    leaves: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const turnstile = createTurnstile<number>(LIMITS)
      const unfinished = new Map<number, number>()
      const begunAtMs: number[] = []
      let nowMs = 0
      for (const [visitor, { afterMs, from, linked, leaves }] of steps.entries()) {
        nowMs += afterMs
        turnstile.enqueue(place(`p${from}`, { linked }), visitor)
        const { begin, oust } = turnstile.turns(nowMs)
        for (const each of oust) {
          assert(nowMs - (unfinished.get(each) ?? nowMs) >= LIMITS.patienceMs)
          unfinished.delete(each)
        }
        for (const each of begin) {
          unfinished.set(each, nowMs)
          begunAtMs.push(nowMs)
        }
        assert(unfinished.size <= LIMITS.unfinishedMax)
        if (leaves)
          for (const each of [...unfinished.keys()].slice(0, 1)) {
            turnstile.leave(each)
            unfinished.delete(each)
          }
      }
      const allowed = LIMITS.handshakesBurst + (nowMs / 1_000) * LIMITS.handshakesPerSecond
      assert(begunAtMs.length <= allowed + 1e-6, `${begunAtMs.length} in ${nowMs} ms`)
    }),
  )
})
