import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { concatBytes, utf8 } from '../../src/core/bytes.ts'
import { abs } from '../../src/core/integer.ts'
import { formatUtc, taiToUtc } from '../../src/core/leap.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { monoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus, type TaiNs } from '../../src/core/time.ts'
import { createLineRecord, createVirtualLine } from '../../test/support/virtual-line.ts'
import { createVirtualSky, taiOf } from '../../test/support/virtual-sky.ts'
import type { EmulatorContext } from '../driver.ts'
import { nmeaReceiver } from './index.ts'

const START_AT = monoNs(777_000_000_000n)

function open(input: object, sky: EmulatorContext = skyFrom('2026-01-15T12:00:00')) {
  const options = nmeaReceiver.parseOptions(input, 'options')
  assert.ok(options.ok)
  const emulator = nmeaReceiver.emulate(options.value, 1, sky)
  const record = createLineRecord()
  const line = createVirtualLine({
    createDriver: () => nmeaReceiver.create(options.value, { source: 'gnss0', leapTable: sky.leapTable }),
    emulator,
    startAt: START_AT,
    hear(event) {
      if (event.from === 'emulator' && event.action.type === 'pulse')
        assert.ok(event.at >= event.action.at, 'too early')
      record.hear(event)
    },
  })
  return { emulator, line, record, sky }
}

/** The sky says `utc` a tenth of a second after the start. */
function skyFrom(utc: string, ratePpb = 0n): EmulatorContext {
  return createVirtualSky({ monoAt: plus(START_AT, 100n * NS_PER_MILLISECOND), taiAt: taiOf(utc), ratePpb })
}

function textOf(sent: readonly { readonly bytes: Uint8Array }[]): string {
  return String.fromCharCode(...concatBytes(...sent.map(({ bytes }) => bytes)))
}

/** How far each pulse is from the second of the sky that it marks, ns. */
function pulseErrors({ record, sky }: ReturnType<typeof open>): number[] {
  return record.pulses.map((at) => {
    const tai = sky.skyTai(at)
    const second = ((tai + NS_PER_SECOND / 2n) / NS_PER_SECOND) * NS_PER_SECOND
    return Number(at - sky.skyMono(second as TaiNs))
  })
}

describe('NMEA receiver emulator', () => {
  test('sends one paced burst a second, its first byte as late after the pulse as configured', () => {
    const bench = open({ emulator: { firstByteAfterPulseMs: 200, firstByteJitterMs: 20 } })
    bench.line.advance(10n * NS_PER_SECOND)
    const { sent, pulses } = bench.record
    const addresses = sent.map(({ bytes }) => String.fromCharCode(...bytes.subarray(1, 6)))
    const burst = ['GPRMC', 'GPGGA', 'GPGSA', 'GPGSV', 'GPGSV', 'GPGSV', 'GPZDA']
    assert.deepEqual(addresses, Array.from({ length: 10 }, () => burst).flat())
    const latenesses = pulses.map((pulseAt, index) => Number((sent[index * burst.length]?.at ?? 0n) - pulseAt) / 1e6)
    assert.ok(latenesses.every((lateMs) => lateMs >= 180 && lateMs <= 220))
    assert.ok(Math.max(...latenesses) - Math.min(...latenesses) > 10, 'jitters')
    const [first, second] = sent.slice(burst.length)
    assert.equal(
      (second?.at ?? 0n) - (first?.at ?? 0n),
      (BigInt(first?.bytes.length ?? 0) * 10n * NS_PER_SECOND) / 9600n,
    )
  })

  test('never sends two sentences at once, and loses whole bursts, on a line too slow for them', () => {
    const { line, record } = open({ emulator: { baudRate: 1200 } })
    line.advance(60n * NS_PER_SECOND)
    for (const [index, { at, bytes }] of record.sent.slice(0, -1).entries()) {
      const leftAt = plus(at, (BigInt(bytes.length) * 10n * NS_PER_SECOND) / 1200n)
      assert.ok((record.sent[index + 1]?.at ?? 0n) >= leftAt)
    }
    const bytesSent = record.sent.reduce((sum, { bytes }) => sum + bytes.length, 0)
    assert.ok(bytesSent > 6000 && bytesSent < 60 * 120 + 500, `${bytesSent} bytes in a minute of 1200 baud`)
  })

  test('says nothing of the time before its first fix', () => {
    const { line, record } = open({ emulator: { coldStartSeconds: 3, sentences: ['RMC', 'ZDA'] } })
    line.advance(4n * NS_PER_SECOND)
    assert.deepEqual(textOf(record.sent).split('\r\n').slice(0, 8), [
      ...Array.from({ length: 3 }, () => ['$GPRMC,,V,,,,,,,,,,N*53', '$GPZDA,,,,,,*48']).flat(),
      '$GPRMC,120003.00,A,5128.6400,N,00000.0000,E,0.0,,150126,,,A*7D',
      '$GPZDA,120003.00,15,01,2026,00,00*65',
    ])
  })

  test('has white noise of the configured width on its pulse', () => {
    const bench = open({ emulator: { pulseNoiseNs: 50 } })
    bench.line.advance(400n * NS_PER_SECOND)
    const errors = pulseErrors(bench)
    const rms = Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length)
    assert.equal(errors.length, 400)
    assert.ok(rms > 42 && rms < 58, `rms ${rms}`)
  })

  test('has a sawtooth of the configured height on its pulse, alone where there is no noise', () => {
    const bench = open({ emulator: { pulseNoiseNs: 0, pulseSawtoothNs: 20 } })
    bench.line.advance(200n * NS_PER_SECOND)
    const errors = pulseErrors(bench)
    assert.ok(errors.every((error) => error >= -20 && error <= 20))
    assert.ok(Math.max(...errors) > 15 && Math.min(...errors) < -15)
    const quiet = open({ emulator: { pulseNoiseNs: 0 } }, skyFrom('2026-01-15T12:00:00', 50_000n))
    quiet.line.advance(20n * NS_PER_SECOND)
    assert.deepEqual(pulseErrors(quiet), Array<number>(20).fill(0), 'follows a sky that runs away')
  })

  test('announces the following pulse where it is configured to', () => {
    const { line, record } = open({ names: 'following-pulse', emulator: { sentences: ['RMC'], coldStartSeconds: 0 } })
    line.advance(NS_PER_SECOND)
    assert.match(textOf(record.sent), /^\$GPRMC,120001\.00,A/)
  })

  test('skips what it would have said while the host slept, and a step of its sky', () => {
    const { line, record } = open({ emulator: { sentences: ['RMC'], coldStartSeconds: 0 } })
    line.advance(2n * NS_PER_SECOND)
    line.sleep(3600n * NS_PER_SECOND)
    record.clear()
    line.advance(2n * NS_PER_SECOND)
    assert.equal(record.pulses.length, 2)
    assert.match(textOf(record.sent), /^\$GPRMC,1300/)

    const calm = skyFrom('2026-01-15T12:00:00')
    const stepAt = calm.skyMono(plus(taiOf('2026-01-15T12:00:00'), NS_PER_SECOND / 2n))
    const stepped = open(
      { emulator: { sentences: ['RMC'], coldStartSeconds: 0 } },
      {
        ...calm,
        skyTai: (at) => plus(calm.skyTai(at), at > stepAt ? 60n * NS_PER_SECOND : 0n),
        skyMono(tai) {
          const early = calm.skyMono(tai)
          if (early <= stepAt) return early
          const late = calm.skyMono(plus(tai, -60n * NS_PER_SECOND))
          return late > stepAt ? late : plus(stepAt, 1n)
        },
      },
    )
    stepped.line.advance(4n * NS_PER_SECOND)
    assert.ok(stepped.record.pulses.length <= 6, `${stepped.record.pulses.length} pulses`)
    assert.match(textOf(stepped.record.sent.slice(-1)), /^\$GPRMC,120103/)
  })

  test('shows a second edge and leaves edges out when told to', () => {
    const doubled = open({})
    doubled.line.advance(NS_PER_SECOND)
    assert.ok(doubled.emulator.setFault('doubled-pulse', true).ok)
    doubled.line.advance(10n * NS_PER_SECOND)
    assert.equal(doubled.record.pulses.length, 21)
    const missing = open({})
    assert.ok(missing.emulator.setFault('missing-pulse', true).ok)
    missing.line.advance(60n * NS_PER_SECOND)
    assert.ok(abs(BigInt(missing.record.pulses.length) - 40n) < 10n, `${missing.record.pulses.length} of 60`)
  })
})

describe('NMEA receiver fixture leap-second-2016', () => {
  const file = new URL('./fixtures/leap-second-2016.synthetic.nmea', import.meta.url)
  const note = [
    '# Synthetic: made by the emulator of nmea-receiver with seed 1, not recorded from an instrument.',
    '# Its sky goes from 2016-12-31T23:59:56 through the leap second 23:59:60 to 2017-01-01T00:00:03 UTC.',
    '# QUORUMTIME_WRITE_FIXTURES=1 node --test drivers/nmea-receiver/emulator.test.ts makes it anew.',
    '',
  ].join('\n')
  const made = (): Uint8Array => {
    const { line, record } = open({ floorDate: null }, skyFrom('2016-12-31T23:59:56'))
    line.advance(9n * NS_PER_SECOND)
    return concatBytes(utf8(note), ...record.sent.map(({ bytes }) => bytes))
  }

  test('is what the emulator makes', () => {
    if (process.env['QUORUMTIME_WRITE_FIXTURES'] === '1') writeFileSync(file, made())
    assert.equal(readFileSync(file, 'latin1'), Buffer.from(made()).toString('latin1'))
  })

  test('gives every second once from RMC, the leap second too', () => {
    const options = nmeaReceiver.parseOptions({ floorDate: null }, 'options')
    assert.ok(options.ok)
    const driver = nmeaReceiver.create(options.value, { source: 'gnss0', leapTable: EMBEDDED_LEAP_TABLE })
    const bursts = readFileSync(file, 'latin1')
      .slice(note.length)
      .split(/(?=\$GPRMC)/)
    const seconds = bursts.flatMap((burst, index) =>
      driver.receive(utf8(burst), monoNs(BigInt(index) * NS_PER_SECOND)).flatMap((action) => {
        if (action.type !== 'sample' || action.sample.kind !== 'label' || !action.sample.valid) return []
        const utc = taiToUtc(EMBEDDED_LEAP_TABLE, action.sample.taiNs)
        return utc.ok ? [formatUtc(utc.value).slice(11, 19)] : []
      }),
    )
    const named = ['23:59:57', '23:59:58', '23:59:59', '23:59:60', '00:00:00', '00:00:01', '00:00:02', '00:00:03']
    assert.deepEqual(
      seconds,
      named.flatMap((second) => [second, second]),
    )
  })
})
