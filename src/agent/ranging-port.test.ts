import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { freePorts } from '../cli/demo/ports.ts'
import type { Fault } from '../core/fault.ts'
import { driftNs } from '../core/integer.ts'
import { watchSocket } from '../device/stamp-service.ts'
import { createRangingClock, type RangingClock } from '../fusion/ranging-clock.ts'
import { readMonoNs } from '../linux/clock.ts'
import type { RangingKeys } from '../transport/ranging-keys.ts'
import { openRangingPort, type RangingPort } from './ranging-port.ts'
import type { RangingSocketChoice } from './ranging-socket-choice.ts'

const UP = new Uint8Array(32).fill(1)
const DOWN = new Uint8Array(32).fill(2)
const KEYS: readonly [RangingKeys, RangingKeys] = [
  { send: UP, receive: DOWN },
  { send: DOWN, receive: UP },
]

interface End {
  readonly port: RangingPort
  readonly clock: RangingClock
  readonly packetFaults: Fault[]
  readonly faults: Fault[]
}

type Choice = Pick<RangingSocketChoice, 'stamps' | 'interface'>

/** Two ends on loopback, whose ranging clocks run on the one oscillator of this machine, from different beginnings. */
async function twoEnds(t: TestContext, choices: readonly [Choice, Choice]): Promise<readonly [End, End]> {
  const ports = await freePorts(2)
  const at = (id: number) => ({ address: '127.0.0.1', port: ports[id]?.rangingPort ?? 0 })
  const open = async (self: 0 | 1): Promise<End> => {
    const clock = createRangingClock(new Uint8Array(16).fill(self), 200n, readMonoNs())
    // As from hardware that was good for a long time; what is not learnt may be off by a crystal's worst.
    clock.learn({ ppb: 0, uncertaintyPpb: 60, baselineNs: 0n }, readMonoNs())
    const [packetFaults, faults]: [Fault[], Fault[]] = [[], []]
    const port = unwrap(
      await openRangingPort({
        ...choices[self],
        self,
        peers: [{ id: 1 - self, ranging: at(1 - self) }],
        listen: at(self),
        clock,
        seed: self,
        onFault: (fault) => faults.push(fault),
        onPacketFault: (fault, times) => packetFaults.push(...Array.from({ length: times }, () => fault)),
      }),
    )
    t.after(async () => {
      await port.close()
      assert.deepEqual(faults, [], 'what a test does not expect, and take')
    })
    return { port, clock, packetFaults, faults }
  }
  return [await open(0), await open(1)]
}

function setKeys(ends: readonly [End, End], keys = KEYS): void {
  ends[0].port.setKeys(1, keys[0])
  ends[1].port.setKeys(0, keys[1])
}

/** Waits for rows with stamps of `kind` until `enough` of them were seen; each must contain the truth. */
async function checkRows(ends: readonly [End, End], kind: string, enough: number): Promise<bigint> {
  let [seen, narrowest] = [0, 1_000_000_000n]
  while (seen < enough) {
    await sleep(20)
    for (const [self, { port, clock }] of ends.entries()) {
      const now = readMonoNs()
      const peer = ends[1 - self]?.clock
      for (const { phiNs, uncertaintyNs, ageNs } of port.row(now)) {
        const errorNs = phiNs - ((peer?.at(now) ?? 0n) - clock.at(now))
        // Both readings are rounded down.
        const boundNs = uncertaintyNs + driftNs(ageNs, 2n * clock.boundPpb) + 2n
        assert.ok(-boundNs <= errorNs && errorNs <= boundNs, `${errorNs} ns off, promised ${boundNs}`)
        if (port.links(now)[0]?.stampKind !== kind) continue
        seen += 1
        if (boundNs < narrowest) narrowest = boundNs
      }
    }
  }
  return narrowest
}

test('two ends range each other with stamps of the kernel, and keys of a new session change nothing', async (t) => {
  const ends = await twoEnds(t, [{}, {}])
  setKeys(ends)
  assert.deepEqual([ends[0].port.standing().stamps, ends[0].port.standing().reason], ['kernel', undefined])
  const boundNs = await checkRows(ends, 'kernel', 20)
  const fresh: readonly [RangingKeys, RangingKeys] = [
    { send: new Uint8Array(32).fill(3), receive: new Uint8Array(32).fill(4) },
    { send: new Uint8Array(32).fill(4), receive: new Uint8Array(32).fill(3) },
  ]
  setKeys(ends, fresh)
  await checkRows(ends, 'kernel', 20)
  // What was under way under the old keys is refused, and nothing else is.
  assert.ok(ends.every(({ packetFaults }) => packetFaults.length <= 4))
  t.diagnostic(`narrowest bound ${boundNs} ns`)
})

test('a segment that begins is ranged in from then on', async (t) => {
  const ends = await twoEnds(t, [{}, {}])
  setKeys(ends)
  await checkRows(ends, 'kernel', 4)
  const [{ port, clock }] = ends
  assert.ok(clock.unlearn(readMonoNs()))
  port.follow()
  // What was measured in the last one says nothing in this one.
  assert.deepEqual(port.row(readMonoNs()), [])
  await checkRows(ends, 'kernel', 20)
  assert.ok(port.row(readMonoNs()).length === 1)
})

test('the next thread ranges on under the same keys, and nothing is taken for a replay', async (t) => {
  const ends = await twoEnds(t, [{}, {}])
  setKeys(ends)
  await checkRows(ends, 'kernel', 10)
  const poison = watchSocket(
    { fd: -1, clockPath: 1 as unknown as string, mayWait: false },
    { onBatch: () => undefined, onFault: () => undefined },
  )
  assert.equal((await poison.watching)?.code, 'stamp.thread')
  await poison.release()
  for (const { faults } of ends)
    assert.deepEqual(
      faults.splice(0).map(({ code }) => code),
      ['stamp.thread'],
    )
  const goneAt = readMonoNs()
  const rangesAgain = ({ port }: End): boolean => {
    const now = readMonoNs()
    return port.row(now).some(({ ageNs }) => ageNs < now - goneAt)
  }
  while (!ends.every(rangesAgain)) await sleep(20)
  await checkRows(ends, 'kernel', 20)
  // An answer to a request of the last thread is refused by the next, and nothing else is.
  assert.ok(ends.every(({ packetFaults }) => packetFaults.length <= 2))
})

test('an end with stamps of its own ranges one with those of the kernel: the coarser kind is told', async (t) => {
  const ends = await twoEnds(t, [{ stamps: 'user' }, { stamps: 'kernel' }])
  setKeys(ends)
  await checkRows(ends, 'user', 10)
  assert.deepEqual(ends[0].port.standing(), { stamps: 'user', reason: undefined, lost: {} })
  assert.equal(ends[1].port.standing().stamps, 'kernel')
})

test('an interface without a card that stamps has the stamps of the kernel, and says why', async (t) => {
  const ends = await twoEnds(t, [{ interface: 'lo' }, {}])
  setKeys(ends)
  await checkRows(ends, 'kernel', 4)
  const { stamps, reason } = ends[0].port.standing()
  assert.equal(stamps, 'kernel')
  assert.match(reason ?? '', /network interface lo: expected a card that stamps packets/)
})

test('what no other stamps would mend is a fault', async () => {
  const clock = createRangingClock(new Uint8Array(16), 200n, readMonoNs())
  const opened = await openRangingPort({
    self: 0,
    peers: [],
    listen: { address: '127.0.0.1', port: 0 },
    interface: 'none-such',
    clock,
    seed: 1,
    onFault: () => undefined,
    onPacketFault: () => undefined,
  })
  assert.equal(faultOf(opened).code, 'socket.interface')
})
