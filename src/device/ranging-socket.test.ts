import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../core/fault.ts'
import { contains, interval } from '../core/interval.ts'
import { createPrng } from '../core/prng.ts'
import type { Stamp } from '../core/stamp.ts'
import { type MonoNs, monoNs, rangingNs } from '../core/time.ts'
import type { Mac } from '../ranging/packet-key.ts'
import type { SendToken } from '../ranging/peer-exchange.ts'
import { createRanging, type RangingAction } from '../ranging/ranger.ts'
import type { RangingClock } from '../ranging/stamp.ts'
import { openRangingSocket } from './ranging-socket.ts'
import type { SocketAddress, StampedSocket } from './stamped-socket.ts'

const LOOPBACK: SocketAddress = { address: '127.0.0.1', port: 0 }
const readMono = (): MonoNs => monoNs(process.hrtime.bigint())
const mac: Mac = (key, bytes) => createHmac('sha256', key).update(bytes).digest()
const unexpected = (fault: Fault): void => assert.fail(`${fault.code}: ${fault.message}`)
const ignored = { onPacket: () => undefined, onSent: () => undefined, onFault: unexpected }

async function opened<Token>(
  t: TestContext,
  events: Parameters<typeof openRangingSocket<Token>>[2],
  at = LOOPBACK,
): Promise<StampedSocket<Token>> {
  const socket = await openRangingSocket<Token>(at, readMono, events)
  assert.ok(socket.ok, socket.ok ? '' : socket.fault.message)
  t.after(() => socket.value.close())
  return socket.value
}

interface Node {
  readonly clock: RangingClock
  readonly act: (actions: readonly RangingAction[]) => void
  readonly ranging: ReturnType<typeof createRanging>
  readonly socket: StampedSocket<SendToken>
}

/** A whole ranging node on a real socket; its ranging clock is the machine's, shifted. */
async function startNode(
  t: TestContext,
  self: 0 | 1,
  shiftNs: bigint,
  peerAt: () => SocketAddress,
  onSample: () => void,
) {
  const limits = { requestPeriodNs: 4_000_000n, answersPerSecond: 1_000, answersBurst: 100 }
  const ranging = createRanging({ self, peers: [1 - self], mac, prng: createPrng(self), limits })
  const bootId = new Uint8Array(16).fill(self)
  const clock: RangingClock = { bootId, segment: 0, boundPpb: 0n, at: (mono) => rangingNs(mono + shiftNs) }
  const act = (actions: readonly RangingAction[]): void => {
    for (const action of actions) {
      if (action.type === 'send') socket.send(action.bytes, peerAt(), action.token)
      if (action.type === 'fault') unexpected(action.fault)
      if (action.type === 'sample') onSample()
    }
  }
  const socket: StampedSocket<SendToken> = await opened<SendToken>(t, {
    onPacket: (bytes, _from, received) => act(ranging.receive(bytes, received, clock)),
    onSent: (token, sent) => act(ranging.sent(token, sent, clock)),
    onFault: unexpected,
  })
  return { clock, act, ranging, socket } satisfies Node
}

test('two nodes on real sockets find the true difference of their clocks inside every entry', async (t) => {
  const truth = 123_456_789_012n
  const tally = { samples: 0, entries: 0 }
  const count = () => {
    tally.samples += 1
  }
  const nodes: Node[] = []
  nodes.push(await startNode(t, 0, 0n, () => nodes[1]!.socket.local, count))
  nodes.push(await startNode(t, 1, truth, () => nodes[0]!.socket.local, count))
  const [up, down] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)]
  nodes[0]!.ranging.setKeys(1, { send: up, receive: down }, readMono())
  nodes[1]!.ranging.setKeys(0, { send: down, receive: up }, readMono())

  while (tally.samples < 200) {
    for (const [self, { ranging, clock, act }] of nodes.entries()) {
      const now = readMono()
      act(ranging.wake(now, clock))
      for (const { phiNs, uncertaintyNs } of ranging.row(now, clock)) {
        const offset = self === 0 ? truth : -truth
        assert.ok(
          contains(interval(phiNs - uncertaintyNs, phiNs + uncertaintyNs), offset),
          `${phiNs} ± ${uncertaintyNs} ns`,
        )
        tally.entries += 1
      }
    }
    await sleep(1)
  }
  assert.ok(tally.entries >= 100)
  for (const { ranging } of nodes) {
    const [link] = ranging.links(readMono())
    t.diagnostic(
      `round trip: median ${link!.roundTripNs} ns, smallest ${link!.roundTripNsMin} ns, ${link!.stampKind} stamps`,
    )
  }
})

test('a packet leaves after its transmit stamp and comes before its receive stamp', async (t) => {
  const stamps: { sent?: Stamp; token?: string; received?: Stamp; bytes?: Uint8Array; from?: SocketAddress } = {}
  const sender = await opened<string>(t, {
    ...ignored,
    onSent: (token, sent) => Object.assign(stamps, { token, sent }),
  })
  const arrival = Promise.withResolvers<void>()
  const receiver = await opened<string>(t, {
    ...ignored,
    onPacket: (bytes, from, received) => {
      Object.assign(stamps, { bytes, from, received })
      arrival.resolve()
    },
  })
  const before = readMono()
  sender.send(Uint8Array.of(1, 2, 3), receiver.local, 'first')
  const { sent, token } = stamps
  await arrival.promise
  const { received, bytes, from } = stamps
  assert.equal(token, 'first')
  assert.deepEqual([...bytes!], [1, 2, 3])
  assert.deepEqual(from, sender.local)
  assert.ok(before <= sent!.at && sent!.at <= received!.at && received!.at <= readMono())
  assert.equal(sent!.kind, 'user')
  assert.ok(sent!.errorNs >= 1n && sent!.errorNs < 1_000_000n, `got ${sent!.errorNs} ns`)
})

test('IPv6 serves as well', async (t) => {
  const arrival = Promise.withResolvers<SocketAddress>()
  const socket = await opened<number>(
    t,
    { ...ignored, onPacket: (_bytes, from) => arrival.resolve(from) },
    { address: '::1', port: 0 },
  )
  socket.send(Uint8Array.of(1), socket.local, 1)
  assert.deepEqual(await arrival.promise, socket.local)
})

test('a port in use, a name instead of an address and a foreign address are each one clear sentence', async (t) => {
  const taken = await opened<number>(t, ignored)
  const refusal = async (at: SocketAddress): Promise<Fault> => {
    const socket = await openRangingSocket<number>(at, readMono, ignored)
    assert.ok(!socket.ok)
    return socket.fault
  }
  assert.deepEqual(await refusal(taken.local), {
    code: 'ranging.port-in-use',
    message: `ranging socket 127.0.0.1:${taken.local.port}: expected a free UDP port, got one that another process has bound`,
  })
  assert.deepEqual(await refusal({ address: 'node-1', port: 0 }), {
    code: 'ranging.address',
    message: 'ranging socket: expected a literal IP address, got "node-1"',
  })
  assert.equal((await refusal({ address: '192.0.2.1', port: 0 })).code, 'ranging.bind')
})

test('a packet that cannot be sent is a fault, and nothing is reported after the end', async (t) => {
  const faults: string[] = []
  const reported = Promise.withResolvers<void>()
  const onFault = ({ code }: Fault): void => {
    faults.push(code)
    if (code === 'ranging.send') reported.resolve()
  }
  const socket = await opened<number>(t, { ...ignored, onFault })
  socket.send(Uint8Array.of(1), { address: '::1', port: 9 }, 1)
  socket.send(new Uint8Array(70_000), socket.local, 2)
  await reported.promise
  assert.deepEqual(faults, ['ranging.address', 'ranging.send'])
  await socket.close()
  await socket.close()
  socket.send(Uint8Array.of(1), { address: '::1', port: 9 }, 3)
  assert.equal(faults.length, 2)
})
