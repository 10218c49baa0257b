import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { utf8 } from '../../src/core/bytes.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import type { LabelSample } from '../../src/core/sample.ts'
import { type MonoNs, monoNs, NS_PER_MILLISECOND, NS_PER_SECOND } from '../../src/core/time.ts'
import { createLineRecord, createVirtualLine } from '../../test/support/virtual-line.ts'
import { createVirtualSky, taiOf } from '../../test/support/virtual-sky.ts'
import type { DriverAction, DriverFault, DriverStatus } from '../driver.ts'
import { FAULTS_PER_SECOND_MAX } from '../gnss/fault-limit.ts'
import { formatSentence } from '../nmea/sentence.ts'
import { createDriver } from './driver.ts'
import { createEmulator } from './emulator.ts'
import { parseOptions } from './options.ts'

const START_AT = monoNs(500n * NS_PER_SECOND)

function openDriver(input: object) {
  const options = parseOptions(input, 'options')
  assert.ok(options.ok)
  const driver = createDriver(options.value, { source: 'gnss0', leapTable: EMBEDDED_LEAP_TABLE })
  const actions: DriverAction[] = []
  return {
    driver,
    /** Body without `$` and checksum, at a number of milliseconds. */
    hear: (body: string, atMs: number): void => {
      actions.push(...driver.receive(formatSentence([body]), ms(atMs)))
    },
    hearRaw: (text: string, atMs: number): void => {
      actions.push(...driver.receive(utf8(text), ms(atMs)))
    },
    wake: (atMs: number): void => {
      actions.push(...driver.wake(ms(atMs)))
    },
    labels: (): LabelSample[] =>
      actions.flatMap((action) => (action.type === 'sample' && action.sample.kind === 'label' ? [action.sample] : [])),
    faults: (): DriverFault[] => actions.flatMap((action) => (action.type === 'fault' ? [action.fault] : [])),
    status: (): DriverStatus | undefined =>
      actions.flatMap((action) => (action.type === 'status' ? [action.status] : [])).at(-1),
  }
}

function ms(milliseconds: number): MonoNs {
  return monoNs(BigInt(milliseconds) * NS_PER_MILLISECOND)
}

function openLine(input: object) {
  const options = parseOptions(input, 'options')
  assert.ok(options.ok)
  const sky = createVirtualSky({ monoAt: START_AT, taiAt: taiOf('2026-01-15T12:00:00') })
  const emulator = createEmulator(options.value, 1, sky)
  const record = createLineRecord()
  const line = createVirtualLine({
    createDriver: () => createDriver(options.value, { source: 'gnss0', leapTable: sky.leapTable }),
    emulator,
    startAt: START_AT,
    hear: record.hear,
  })
  return {
    record,
    /** Runs ten seconds, then ten more under the fault; what the latter gave. */
    withFault: (name: string) => {
      line.advance(10n * NS_PER_SECOND)
      assert.ok(emulator.setFault(name, true).ok)
      line.advance(1n * NS_PER_SECOND)
      record.clear()
      line.advance(10n * NS_PER_SECOND)
      const labels = record.samples.filter((sample) => sample.kind === 'label')
      return {
        labels,
        valid: labels.filter((label) => label.valid),
        codes: [...new Set(record.faults.map((fault) => fault.code))].sort(),
        alarms: record.statuses.at(-1)?.alarms,
      }
    },
  }
}

const RMC = (time: string): string => `GPRMC,${time},A,5128.64,N,00000.00,E,0.0,,150126,,,A`
const ZDA = (time: string): string => `GPZDA,${time},15,01,2026,00,00`

test('a sentence that only silence ends wakes nobody again and again', () => {
  const { driver, hearRaw, wake } = openDriver({ silenceSeconds: 5 })
  wake(0)
  wake(5_000)
  // The receiver counts as silent already; the sentence is whole, without its line end.
  hearRaw('$GPRMC,,V,,,,,,,,,,N*53', 6_000)
  wake(11_000)
  const next = driver.nextWakeAt()
  assert.ok(next !== undefined && next > ms(11_000), `${next}`)
})

describe('NMEA receiver labels', () => {
  test('name the pulse and carry the instants of their bytes', () => {
    const { hear, hearRaw, labels } = openDriver({})
    hearRaw('$GPRMC,120000', 60)
    hearRaw('.00,A,5128.64,N,00000.00,E,0.0,,150126,,,A', 90)
    hearRaw('*7E\r\n', 130)
    hear(ZDA('120000.00'), 200)
    assert.deepEqual(
      labels(),
      [
        [60, 130],
        [200, 200],
      ].map(([first = 0, last = 0]) => ({
        kind: 'label',
        source: 'gnss0',
        firstByteAt: ms(first),
        lastByteAt: ms(last),
        taiNs: taiOf('2026-01-15T12:00:00'),
        names: 'preceding-pulse',
        valid: true,
        quality: 'locked',
      })),
    )
  })

  test('of ZDA are valid only under a fix that RMC or GGA told of in the last two seconds', () => {
    const { hear, labels } = openDriver({})
    hear(ZDA('120000.00'), 0)
    hear('GPGGA,120001.00,5128.64,N,00000.00,E,1,08,0.9,46.0,M,45.7,M,,', 1000)
    hear(ZDA('120003.00'), 3000)
    hear(ZDA('120004.00'), 3001)
    hear('GPGGA,120005.00,,,,,0,00,,,M,,M,,', 5000)
    hear(ZDA('120005.00'), 5100)
    hear(RMC('120006.00'), 6000)
    hear(ZDA('120006.00'), 6100)
    hear('GPRMC,120007.00,V,,,,,,,150126,,,N', 7000)
    hear(ZDA('120007.00'), 7100)
    assert.deepEqual(
      labels().map((label) => label.valid),
      [false, true, false, false, true, true, false, false],
    )
  })

  test('are refused for a quality or a mode of dead reckoning', () => {
    const { hear, labels } = openDriver({})
    hear('GPRMC,120000.00,A,5128.64,N,00000.00,E,0.0,,150126,,,E', 0)
    hear('GPGGA,120003.00,5128.64,N,00000.00,E,6,08,0.9,46.0,M,45.7,M,,', 3000)
    hear(ZDA('120003.00'), 3100)
    assert.deepEqual(
      labels().map((label) => label.valid),
      [false, false],
    )
  })

  test('keep the leap second 2016-12-31T23:59:60, and refuse one that never was', () => {
    const { hear, labels, faults } = openDriver({ floorDate: null })
    hear('GPRMC,235959.00,A,,,,,,,311216,,,A', 0)
    hear('GPRMC,235960.00,A,,,,,,,311216,,,A', 1000)
    hear('GPRMC,000000.00,A,,,,,,,010117,,,A', 2000)
    hear('GPRMC,235960.00,A,,,,,,,311217,,,A', 3000)
    const first = taiOf('2016-12-31T23:59:59')
    assert.deepEqual(
      labels().map((label) => [label.taiNs - first, label.valid]),
      [0n, 1n, 2n].map((second) => [second * NS_PER_SECOND, true]),
    )
    assert.deepEqual(
      faults().map((fault) => [fault.code, fault.line]),
      [['nmea.no-such-time', 4]],
    )
  })

  test('name the second in which an epoch lies, and only while the next pulse is far', () => {
    const { hear, labels } = openDriver({})
    for (const [index, decimals] of ['.000', '.099', '.499', '.500', '.9'].entries()) {
      hear(RMC(`12000${index}${decimals}`), index * 1000)
    }
    const noon = taiOf('2026-01-15T12:00:00')
    assert.deepEqual(
      labels().map((label) => [label.taiNs - noon, label.valid]),
      [
        [0n, true],
        [NS_PER_SECOND, true],
        [2n * NS_PER_SECOND, true],
        [3n * NS_PER_SECOND, false],
        [4n * NS_PER_SECOND, false],
      ],
    )
  })

  test('that announce the following pulse must be whole seconds', () => {
    const { hear, labels } = openDriver({ names: 'following-pulse' })
    hear(RMC('120000.00'), 0)
    hear(RMC('120001.10'), 1000)
    assert.deepEqual(
      labels().map((label) => [label.names, label.valid]),
      [
        ['following-pulse', true],
        ['following-pulse', false],
      ],
    )
  })

  test('without a checksum count only where that is configured', () => {
    for (const allowMissingChecksum of [false, true]) {
      const { hearRaw, labels, faults } = openDriver({ allowMissingChecksum })
      hearRaw(`$${RMC('120000.00')}\r\n`, 0)
      assert.equal(labels().length, allowMissingChecksum ? 1 : 0)
      assert.deepEqual(
        faults().map((fault) => fault.code),
        allowMissingChecksum ? [] : ['nmea.checksum-missing'],
      )
    }
  })
})

describe('NMEA receiver health', () => {
  test('is in the status: fix, satellites, carriers, dilution, mode', () => {
    const { hear, wake, status } = openDriver({})
    hear(RMC('120000.00'), 0)
    hear('GPGGA,120000.00,5128.64,N,00000.00,E,1,08,0.9,46.0,M,45.7,M,,', 100)
    hear('GPGSA,A,3,01,02,03,04,05,06,07,08,,,,,1.7,0.9,1.4', 200)
    hear('GPGSV,1,1,03,01,10,100,40,02,20,200,45,03,30,300,', 300)
    hear('GPTXT,01,01,02,hello', 400)
    wake(10_000)
    assert.deepEqual(status(), {
      quality: 'unknown',
      dependsOn: 'sky',
      alarms: ['gnss.silent'],
      details: {
        mode: 'A',
        fixQuality: 'fix',
        satellitesUsed: 8,
        fixDimension: '3D',
        pdop: 1.7,
        satellitesVisible: 3,
        cn0BestDbHz: 45,
        cn0MeanDbHz: 42.5,
        pieces: 5,
        labels: 1,
        sentencesWithoutTime: 0,
        sentencesHealth: 3,
        sentencesOther: 1,
        piecesRefused: 0,
        labelsValid: 1,
        faults: 0,
      },
    })
  })

  test('changes are told at once: fix, loss of the fix, silence, and the way back', () => {
    const { driver, hear, wake, status } = openDriver({ silenceSeconds: 3 })
    assert.equal(driver.nextWakeAt(), 0n, 'wants to be told the time')
    wake(0)
    assert.deepEqual([status()?.quality, status()?.alarms], ['unknown', []])
    hear(RMC('120000.00'), 100)
    assert.deepEqual([status()?.quality, status()?.alarms], ['locked', []])
    hear('GPRMC,120001.00,V,,,,,,,150126,,,N', 1100)
    assert.deepEqual([status()?.quality, status()?.alarms], ['unlocked', ['gnss.no-fix']])
    assert.equal(driver.nextWakeAt(), ms(4100))
    wake(4100)
    assert.deepEqual([status()?.quality, status()?.alarms], ['unknown', ['gnss.silent']])
    assert.equal(driver.nextWakeAt(), ms(14_100))
    hear(RMC('120005.00'), 5100)
    assert.deepEqual([status()?.quality, status()?.alarms], ['locked', []])
  })

  test('of an instrument that never says a word is silence', () => {
    const { driver, wake, status } = openDriver({})
    wake(0)
    assert.equal(driver.nextWakeAt(), ms(5000))
    wake(5000)
    assert.deepEqual(status()?.alarms, ['gnss.silent'])
  })
})

describe('NMEA receiver faults', () => {
  test('carry the line, and what waited for its end is given up when the line falls silent', () => {
    const { driver, hearRaw, wake, faults } = openDriver({})
    hearRaw('noise\r\n$GPRMC,1*00\r\n$GPRMC,half', 0)
    assert.equal(driver.nextWakeAt(), ms(5000))
    wake(5000)
    assert.deepEqual(
      faults().map((fault) => [fault.code, fault.line]),
      [
        ['nmea.noise', 1],
        ['nmea.checksum', 2],
        ['nmea.cut', 3],
      ],
    )
  })

  const expected: Readonly<Record<string, { valid: number; codes: string[]; alarms: string[] }>> = {
    garbage: { valid: 20, codes: ['nmea.noise'], alarms: [] },
    silence: { valid: 0, codes: [], alarms: ['gnss.silent'] },
    'no-fix': { valid: 0, codes: [], alarms: ['gnss.no-fix'] },
    'half-sentence': { valid: 0, codes: ['nmea.cut'], alarms: ['gnss.silent'] },
    'wrong-checksum': { valid: 0, codes: ['nmea.checksum'], alarms: ['gnss.silent'] },
    'stuck-second': { valid: 0, codes: ['nmea.stuck'], alarms: ['nmea.stuck'] },
    'zda-ahead': { valid: 0, codes: ['nmea.disagree'], alarms: ['nmea.time-step', 'nmea.disagree'] },
    rollover: { valid: 0, codes: ['nmea.week-rollover'], alarms: ['nmea.week-rollover', 'nmea.time-step'] },
    // The step is seen, and after thirty seconds believed: it cannot be told from one to the right time.
    jump: { valid: 0, codes: [], alarms: ['nmea.time-step'] },
    'leap-unknown': { valid: 0, codes: [], alarms: ['nmea.time-step'] },
    'gps-time': { valid: 0, codes: [], alarms: ['nmea.time-step'] },
    'glonass-time': { valid: 0, codes: [], alarms: ['nmea.time-step'] },
    'midnight-race': { valid: 0, codes: ['nmea.disagree'], alarms: ['nmea.time-step', 'nmea.disagree'] },
    'rtc-date': { valid: 0, codes: [], alarms: ['gnss.no-fix'] },
    jamming: { valid: 20, codes: [], alarms: [] },
    // What a driver cannot know: the pulse is not as it should be.
    'pulse-off': { valid: 20, codes: [], alarms: [] },
    'missing-pulse': { valid: 20, codes: [], alarms: [] },
    'doubled-pulse': { valid: 20, codes: [], alarms: [] },
  }
  for (const [name, { valid, codes, alarms }] of Object.entries(expected)) {
    test(`of the emulated kind ${name} are found as far as a driver can`, () => {
      const found = openLine({}).withFault(name)
      assert.equal(found.valid.length, valid)
      assert.deepEqual(
        found.codes.filter((code) => name !== 'garbage' || code === 'nmea.noise'),
        codes,
      )
      assert.deepEqual(found.alarms, alarms)
    })
  }

  test('of the emulated kind spliced leave the injected sentences readable', () => {
    const { record, withFault } = openLine({})
    const found = withFault('spliced')
    assert.deepEqual(found.codes, ['nmea.cut', 'nmea.noise'])
    assert.equal(found.valid.length, 0)
    assert.ok(Number(record.statuses.at(-1)?.details['sentencesOther']) >= 20)
    assert.equal(found.alarms?.includes('gnss.silent'), false)
  })

  for (const [name, alarm] of [
    ['uniform-signals', 'gnss.uniform-signal'],
    ['antenna-moved', 'gnss.antenna-moved'],
  ] as const) {
    test(`of the emulated kind ${name} are an alarm with a reason, and no proof against the labels`, () => {
      const line = openLine({ emulator: { baudRate: 38_400 } })
      // Of that fault nothing is heard on the line: twenty seconds to learn the place in.
      line.withFault('pulse-off')
      const found = line.withFault(name)
      assert.deepEqual(found.alarms, [alarm])
      assert.match(line.record.statuses.at(-1)?.reasons?.[alarm] ?? '', /\.$/)
      assert.equal(found.valid.length, found.labels.length)
    })
  }

  test('are limited in number, and the counts still add up', () => {
    const { hearRaw, wake, faults, status } = openDriver({})
    hearRaw('$GPRMC,1*00\r\n'.repeat(1000), 0)
    wake(20_000)
    assert.equal(faults().length, FAULTS_PER_SECOND_MAX + 1)
    assert.equal(faults().at(-1)?.code, 'nmea.faults-suppressed')
    assert.equal(status()?.details['faults'], 1000)
    assert.equal(status()?.details['piecesRefused'], 1000)
  })
})
