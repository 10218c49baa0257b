import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { concatBytes, utf8 } from '../../src/core/bytes.ts'
import { monoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus, taiNs } from '../../src/core/time.ts'
import { createBeatFilter } from './beat-filter.ts'
import { parseDate, parseMonitor, parseState, parseTime, QUERIES, setFrequency } from './protocol.ts'
import { createSecondWindow } from './second-window.ts'

const BEAT = '$PTNTA,20160203131539,2,T4,000000066,+107,3,0,3*18'

describe('SpectraTime answers', () => {
  test('are told apart by their form', () => {
    const accepts = (name: keyof typeof QUERIES, line: string): boolean => QUERIES[name].accepts([line])
    assert.ok(accepts('timeBefore', '13:15:39'))
    assert.ok(accepts('date', '2016-02-03'))
    assert.ok(accepts('state', '3'))
    assert.ok(accepts('monitor', '80 00 7A 66 7F 6E 5C 00'))
    assert.ok(accepts('frequency', '-00123'))
    assert.ok(accepts('delay', '???????'))
    assert.ok(!accepts('state', '13:15:39'))
    assert.ok(!accepts('timeBefore', '2016-02-03'))
    assert.ok(!accepts('frequency', '3'))
  })

  test('read as Lady Heather reads them', () => {
    assert.deepEqual(parseMonitor('80 00 7A 66 7F 6E 5C 00'), {
      ok: true,
      value: {
        controlInputV: 2.51,
        lineSignalV: 2.392,
        photocellV: 3,
        varactorV: 2.49,
        heaterPercent: 56.9,
        lampHeaterPercent: 63.9,
      },
    })
    assert.deepEqual(parseState('9'), { ok: true, value: 'searching the line' })
    for (const text of ['', ' 9', '1e0', '0x3', '10']) assert.ok(!parseState(text).ok, `"${text}" is no state`)
    for (const text of ['80 00 7A 66 7F 6E 5C', '80 00 7A 66 7F 6E 5C 0G', '800 00 7A 66 7F 6E 5C 00']) {
      assert.ok(!parseMonitor(text).ok, `"${text}" is no reading`)
    }
    assert.deepEqual(parseTime('23:59:60'), { ok: true, value: { hour: 23, minute: 59, second: 60, nanosecond: 0 } })
    assert.deepEqual(parseDate('2016-02-03'), { ok: true, value: { year: 2016, month: 2, day: 3 } })
    assert.equal(setFrequency(-12).command, 'FC-00012')
    assert.equal(setFrequency(12).command, 'FC+00012')
  })

  test('of any text are read or refused, and never throw', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (text) => {
        for (const parse of [parseMonitor, parseState, parseTime, parseDate]) parse(text)
        for (const query of Object.values(QUERIES)) query.accepts([text])
      }),
    )
  })
})

describe('the sentences among the answers', () => {
  test('are taken out wherever they stand, and leave what they were put into', () => {
    const filter = createBeatFilter()
    const taken = filter.take(utf8(`13:1${BEAT}\r\n5:39\r\n3\r\n`), monoNs(1n))
    assert.equal(String.fromCharCode(...taken.answers), '13:15:39\r\n3\r\n')
    assert.deepEqual(taken.beats, [{ text: BEAT, firstByteAt: 1n, lastByteAt: 1n }])
  })

  test('are the same however the bytes are cut, and no stream makes them grow', () => {
    const piece = fc.oneof(
      fc.constantFrom(BEAT, '$', '\r\n', '\n', '13:15:39', '$GPRMC,1*00').map((text) => utf8(text)),
      fc.uint8Array({ maxLength: 200 }),
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.nat(50), (pieces, cut) => {
        const bytes = concatBytes(...pieces)
        const whole = createBeatFilter().take(bytes, monoNs(0n))
        const filter = createBeatFilter()
        const parts = [filter.take(bytes.subarray(0, cut), monoNs(0n)), filter.take(bytes.subarray(cut), monoNs(0n))]
        assert.deepEqual(concatBytes(...parts.map(({ answers }) => answers)), whole.answers)
        assert.deepEqual(
          parts.flatMap(({ beats }) => beats),
          whole.beats,
        )
        assert.ok(whole.beats.every(({ text }) => text.length <= 128))
      }),
    )
  })
})

describe('the second that answers name', () => {
  const at = (ms: number) => monoNs(BigInt(ms) * NS_PER_MILLISECOND)
  const second = (seconds: number) => taiNs(BigInt(seconds) * NS_PER_SECOND)

  test('is found the better the more of it they have covered', () => {
    const window = createSecondWindow()
    assert.equal(window.sinceBegin(second(100), at(0)), undefined)
    // Seconds begin at 250 ms of the local clock.
    for (const ms of [300, 2030, 3760, 5490, 7220, 8950]) {
      assert.ok(window.note(second(Math.floor((ms - 250) / 1000)), at(ms)))
    }
    const since = window.sinceBegin(second(9), at(9350))
    assert.ok(since !== undefined && since.leastNs <= 100_000_000n && since.mostNs >= 100_000_000n)
    assert.ok(since.mostNs - since.leastNs <= 300_000_000n)
  })

  test('cannot be another all of a sudden', () => {
    const window = createSecondWindow()
    for (const ms of [300, 2030, 3760, 5490]) window.note(second(Math.floor((ms - 250) / 1000)), at(ms))
    // Late in its second an answer may be of the next one for all that is known; early in it not.
    assert.ok(!window.note(second(9), at(8350)))
    assert.equal(window.sinceBegin(second(9), at(9000)), undefined, 'what was known is forgotten')
    assert.ok(window.note(second(10), plus(at(9_400), 1n)))
  })
})
