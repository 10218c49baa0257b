import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { monoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { KEYS } from './configuration-keys.ts'
import { createConfigurator } from './configurator.ts'
import { MODELS, versionFrame } from './emulated-models.ts'
import { createEmulatedSettings, type EmulatedSettings } from './emulated-settings.ts'
import { encodeFrame, UBX } from './frame.ts'
import { createUbloxFramer } from './framer.ts'
import { parseOptions } from './options.ts'
import { parseMessage } from './protocol.ts'

const EVERY_EPOCH = [UBX.navPvt, UBX.navStatus, UBX.navTimeGps, UBX.navTimeUtc, UBX.navTimeLs]

type Answer = (key: number, payload: Uint8Array) => readonly Uint8Array[]

/** A configurator and something that answers it at once, on virtual time. */
function bench(input: Record<string, unknown> = {}, answers?: Answer) {
  const options = parseOptions(input, 'o')
  assert.ok(options.ok)
  const emulated = options.value.emulator
  const receiver: { settings: EmulatedSettings } = { settings: createEmulatedSettings(emulated) }
  const byItself: Answer = (key, payload) =>
    key === UBX.monVer ? [versionFrame(MODELS[emulated.model])] : receiver.settings.answer({ key, payload }, false)
  const configurator = createConfigurator(options.value, () => true)
  const asked: { readonly key: number; readonly payload: Uint8Array }[] = []
  const faults: string[] = []
  const framer = createUbloxFramer()
  let now = monoNs(1_000n * NS_PER_SECOND)

  const deliver = (bytes: Uint8Array): void => {
    for (const piece of framer.push(bytes, now)) {
      if (piece.kind !== 'frame') continue
      const message = parseMessage(piece)
      assert.ok(message.ok)
      configurator.hear(message.value, piece.key, now)
    }
  }
  const step = (): boolean => {
    const { writes, faults: found } = configurator.take()
    faults.push(...found.map(({ code }) => code))
    for (const bytes of writes) {
      const [piece] = createUbloxFramer().push(bytes, now)
      assert.ok(piece?.kind === 'frame')
      const sent = { key: piece.key, payload: piece.payload.slice() }
      asked.push(sent)
      for (const reply of (answers ?? byItself)(sent.key, sent.payload)) deliver(reply)
    }
    return writes.length > 0
  }
  const run = (seconds: number): void => {
    const until = plus(now, BigInt(seconds) * NS_PER_SECOND)
    while (now < until) {
      while (step());
      now = plus(now, 100n * NS_PER_MILLISECOND)
      for (const key of EVERY_EPOCH) {
        if (receiver.settings.epochsOf(key) === 1) configurator.hear({ type: 'other' }, key, now)
      }
      configurator.wake(now)
    }
  }
  const changes = () =>
    asked.filter(
      ({ key, payload }) =>
        key === UBX.cfgValset ||
        (key === UBX.cfgMsg && payload.length > 2) ||
        (payload.length > 4 && key !== UBX.cfgValget),
    )
  configurator.restart(now)
  return { emulated, configurator, receiver, asked, changes, faults, run, byItself }
}

describe('configurator', () => {
  for (const model of ['NEO-M8T', 'ZED-F9T'] as const) {
    test(`sets a ${model} up, and finds it so the next time`, () => {
      const it = bench({ emulator: { model } })
      it.run(3)
      const { settings } = it.receiver
      const rates = [
        UBX.timTp,
        UBX.navPvt,
        UBX.navTimeGps,
        UBX.navTimeUtc,
        UBX.navTimeLs,
        UBX.navStatus,
        UBX.navSat,
        UBX.nmeaRmc,
        UBX.nmeaGsv,
      ]
      assert.deepEqual(
        rates.map((key) => settings.epochsOf(key)),
        [1, 1, 1, 1, 1, 1, 5, 1, 0],
      )
      assert.equal(settings.pulseGrid(), 'utc')
      assert.deepEqual([it.faults, it.configurator.problem()], [[], undefined])
      assert.deepEqual(it.configurator.details(), { configuration: 'set', port: 'uart1' })
      const before = it.changes().length
      assert.ok(before > 0)
      it.configurator.restart(monoNs(2_000n * NS_PER_SECOND))
      it.run(3)
      assert.equal(it.changes().length, before, 'nothing is written that is so already')
    })

    test(`gives a ${model} its position or lets it find it`, () => {
      const fixedPosition = { latitudeDegrees: -47.1234567, longitudeDegrees: 8.5, heightMetres: 450.25 }
      const fixed = bench({ emulator: { model }, fixedPosition })
      fixed.run(3)
      assert.equal(fixed.receiver.settings.timeMode().mode, 'fixed')
      assert.equal(fixed.configurator.problem(), undefined)
      const survey = bench({ emulator: { model }, surveyIn: { minSeconds: 600, accuracyMetres: 3 } })
      survey.run(3)
      assert.deepEqual(survey.receiver.settings.timeMode(), { mode: 'survey', minSeconds: 600, accuracyMm: 3000 })
      const neither = bench({ emulator: { model } })
      neither.run(3)
      assert.equal(neither.receiver.settings.timeMode().mode, 'off')
    })
  }

  test('writes to memory alone, unless it is to be kept', () => {
    const layers = (input: Record<string, unknown>): Set<number | undefined> => {
      const it = bench({ emulator: { model: 'ZED-F9T' }, ...input })
      it.run(3)
      return new Set(it.asked.flatMap(({ key, payload }) => (key === UBX.cfgValset ? [payload[1]] : [])))
    }
    assert.deepEqual(layers({}), new Set([1]))
    assert.deepEqual(layers({ save: true }), new Set([7]))
    const saves = (input: Record<string, unknown>): number => {
      const it = bench(input)
      it.run(3)
      assert.equal(it.configurator.problem(), undefined)
      return it.asked.filter(({ key }) => key === UBX.cfgCfg).length
    }
    assert.deepEqual([saves({}), saves({ save: true })], [0, 1])
  })

  test('does not ask a LEA-4T for what came later', () => {
    const old = { ...MODELS['NEO-M8T'], software: '5.00    May 11 2006 14:40:17', hardware: '00040001', extensions: [] }
    const it: ReturnType<typeof bench> = bench({}, (key, payload) =>
      key === UBX.monVer ? [versionFrame(old)] : it.byItself(key, payload),
    )
    it.run(3)
    const messages = it.asked.flatMap(({ key, payload }) =>
      key === UBX.cfgMsg ? [((payload[0] ?? 0) << 8) | (payload[1] ?? 0)] : [],
    )
    assert.ok(messages.includes(UBX.navSol) && messages.includes(UBX.timTp))
    assert.ok(!messages.includes(UBX.navPvt) && !messages.includes(UBX.navTimeLs))
    assert.ok(!it.asked.some(({ key }) => key === UBX.cfgTp5 || key === UBX.cfgValget))
    assert.equal(it.configurator.problem(), undefined)
  })

  test('writes nothing at all when it is not to configure', () => {
    const it = bench({ configure: false })
    it.run(100)
    assert.deepEqual([it.asked, it.configurator.nextAt()], [[], undefined])
  })

  test('takes a refusal for what it is: counted, alarmed, and not asked for again at once', () => {
    const it: ReturnType<typeof bench> = bench({}, (key, payload) =>
      key === UBX.monVer ? it.byItself(key, payload) : it.receiver.settings.answer({ key, payload }, true),
    )
    it.run(20)
    assert.ok(it.faults.length > 0 && it.faults.every((code) => code === 'ublox.refused'))
    assert.match(
      it.configurator.problem() ?? '',
      /^the change of CFG-MSG of NMEA GGA is refused, and \d+ more settings fail\.$/,
    )
    const asked = it.asked.length
    it.run(9)
    assert.equal(it.asked.length, asked)
    it.run(600)
    const runs = it.asked.filter(({ key }) => key === UBX.monVer).length
    assert.ok(runs >= 3 && runs <= 6, `${runs} runs in ten minutes`)
  })

  test('asks a receiver that does not answer three times, and gives up for a while', () => {
    const it = bench({}, () => [])
    it.run(20)
    assert.deepEqual(it.faults, ['ublox.no-answer', 'ublox.no-answer', 'ublox.no-answer'])
    assert.equal(it.configurator.problem(), 'MON-VER is not answered.')
    assert.equal(it.asked.length, 3)
  })

  test('gives up on a receiver that falls deaf in the midst', () => {
    let left = 12
    const it: ReturnType<typeof bench> = bench({}, (key, payload) => (left-- > 0 ? it.byItself(key, payload) : []))
    it.run(40)
    assert.match(it.configurator.problem() ?? '', /is not answered, and 1 more settings fail\.$/)
    left = 1000
    it.run(60)
    assert.equal(it.configurator.problem(), undefined)
  })

  test('begins again with a receiver that restarts in the midst, and ends well', () => {
    let left = 20
    const it: ReturnType<typeof bench> = bench({}, (key, payload) => {
      if (--left === 0) it.receiver.settings = createEmulatedSettings(it.emulated)
      return it.byItself(key, payload)
    })
    it.run(60)
    // What was set before the restart is missed when it does not come, and set again.
    assert.equal(it.receiver.settings.epochsOf(UBX.navPvt), 1)
    assert.equal(it.receiver.settings.epochsOf(UBX.nmeaGga), 0)
  })

  test('finds out when the receiver says yes and does not mean it', () => {
    const it: ReturnType<typeof bench> = bench({}, (key, payload) =>
      key === UBX.cfgMsg && payload.length === 3
        ? [encodeFrame(UBX.ackAck, Uint8Array.of(key >> 8, key & 0xff))]
        : it.byItself(key, payload),
    )
    it.run(20)
    assert.ok(it.faults.includes('ublox.not-taken'))
    assert.match(it.configurator.problem() ?? '', /does not keep what it is set to/)
  })

  test('does without what the receiver has not, where it is not required', () => {
    const it: ReturnType<typeof bench> = bench({}, (key, payload) =>
      key === UBX.cfgMsg && payload[0] === 0x01 && payload[1] === 0x35
        ? [encodeFrame(UBX.ackNak, Uint8Array.of(key >> 8, key & 0xff))]
        : it.byItself(key, payload),
    )
    it.run(5)
    assert.deepEqual([it.faults, it.configurator.problem()], [[], undefined])
    assert.equal(it.configurator.details()['settingsUnsupported'], 1)
  })

  test('looks for its port on receivers that have no CFG-PRT, and takes the first UART', () => {
    const it: ReturnType<typeof bench> = bench({ emulator: { model: 'ZED-F9T' } }, (key, payload) =>
      key === UBX.cfgPrt ? [encodeFrame(UBX.ackNak, Uint8Array.of(6, 0))] : it.byItself(key, payload),
    )
    it.run(3)
    assert.deepEqual(it.configurator.details(), { configuration: 'set', port: 'uart1' })
  })

  test('the keys of a port stand as far behind the first as its number', () => {
    const it = bench({ emulator: { model: 'ZED-F9T', port: 'usb' } })
    it.run(3)
    assert.equal(it.configurator.details()['port'], 'usb')
    const set = it.asked.find(({ key, payload }) => key === UBX.cfgValset && payload.length > 30)
    assert.ok(set !== undefined)
    assert.ok(
      Buffer.from(set.payload).includes(Buffer.from('80019120', 'hex')),
      'CFG-MSGOUT-UBX_TIM_TP_USB is 0x20910180',
    )
    assert.equal(KEYS.rateMeasMs, 0x30210001)
  })
})
