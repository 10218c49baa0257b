import { packetFamilies } from '../../drivers/index.ts'
import type { PacketAction, PacketDriver, PacketFamily } from '../../drivers/packet-driver.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { between, INSTANT_LIMIT_NS, type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { INSTRUMENT_ADDRESS, openPacketBench } from '../conformance/packet-bench.ts'
import { unwrap } from '../support/results.ts'
import { decodeScript, encodeScript, type Spoken } from './driver-script.ts'
import { almostBytes } from './mutation.ts'
import type { Taken, Target } from './target.ts'

const START_AT = monoNs(1_000n * NS_PER_SECOND)
const SCRIPT_SECONDS = 4
const SCRIPT_BYTES_MAX = 1_500
const AFTERWARDS_NS = 12n * NS_PER_SECOND
const WAKES_AT_ONE_INSTANT_MAX = 100
const ACTIONS_MAX = 2_000
const STAMP_ERROR_NS = 100n

/** A family's whole driver, fed with the packets of its own emulator, mutated; as in driver-targets.ts. */
function packetDriverTarget(family: PacketFamily<unknown>): Target {
  const options = unwrap(family.parseOptions({}, 'options'))
  const port = { clockIdentity: Uint8Array.of(2, 0, 0, 0xff, 0xfe, 0, 0, 2), portNumber: 1 }
  const create = (): PacketDriver => family.create(options, { source: 'source0', leapTable: EMBEDDED_LEAP_TABLE, port })
  let corpus: readonly Uint8Array[] | undefined
  let veteran = { driver: create(), now: START_AT }
  return {
    name: `driver ${family.kind}`,
    get corpus() {
      corpus ??= [undefined, ...Object.keys(family.faults)].map((fault) => scriptOf(family, fault))
      return corpus
    },
    inputs: almostBytes,
    take(bytes): Taken {
      const script = decodeScript(bytes)
      const { fault } = listen(create(), script, START_AT)
      const { now } = listen(veteran.driver, script, veteran.now)
      veteran = { ...veteran, now }
      return fault === undefined ? { ok: true, value: { again: undefined } } : { ok: false, fault }
    },
  }
}

function scriptOf(family: PacketFamily<unknown>, fault: string | undefined): Uint8Array {
  const bench = openPacketBench(family)
  if (fault !== undefined) unwrap(bench.emulator.setFault(fault, true))
  bench.run(SCRIPT_SECONDS)
  const spoken: Spoken[] = []
  let last = bench.record.sent[0]?.at ?? START_AT
  let length = 0
  for (const { at, by, packet } of bench.record.sent) {
    if (by !== 'emulator' || length > SCRIPT_BYTES_MAX) continue
    spoken.push({ pauseNs: between(last, at), bytes: packet.bytes })
    last = at
    length += packet.bytes.length
  }
  return encodeScript(spoken)
}

interface Heard {
  readonly now: MonoNs
  readonly fault: { readonly code: string; readonly message: string } | undefined
}

function listen(driver: PacketDriver, script: readonly Spoken[], from: MonoNs): Heard {
  let now = from
  const actions: PacketAction[] = []
  const take = (more: readonly PacketAction[]): void => {
    for (const action of more) {
      actions.push(action)
      if (action.type === 'send' && action.token !== undefined) {
        take(driver.sent(action.token, { at: now, errorNs: STAMP_ERROR_NS, kind: 'kernel' }))
      }
    }
  }
  const wakeUntil = (end: MonoNs): void => {
    let atThisInstant = 0
    for (let at = driver.nextWakeAt(); at !== undefined && at <= end; at = driver.nextWakeAt()) {
      atThisInstant = at <= now ? atThisInstant + 1 : 0
      if (atThisInstant > WAKES_AT_ONE_INSTANT_MAX) throw new Error(`wants to be woken at ${at} for ever`)
      now = at > now ? at : now
      take(driver.wake(now))
    }
    now = end
  }
  wakeUntil(now)
  for (const { pauseNs, bytes } of script) {
    wakeUntil(plus(now, pauseNs))
    const received = { at: now, errorNs: STAMP_ERROR_NS, kind: 'kernel' } as const
    for (const channel of ['event', 'general'] as const) {
      take(driver.receive({ channel, bytes, from: INSTRUMENT_ADDRESS, received }))
    }
  }
  const fault = actions.find((action) => action.type === 'fault')?.fault
  wakeUntil(plus(now, AFTERWARDS_NS))
  if (actions.length > ACTIONS_MAX) throw new Error(`expected at most ${ACTIONS_MAX} actions, got ${actions.length}`)
  const problem = actions.map(problemOf).find((it) => it !== undefined)
  if (problem !== undefined) throw new Error(problem)
  return { now, fault }
}

/** What no driver may say, whatever it has heard. */
function problemOf(action: PacketAction): string | undefined {
  switch (action.type) {
    case 'send':
      return action.bytes.length <= 200 ? undefined : `${action.bytes.length} bytes sent at once`
    case 'sample': {
      const { taiNs, accuracyNs, precisionNs } = action.sample
      if (taiNs < 0n || taiNs > INSTANT_LIMIT_NS) return `a sample of TAI ${taiNs}`
      return accuracyNs > 0n && precisionNs > 0n ? undefined : `a sample of ±${accuracyNs} ± ${precisionNs} ns`
    }
    case 'fault': {
      const { code, message } = action.fault
      const isTold = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(code) && message.length > 0 && message.length < 2_000
      return isTold ? undefined : `expected a fault with a code and one sentence, got ${code}: ${message.slice(0, 200)}`
    }
    default: {
      const numbers = Object.entries(action.status.details).filter(([, value]) => typeof value === 'number')
      const odd = numbers.find(([, value]) => !Number.isFinite(value))
      return odd === undefined ? undefined : `a detail ${odd.join(' ')}`
    }
  }
}

export const PACKET_DRIVER_TARGETS: readonly Target[] = packetFamilies.map(packetDriverTarget)
