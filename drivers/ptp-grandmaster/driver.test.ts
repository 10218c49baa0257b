import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus, taiNs } from '../../src/core/time.ts'
import { unwrap } from '../../test/support/results.ts'
import type { EmulatorContext } from '../driver.ts'
import type { PacketAction, PacketDriver, PacketSend } from '../packet-driver.ts'
import { ptpGrandmaster } from './index.ts'

/** Several grandmasters and several receivers on one network of their own, every packet 10 µs under way. */

const START = monoNs(1_000n * NS_PER_SECOND)
const TAI_OF_START = 1_768_478_437n * NS_PER_SECOND
const PATH_NS = 10_000n
const STAMP = { errorNs: 50n, kind: 'kernel' } as const

/** A clock of its own for each grandmaster: so much off. */
function skyOf(offNs: bigint): EmulatorContext {
  return {
    leapTable: EMBEDDED_LEAP_TABLE,
    skyTai: (at) => taiNs(at - START + TAI_OF_START + offNs),
    skyMono: (tai) => monoNs(tai - TAI_OF_START - offNs + START),
  }
}

interface Speaker {
  readonly address: string
  readonly end: Pick<PacketDriver, 'receive' | 'sent' | 'wake' | 'nextWakeAt'>
  readonly actions: PacketAction[]
}

function portOf(last: number) {
  return { clockIdentity: Uint8Array.of(2, 0, 0, 0xff, 0xfe, 0, 0, last), portNumber: 1 }
}

function grandmaster(last: number, options: object, offNs = 0n): Speaker {
  const parsed = unwrap(ptpGrandmaster.parseOptions(options, 'options'))
  const emulator = ptpGrandmaster.emulate(parsed, last, { ...skyOf(offNs), port: portOf(last) })
  return { address: `192.0.2.${last}`, end: emulator, actions: [] }
}

function receiver(last: number, options: object): Speaker {
  const parsed = unwrap(ptpGrandmaster.parseOptions(options, 'options'))
  const context = { source: `source${last}`, leapTable: EMBEDDED_LEAP_TABLE, port: portOf(last) }
  return { address: `192.0.2.${last}`, end: ptpGrandmaster.create(parsed, context), actions: [] }
}

function play(speakers: readonly Speaker[], seconds: number): void {
  let now: MonoNs = START
  const until = plus(START, BigInt(seconds) * NS_PER_SECOND)
  let underWay: { readonly at: MonoNs; readonly from: Speaker; readonly send: PacketSend }[] = []
  const say = (from: Speaker, actions: readonly PacketAction[]): void => {
    for (const action of actions) {
      from.actions.push(action)
      if (action.type !== 'send') continue
      underWay.push({ at: plus(now, PATH_NS), from, send: action })
      if (action.token !== undefined) say(from, from.end.sent(action.token, { at: now, ...STAMP }))
    }
  }
  while (now < until) {
    const instants = [...underWay.map(({ at }) => at), ...speakers.map(({ end }) => end.nextWakeAt() ?? until), until]
    const next = instants.reduce((first, at) => (at < first ? at : first))
    now = next > now ? next : now
    const due = underWay.filter(({ at }) => at <= now)
    underWay = underWay.filter(({ at }) => at > now)
    for (const { from, send } of due) {
      for (const to of speakers.filter((each) => each !== from && (send.to ?? each.address) === each.address)) {
        const received = { at: now, ...STAMP }
        say(to, to.end.receive({ channel: send.channel, bytes: send.bytes, from: from.address, received }))
      }
    }
    for (const speaker of speakers) if ((speaker.end.nextWakeAt() ?? until) <= now) say(speaker, speaker.end.wake(now))
  }
}

function samplesOf({ actions }: Speaker) {
  return actions.flatMap((action) => (action.type === 'sample' ? [action.sample] : []))
}

function statusOf({ actions }: Speaker) {
  return actions.findLast((action) => action.type === 'status')?.status ?? assert.fail('expected a status')
}

function offsOf(speaker: Speaker): readonly number[] {
  return samplesOf(speaker).map(({ monoNs: at, taiNs: tai }) => Number(tai - skyOf(0n).skyTai(at)))
}

function assertAbout(values: readonly number[], expected: number): void {
  assert.ok(values.length >= 10, `expected samples, got ${values.length}`)
  for (const value of values) assert.ok(Math.abs(value - expected) < 300, `expected about ${expected} ns, got ${value}`)
}

test('several grandmasters are several sources, by domain and by identity', () => {
  const inDomain0 = { grandmaster: '020000.fffe.000001' }
  const heard = [
    receiver(11, inDomain0),
    receiver(12, { grandmaster: '020000.fffe.000002' }),
    receiver(13, { domain: 7 }),
  ]
  const spoken = [
    grandmaster(1, {}),
    grandmaster(2, {}, 40_000n),
    grandmaster(3, { domain: 7, emulator: { twoStep: false, clockClass: 7 } }, -70_000n),
  ]
  play([...spoken, ...heard], 40)
  for (const [index, expected] of [0, 40_000, -70_000].entries()) {
    const speaker = heard[index] ?? assert.fail('expected a receiver')
    assertAbout(offsOf(speaker).slice(-20), expected)
    assert.deepEqual(statusOf(speaker).alarms, [])
    assert.equal(statusOf(speaker).identity, `grandmaster 020000.fffe.00000${index + 1}`)
  }
  assert.deepEqual(
    heard.map((speaker) => statusOf(speaker).quality),
    ['locked', 'locked', 'holdover'],
  )
  assert.equal(statusOf(heard[2] ?? assert.fail()).dependsOn, 'own')
})

test('of two grandmasters that could be meant, the first is heard, and the other is an alarm', () => {
  const heard = receiver(11, {})
  play([grandmaster(1, {}), grandmaster(2, {}, 500_000n), heard], 40)
  const offs = offsOf(heard).slice(-20)
  assertAbout(offs, offs[0] ?? 0)
  assert.deepEqual(statusOf(heard).alarms, ['ptp.second-grandmaster'])
  assert.match(
    statusOf(heard).reasons?.['ptp.second-grandmaster'] ?? '',
    /alone in the domain, got .* from 192\.0\.2\.[12] too$/,
  )
})

test('the bound is what the grandmaster claims and half of the path, or what the operator measured of it', () => {
  const [plain, measured, shifted] = [
    receiver(11, {}),
    receiver(12, { delayUncertaintyNs: 50 }),
    receiver(13, { asymmetryNs: 4_000, delayUncertaintyNs: 200 }),
  ]
  play([grandmaster(1, {}), plain, measured, shifted], 40)
  const accuracyOf = (speaker: Speaker): number => Number(samplesOf(speaker).at(-1)?.accuracyNs)
  assert.ok(Math.abs(accuracyOf(plain) - 10_100) < 200, `${accuracyOf(plain)}`)
  assert.equal(accuracyOf(measured), 150)
  assert.equal(accuracyOf(shifted), 300)
  assertAbout(offsOf(measured).slice(-20), 0)
  assertAbout(offsOf(shifted).slice(-20), 4_000)
})

test('an asymmetry beyond the path is an alarm, and goes no farther than the path', () => {
  const heard = receiver(11, { asymmetryNs: 25_000 })
  play([grandmaster(1, {}), heard], 40)
  assertAbout(offsOf(heard).slice(-20), 10_000)
  assert.deepEqual(statusOf(heard).alarms, ['ptp.asymmetry'])
})

test('boundary clocks between and boasts widen what is believed', () => {
  const measured = { delayUncertaintyNs: 0 }
  const [far, boaster] = [receiver(11, { domain: 1, ...measured }), receiver(12, { domain: 2, ...measured })]
  const spoken = [
    grandmaster(1, { domain: 1, emulator: { stepsRemoved: 3 } }),
    grandmaster(2, { domain: 2, emulator: { clockAccuracy: 0x17 } }),
  ]
  play([...spoken, far, boaster], 40)
  const accuracyOf = (speaker: Speaker): number => Number(samplesOf(speaker).at(-1)?.accuracyNs)
  assert.equal(accuracyOf(far), 400)
  assert.equal(accuracyOf(boaster), 25)
})

test('requests come as often as the grandmaster wishes, or as the operator does', () => {
  const emulator = { logDelayRequestInterval: 2 }
  const [wished, ordered] = [receiver(11, {}), receiver(12, { logDelayRequestInterval: -2 })]
  play([grandmaster(1, { emulator }), wished, ordered], 100)
  const requestsOf = ({ actions }: Speaker): number =>
    actions.filter((action) => action.type === 'send' && action.channel === 'event').length
  assert.ok(requestsOf(wished) > 18 && requestsOf(wished) < 36, `${requestsOf(wished)}`)
  assert.ok(requestsOf(ordered) > 320 && requestsOf(ordered) < 480, `${requestsOf(ordered)}`)
  assertAbout(offsOf(wished).slice(-20), 0)
})

test('unicast is negotiated with one address alone, renewed, and heard', () => {
  const options = { unicast: 'negotiated', address: '192.0.2.1' }
  const heard = receiver(11, { ...options, management: false })
  play([grandmaster(1, options), grandmaster(2, {}, 9_000_000n), heard], 400)
  assertAbout(offsOf(heard).slice(-20), 0)
  assert.deepEqual(statusOf(heard).alarms, [])
  assert.ok(heard.actions.every((action) => action.type !== 'send' || action.to === '192.0.2.1'))
  const asked = heard.actions.filter((action) => action.type === 'send' && action.channel === 'general')
  assert.ok(asked.length >= 3 && asked.length <= 8, `${asked.length} times`)
})

test('what the options say is checked', () => {
  const complaintOf = (input: object): string => {
    const parsed = ptpGrandmaster.parseOptions(input, 'options')
    assert.ok(!parsed.ok)
    return parsed.fault.message
  }
  assert.equal(
    complaintOf({ unicast: 'static' }),
    'options.address: expected a literal IP address with unicast, got nothing',
  )
  assert.equal(
    complaintOf({ grandmaster: '00:11' }),
    'options.grandmaster: expected a clock identity like 001122.fffe.334455, got "00:11"',
  )
  assert.equal(
    complaintOf({ address: 'gm.example' }),
    'options.address: expected a literal IP address, got "gm.example"',
  )
})
