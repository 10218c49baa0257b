import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { parseProprietary } from './proprietary.ts'
import { parseSentence } from './sentence.ts'
import type { Told } from './told.ts'

/** The sentence as it stands, its checksum checked where it has one; a fault as its message. */
function told(text: string): Told | string | undefined {
  const sentence = parseSentence(text, true)
  assert.ok(sentence.ok, text)
  const parsed = parseProprietary(sentence.value)
  return parsed.ok ? parsed.value : parsed.fault.message
}

function tells(text: string): Told {
  const said = told(text)
  assert.ok(typeof said === 'object', text)
  return said
}

/** The message of the fault. */
function refuses(text: string): string {
  const said = told(text)
  assert.ok(typeof said === 'string', text)
  return said
}

function readingOf({ time }: Told): string {
  if (time === undefined) return 'none'
  const { year, month, day, hour, minute, second } = time.reading
  return `${year}-${month}-${day} ${hour}:${minute}:${second} ${time.scale ?? 'as declared'}`
}

describe('u-blox PUBX', () => {
  // The example of newer manuals; they kept the checksum of the old form.
  const TIME = '$PUBX,04,073731.00,091202,113851.00,1196,15D,1930035,-2660.664,43,'

  test('04 tells the time, and whose the leap count is', () => {
    const said = tells(TIME)
    assert.equal(readingOf(said), '2002-12-9 7:37:31 as declared')
    assert.deepEqual(said.leap, { from: 'default', gpsMinusUtcSeconds: 15 })
    assert.deepEqual(said.alarms, [])
    assert.deepEqual(tells(TIME.replace('15D', '15')).leap?.from, 'satellites')
  })

  test('04 of old firmware has no leap count, as in the manuals with their checksum', () => {
    const old = tells('$PUBX,04,073731.00,091202,113851.00,1196,113851.00,1930035,-2660.664,43,*3C')
    assert.deepEqual([readingOf(old), old.leap, old.alarms], ['2002-12-9 7:37:31 as declared', undefined, []])
  })

  test('04 that contradicts itself is in doubt', () => {
    for (const wrong of [TIME.replace('113851.00', '113866.00'), TIME.replace('1196', '1195')]) {
      const [alarm] = tells(wrong).alarms
      assert.equal(alarm?.code, 'nmea.week-mismatch')
      assert.ok(alarm.doubtsLabels)
      assert.match(alarm.reason, /^PUBX: expected week 1196, second 113851, for its date and time, got week/)
    }
    assert.deepEqual(tells(TIME.replace('113851.00', '113850.99')).alarms, [])
  })

  test('04 without a time tells the leap count alone', () => {
    const said = tells('$PUBX,04,,,,,18D,0,0.000,21,')
    assert.deepEqual([readingOf(said), said.leap?.from], ['none', 'default'])
    assert.match(refuses('$PUBX,04,,,,,18X,0,0.000,21,'), /^PUBX field 6: expected leap seconds/)
  })

  test('00 tells of a fix only for satellites', () => {
    const of = (state: string): string =>
      `$PUBX,00,081350.00,4717.113210,N,00833.915187,E,546.589,${state},2.1,2.0,0.007,77.52,0.007,,0.92,1.19,0.77,9,0,0`
    assert.deepEqual(
      ['NF', 'DR', 'RK', 'G2', 'G3', 'D2', 'D3', 'TT'].map((state) => tells(of(state)).fix),
      [false, false, false, true, true, true, true, true],
    )
    assert.equal(tells(of('G3')).details['satellitesUsed'], 9)
    assert.match(refuses(of('constructor')), /^PUBX field 8: expected one of NF, DR/)
  })
})

describe('Furuno PERD and PFEC', () => {
  test('CRW tells whose the time is', () => {
    const recorded = tells('$PERDCRW,TPS1,20220731120213,2,00000000000000,+18,+18,4*0D')
    assert.equal(readingOf(recorded), '2022-7-31 12:2:13 as declared')
    assert.deepEqual(recorded.leap, { from: 'satellites', gpsMinusUtcSeconds: 18 })
    assert.equal(recorded.details['pulseAlignedTo'], 'UTC (EU)')
    const unset = tells('$PERDCRW,TPS1,19990822000359,0,00000000000000,+17,+00,0,+00000.000,+4266*2E')
    assert.deepEqual(
      [unset.time?.believed, unset.leap, unset.alarms.map(({ code }) => code)],
      [false, undefined, ['gnss.own-clock']],
    )
    const early = tells('$PERDCRW,TPS1,20220731120213,1,00000000000000,+16,+16,1')
    assert.equal(early.leap?.from, 'default')
    const announced = tells('$PERDCRW,TPS1,20120303062722,2,20120701000000,+15,+16,2')
    assert.equal(announced.details['leapAnnounced'], '16 from 20120701000000 on')
  })

  test('CRX tells of the pulse, as the example in the manual reads', () => {
    const said = tells('$PERDCRX,TPS2,1,2,0,200,+001000,0,0,0005,+0.000,1000*29')
    assert.deepEqual(said.details, {
      pulseMode: 'with a satellite',
      cableDelayNs: 1000,
      pulseEdge: 'rising',
      pulseAccuracyNs: 5,
      sawtoothOfPulseBeforeNs: 0,
    })
    const off = tells('$PERDCRX,TPS2,0,2,0,500,+000000,1,1,9999,+0.000,0000,08388608,+034846*09')
    assert.deepEqual(
      off.alarms.map(({ code }) => code),
      ['gnss.pulse-off'],
    )
    assert.equal(off.details['pulseAccuracyNs'], undefined)
    assert.equal(off.pulseLatePs, undefined)
  })

  test('CRY, CRZ and CRJ tell of survey, frequency and jamming', () => {
    const survey = tells('$PERDCRY,TPS3,3,0049,015,084533,000000,0,0,00,0x20001300*64')
    assert.deepEqual([survey.quality, survey.alarms, survey.details['positionMode']], [undefined, [], 'hold'])
    const alarmed = tells('$PERDCRY,TPS3,3,0049,015,084533,000000,1,0,01,0x20001300')
    assert.deepEqual([alarmed.quality, alarmed.alarms[0]?.code], ['unlocked', 'gnss.traim'])
    const frequency = tells('$PERDCRZ,TPS4,7,1,1,+000000,-000002,+009999,+059054,+00731,880000,0x54,0xA6*7D')
    assert.deepEqual(frequency.details, { frequencyMode: '7' })
    assert.deepEqual(tells('$PERDCRJ,FREQ,GP,,,,,,*4F').alarms, [])
    assert.deepEqual(tells('$PERDCRJ,FREQ,GL,1602.5,45,,,,').alarms[0]?.code, 'gnss.jammed')
  })

  test('GPtps agrees with its own GPS week and second', () => {
    const recorded = '$PFEC,GPtps,101025222449,3,1,1,090101000000,00,15,101025162124,1607,167104'
    const said = tells(recorded)
    assert.deepEqual([readingOf(said), said.time?.believed, said.alarms], ['2010-10-25 22:24:49 utc', 'by-fix', []])
    assert.equal(tells(recorded.replace(',15,', ',14,')).alarms[0]?.code, 'nmea.week-mismatch')
    assert.equal(tells(recorded.replace(',3,1,1,', ',1,1,1,')).time?.believed, false)
  })
})

describe('SkyTraq, MediaTek, SpectraTime, Jackson Labs, Garmin', () => {
  test('PSTI,00 tells the error of the pulse in picoseconds, late positive', () => {
    const said = tells('$PSTI,00,1,1985,-12.4*1E')
    assert.equal(said.pulseLatePs, -12_400n)
    assert.deepEqual(said.details, { positionMode: 'survey', surveySeconds: 1985, quantizationErrorNs: -12.4 })
    assert.equal(tells('$PSTI,00,2,1985,99999').pulseLatePs, undefined)
    assert.equal(told('$PSTI,030,033010.000,A,2447.0895508,N'), undefined)
  })

  test('PMTK and PAIR tell of answers, starts and the pulse', () => {
    assert.equal(tells('$PMTK001,314,3*36').details['lastCommand'], '314 done')
    assert.equal(tells('$PMTK001,-1,0').details['lastCommand'], '-1 invalid')
    assert.equal(tells('$PAIR001,752,0').details['lastCommand'], '752 done')
    assert.equal(tells('$PAIR001,752,3').details['lastCommand'], '752 invalid parameter')
    assert.equal(tells('$PAIR002*38').topic, 'start')
    assert.equal(tells('$PAIR753,4,100').details['pulseMode'], 'always')
    assert.deepEqual(tells('$PAIR753,0,100').alarms[0]?.code, 'gnss.pulse-off')
    assert.equal(tells('$PMTK424,0,0,1,0,69*12').details['pulseMode'], 'always')
    assert.equal(told('$PMTK869,2,1'), undefined)
  })

  test('PTNTA tells GPS time, and believes it when it is fresh and the oscillator disciplined', () => {
    const recorded = tells('$PTNTA,20160203131536,2,T4,000000066,+108,3,0,3*18')
    assert.equal(readingOf(recorded), '2016-2-3 13:15:36 gps')
    assert.deepEqual([recorded.time?.believed, recorded.quality, recorded.alarms], [true, 'locked', []])
    assert.equal(recorded.details['referenceMinusOutputNs'], 66)
    const unset = tells('$PTNTA,20000102173852,1,T4,,,6,1,0*32')
    assert.deepEqual(
      [unset.time?.believed, unset.quality, unset.alarms[0]?.code],
      [false, 'holdover', 'spectratime.holdover'],
    )
    assert.equal(tells('$PTNTA,20160619232817,2,T3,0000000,+050,3,,*11').time?.believed, false)
    assert.equal(tells('$PTNTA,20160203131536,2,T4,999999900,-500,3,0,3').details['referenceMinusOutputNs'], -100)
  })

  test('PJLTS tells lock state and health, bit by bit', () => {
    const recorded = '$PJLTS,-0.39,-2.74,157848,6,2.5829535,86.0984,-1.0E-12,0,17,0x0*40'
    const said = tells(recorded)
    assert.deepEqual([said.quality, said.alarms], ['locked', []])
    assert.equal(said.details['timeOffsetNs'], -2.74)
    assert.equal(said.details['frequencyEstimate'], -1e-12)
    const bad = tells(recorded.replace(',6,', ',1,').replace(',0x0*40', ',0x810'))
    assert.equal(bad.quality, 'holdover')
    assert.deepEqual(
      bad.alarms.map(({ code }) => code),
      ['jackson-labs.holdover', 'jackson-labs.unhealthy', 'gnss.jammed'],
    )
    assert.match(bad.alarms[1]?.reason ?? '', /got 0x810: in holdover for more than 60 s, jamming$/)
    assert.match(
      refuses(recorded.replace(',6,', ',9,').replace('*40', '')),
      /^PJLTS field 4: expected one of 0, 1, 2, 5, 6, got "9"$/,
    )
  })

  test('PGRMF agrees with its own GPS week and second', () => {
    for (const recorded of [
      '$PGRMF,290,293895,160305,093802,13,5213.1439,N,02100.6511,E,A,2,0,226,2,1*11',
      '$PGRMF,379,524003,180726,013305,18,2112.7781,N,10549.9131,E,A,2,0,0,2,1*19',
    ]) {
      const said = tells(recorded)
      assert.deepEqual([said.fix, said.time?.believed, said.alarms], [true, true, []])
    }
    const wrong = tells('$PGRMF,379,524003,180726,013305,17,2112.7781,N,10549.9131,E,A,2,0,0,2,1')
    assert.equal(wrong.alarms[0]?.code, 'nmea.week-mismatch')
  })
})

const ADDRESSES = [
  'PUBX,00',
  'PUBX,04',
  'PFEC,GPtps',
  'PERDCRW,TPS1',
  'PERDCRX,TPS2',
  'PERDCRY,TPS3',
  'PERDCRZ,TPS4',
  'PERDCRJ,FREQ',
  'PSTI,00',
  'PMTK001',
  'PMTK424',
  'PAIR001',
  'PAIR753',
  'PTNTA',
  'PJLTS',
  'PGRMF',
  'PXYZ',
]

describe('proprietary sentences', () => {
  test('of any fields are told, refused or left alone, and never throw', () => {
    const address = fc.constantFrom(...ADDRESSES)
    const field = fc.oneof(
      fc.constantFrom(
        '',
        '0',
        '2',
        '3',
        'T4',
        'G3',
        '15D',
        '0x10',
        '20160203131536',
        '101025222449',
        '073731.00',
        '091202',
        '__proto__',
      ),
      fc.integer().map(String),
      fc.string({ unit: fc.constantFrom(...'0123456789.-+ETN'.split('')) }),
    )
    fc.assert(
      fc.property(address, fc.array(field, { maxLength: 24 }), (head, fields) => {
        const said = told(`$${[head, ...fields].join(',')}`)
        if (typeof said !== 'object') return
        assert.ok(JSON.stringify(said.details).length < 1000)
        assert.ok(said.topic.length < 20)
      }),
      { numRuns: 3000 },
    )
  })
})
