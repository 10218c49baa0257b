import assert from 'node:assert/strict'
import { createInterface } from 'node:readline'
import { type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startDaemon } from './daemon.ts'
import { createNetworkNamespaces, type NetworkNamespaces } from './network-namespaces.ts'
import type { PacketRelayOptions, PacketRelayWord } from './packet-relay.ts'
import type { RangingEndOptions, RangingEndWord } from './ranging-end.ts'

/** Two processes in two network namespaces. One kernel is under both, so it is known how their clocks truly stand. */

const PORT = 4461
const RELAY = 2

interface Entry {
  readonly errorNs: bigint
  readonly boundNs: bigint
  readonly stampKind: string | undefined
}

interface End {
  readonly entries: Entry[]
  standing: (RangingEndWord & { type: 'standing' }) | undefined
  aheadNs: bigint | undefined
  /** Ends it as systemd would; resolves with its exit code. */
  stop(): Promise<number | null>
}

/** What a program tells, a line at a time. */
function run(
  t: TestContext,
  network: NetworkNamespaces,
  host: number,
  [program, options]: readonly [program: string, options: object],
  hear: (line: string) => void,
) {
  const path = fileURLToPath(new URL(program, import.meta.url))
  const [command, ...words] = network.within(host)
  const daemon = startDaemon(t, command ?? '', [...words, process.execPath, path, JSON.stringify(options)])
  createInterface({ input: daemon.child.stdout as NodeJS.ReadableStream }).on('line', hear)
  return daemon
}

type EndOptions = Partial<Pick<RangingEndOptions, 'stamps' | 'interface' | 'alsoFrom'>>

/** Both ends; with a relay each of them speaks to that. */
function startEnds(
  t: TestContext,
  network: NetworkNamespaces,
  { relayed = false, ...options }: EndOptions & { readonly relayed?: boolean } = {},
): readonly [End, End] {
  const at = (host: number) => ({ address: network.address(host), port: PORT })
  const ends: End[] = []
  for (const self of [0, 1] as const) {
    const end: End = { entries: [], standing: undefined, aheadNs: undefined, stop: () => Promise.resolve(null) }
    ends.push(end)
    const given: RangingEndOptions = { ...options, self, listen: at(self), peer: at(relayed ? RELAY : 1 - self) }
    const hear = (line: string): void => {
      const word = JSON.parse(line) as RangingEndWord
      const other = ends[1 - self]?.aheadNs
      if (word.type === 'clock') end.aheadNs = BigInt(word.aheadNs)
      else if (word.type === 'standing') end.standing = word
      else if (end.aheadNs !== undefined && other !== undefined) {
        const errorNs = BigInt(word.phiNs) - (other - end.aheadNs)
        end.entries.push({ errorNs, boundNs: BigInt(word.boundNs), stampKind: word.stampKind })
      }
    }
    const { child, output } = run(t, network, self, ['ranging-end.ts', given], hear)
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
    child.once('exit', (code) => code !== null && code !== 0 && t.diagnostic(output()))
    end.stop = () => {
      child.kill('SIGTERM')
      return ended
    }
  }
  return ends as unknown as readonly [End, End]
}

function startRelay(t: TestContext, network: NetworkNamespaces, how: Partial<PacketRelayOptions>) {
  const at = (host: number) => ({ address: network.address(host), port: PORT })
  const seen: { word: PacketRelayWord } = { word: { came: [0, 0], noise: 0 } }
  const plain: PacketRelayOptions = { listen: at(RELAY), ends: [at(0), at(1)], holdMs: [0, 0], copies: 1, noise: 0 }
  run(t, network, RELAY, ['packet-relay.ts', { ...plain, ...how }], (line) => {
    seen.word = JSON.parse(line) as PacketRelayWord
  })
  return seen
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await sleep(50)
}

/** Waits for `enough` entries of each end, and holds every one of all against the truth. */
async function checkEntries(t: TestContext, ends: readonly [End, End], enough: number): Promise<readonly Entry[]> {
  await until(() => ends.every(({ entries }) => entries.length >= enough))
  const all = ends.flatMap(({ entries }) => entries)
  for (const { errorNs, boundNs } of all) {
    // Both clocks are read rounded down.
    assert.ok(abs(errorNs) <= boundNs + 2n, `${errorNs} ns off, promised ${boundNs}`)
  }
  const errors = all.map(({ errorNs }) => Number(abs(errorNs))).sort((one, other) => one - other)
  const bounds = all.map(({ boundNs }) => Number(boundNs)).sort((one, other) => one - other)
  const at = (sorted: readonly number[], share: number) => sorted[Math.floor((sorted.length - 1) * share)]
  t.diagnostic(
    `${all.length} entries: off by ${at(errors, 0.5)} ns in the middle, ${at(errors, 0.99)} ns at 99 %; bound ${at(bounds, 0.5)} ns`,
  )
  return all
}

const abs = (value: bigint): bigint => (value < 0n ? -value : value)

test('ranging between network namespaces', async (t) => {
  const network = await createNetworkNamespaces(3)
  if ('absent' in network) return t.skip(network.absent)
  t.after(() => network.remove())

  await t.test('with stamps of the kernel every interval contains the truth, and an end leaves at once', async (t) => {
    const ends = startEnds(t, network)
    const all = await checkEntries(t, ends, 60)
    assert.ok(all.some(({ stampKind }) => stampKind === 'kernel'))
    await until(() => ends.every(({ standing }) => standing?.standing.stamps === 'kernel'))
    assert.deepEqual(await Promise.all(ends.map(({ stop }) => stop())), [0, 0])
  })

  await t.test('bound to an interface without a card that stamps, the reason is told', async (t) => {
    const ends = startEnds(t, network, { interface: 'uplink' })
    await checkEntries(t, ends, 10)
    await until(() => ends.every(({ standing }) => standing !== undefined))
    for (const { standing } of ends) {
      assert.equal(standing?.standing.stamps, 'kernel')
      assert.match(standing.standing.reason ?? '', /network interface uplink: expected a card that stamps packets/)
    }
  })

  await t.test('a path that takes 8 ms longer one way shifts the middle by 4 ms, inside the bound', async (t) => {
    startRelay(t, network, { holdMs: [8, 0] })
    const all = await checkEntries(t, startEnds(t, network, { relayed: true }), 20)
    const shifted = all.filter(({ errorNs }) => abs(errorNs) > 3_000_000n)
    assert.ok(shifted.length > all.length / 2, `${shifted.length} of ${all.length} are shifted`)
  })

  await t.test('packets that are sent thrice are taken once, and nobody answers more than he was asked', async (t) => {
    const relay = startRelay(t, network, { copies: 3 })
    const ends = startEnds(t, network, { relayed: true })
    await checkEntries(t, ends, 40)
    const refused = ({ standing }: End): number => standing?.faults['ranging.replay'] ?? 0
    await until(() => ends.every((end) => refused(end) > 20))
    // Of an end come its own requests and one answer for each of the other's, not for each copy.
    const [first, second] = relay.word.came
    assert.ok(first <= 2.5 * second && second <= 2.5 * first, relay.word.came.join())
    const asked = Math.max(...ends.map(({ entries }) => entries.length))
    assert.ok(first < 3 * asked + 100, `${first} packets`)
  })

  for (const [whence, alsoFrom, expected] of [
    ['from a stranger is dropped by the kernel', [], /^socket\.dropped$/],
    ['from an address of the peer is refused', [network.address(RELAY)], /^(?:ranging\.|socket\.flood)/],
  ] as const) {
    const name = `a flood of noise ${whence} and counted, takes no memory, and moves no interval off the truth`
    await t.test(name, async (flooded) => {
      const relay = startRelay(flooded, network, { noise: 200 })
      const ends = startEnds(flooded, network, { alsoFrom })
      await until(() => ends[0].standing?.up === true && relay.word.noise > 2_000)
      const before = ends[0].standing?.residentBytes ?? 0
      const from = ends[0].entries.length
      await until(() => relay.word.noise > 60_000 || ends[0].entries.length > from + 100)
      await checkEntries(flooded, ends, 40)
      // A thousand of what is expected, and all sooner or later.
      await until(() => {
        const { faults, standing } = ends[0].standing ?? {}
        return Object.entries({ ...faults, ...standing?.lost }).some(([code, n]) => expected.test(code) && n > 1_000)
      })
      const grown = (ends[0].standing?.residentBytes ?? 0) - before
      assert.ok(grown < 60_000_000, `grew by ${grown} bytes`)
    })
  }

  await t.test('an end whose peer is not there asks on, and has it when it comes', async (t) => {
    const ends = startEnds(t, network)
    await checkEntries(t, ends, 5)
    assert.equal(await ends[1].stop(), 0)
    await until(() => ends[0].standing?.up === false)
    assert.deepEqual(await ends[0].stop(), 0)
  })
})
