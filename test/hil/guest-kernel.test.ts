import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { unwrap } from '../support/results.ts'
import { type GuestRun, runGuest, whyNoGuest } from './guest/guest.ts'
import { kernelPackage } from './guest/kernel-package.ts'

/**
 * Debian's kernel on an emulated PC, with what few machines have: a pulse input, network cards with clocks. The pulses come
 * through the parallel port, by an interrupt that the guest itself causes, so that it knows when; the cards are Intel's
 * 82576 and 82574 as QEMU has them. The processor is emulated: what takes long here says nothing of real machines.
 */

const HARDWARE = [
  '-parallel null',
  '-netdev hubport,hubid=1,id=a -device igb,netdev=a,addr=2,romfile=',
  '-netdev hubport,hubid=1,id=b -device igb,netdev=b,addr=4,romfile=',
  '-netdev hubport,hubid=2,id=c -device e1000e,netdev=c,addr=6,romfile=',
].flatMap((words) => words.split(' '))
/** Half a minute on two idle cores; the rest is for busy ones. */
const SECONDS_MAX = 380

const skip = await whyNoGuest()
let running: Promise<GuestRun> | undefined

async function boot(): Promise<GuestRun> {
  const kernel = unwrap(await kernelPackage())
  const modules = ['parport_pc', 'pps_parport', 'e1000e', 'igb']
  const program = 'test/hil/guest/init.ts'
  return unwrap(await runGuest({ kernel, modules, hardware: HARDWARE, program, secondsMax: SECONDS_MAX }))
}

/** What the guest said of one trial, as often as it tried. There is one guest for all tests. */
async function outcomes<T>(t: TestContext, trial: string): Promise<readonly T[]> {
  running ??= boot()
  const run = await running
  const found = run.said.filter((line) => line['trial'] === trial)
  for (const line of found) t.diagnostic(JSON.stringify(line))
  const failed = run.said.find((line) => line['trial'] === 'failed')
  assert.ok(found.length > 0, `${JSON.stringify(failed)}\n${run.console}`)
  return found as readonly T[]
}

function inGuest(name: string, body: (t: TestContext) => Promise<void>): void {
  test(name, { skip, timeout: (SECONDS_MAX + 120) * 1_000 }, body)
}

inGuest('pulses of the kernel are fetched, each once, both edges, where they happened', async (t) => {
  interface Fetched {
    readonly fetched: readonly { readonly steps: number; readonly inside: boolean; readonly fallAfterNs: string }[]
  }
  const [outcome] = await outcomes<Fetched>(t, 'fetched')
  assert.ok(outcome !== undefined && outcome.fetched.length > 0)
  for (const { steps, inside, fallAfterNs } of outcome.fetched) {
    assert.deepEqual([steps, inside], [1, true])
    assert.ok(BigInt(fallAfterNs) > 0n)
  }
})

inGuest(
  'the device that the agent opens puts every pulse on the local oscillator within its uncertainty',
  async (t) => {
    interface Placed {
      readonly placed: readonly { readonly inside: boolean }[]
      readonly seen: number
      readonly faults: readonly string[]
    }
    const [outcome] = await outcomes<Placed>(t, 'placed')
    assert.ok(outcome !== undefined && outcome.placed.length > 0)
    assert.deepEqual([outcome.seen, outcome.faults], [outcome.placed.length, []])
    assert.ok(outcome.placed.every(({ inside }) => inside))
  },
)

inGuest('every way to compare a hardware clock agrees with its POSIX clock within what it leaves open', async (t) => {
  type Comparison = { readonly offNs: string; readonly bracketNs: string } | { readonly refused: string }
  interface Clock {
    readonly driver: string
    readonly inputs: string
    readonly precise: Comparison
    readonly raw: Comparison
    readonly extended: Comparison
    readonly plain: Comparison
    readonly best: Comparison
    readonly ratePpm: number
  }
  const clocks = await outcomes<Clock>(t, 'clock')
  assert.deepEqual(clocks.map(({ driver }) => driver).sort(), ['e1000e', 'igb', 'igb'])
  for (const { driver, inputs, precise, raw, extended, plain, best, ratePpm } of clocks) {
    assert.equal(inputs, 'phc.channel')
    assert.match('refused' in precise ? precise.refused : '', /expected to latch two clocks: the kernel said/)
    // The emulated 82574 counts at two and a half times its rate, so nothing of it is comparable.
    if (driver !== 'igb') continue
    // Kernels before 6.12 know no readings of the oscillator, and have to refuse them.
    for (const read of ['refused' in raw ? [] : raw, extended, plain, best].flat())
      assert.ok('offNs' in read && read.offNs === '0', JSON.stringify(read))
    assert.ok(Math.abs(ratePpm) < 500, `${ratePpm} ppm`)
  }
})

inGuest(
  'a packet between two cards is stamped by the one that it leaves, before it is stamped where it comes',
  async (t) => {
    interface Cards {
      readonly stamping: readonly { readonly kind: string }[]
      readonly flights: readonly {
        readonly kinds: readonly string[]
        readonly tookNs: string
        readonly errorNs: string
      }[]
      readonly faults: readonly string[]
    }
    const [outcome] = await outcomes<Cards>(t, 'cards')
    assert.ok(outcome !== undefined)
    assert.deepEqual(
      outcome.stamping.map(({ kind }) => kind),
      ['hardware', 'hardware'],
    )
    assert.deepEqual(outcome.faults, [])
    // The emulated card stamps what leaves. Of what comes it stamps PTP over Ethernet alone, so the kernel stands in.
    const stamped = outcome.flights.filter(({ kinds: [left, came] }) => left === 'hardware' && came !== 'user')
    assert.ok(stamped.length > 0, JSON.stringify(outcome))
    for (const { tookNs, errorNs } of stamped) assert.ok(BigInt(tookNs) + BigInt(errorNs) >= 0n)
  },
)

inGuest(
  'a hardware clock is a source while it runs as one that is kept right, and none after it was set',
  async (t) => {
    interface Heard {
      readonly samples: readonly { readonly offNs: string; readonly openNs: string }[]
      readonly faults: readonly string[]
    }
    interface Source {
      readonly driver: string
      readonly states: readonly string[]
      readonly before: Heard
      readonly after: Heard
    }
    const sources = await outcomes<Source>(t, 'clock source')
    assert.equal(sources.length, 3)
    for (const { driver, states, before, after } of sources) {
      assert.deepEqual(states, ['up'])
      if (driver === 'igb') {
        assert.ok(before.samples.length > 0, driver)
        // Its driver set it by the system's clock when it was loaded; since then nobody has, and it may have run off.
        for (const { offNs } of before.samples) assert.ok(Math.abs(Number(offNs)) < 50_000_000, offNs)
        assert.deepEqual([before.faults, after.faults], [[], ['phc.stepped']])
      } else {
        assert.equal(before.samples.length, 0)
        assert.ok(before.faults.includes('phc.rate'))
      }
      assert.equal(after.samples.length, 0)
    }
  },
)
