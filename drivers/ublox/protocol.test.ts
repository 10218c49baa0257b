import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { utf8 } from '../../src/core/bytes.ts'
import { monoNs } from '../../src/core/time.ts'
import { encodeFrame, UBX } from './frame.ts'
import { createUbloxFramer } from './framer.ts'
import { parseMessage, type UbxMessage } from './protocol.ts'

/** The one message in `hex`, which may have blanks. */
function messageOf(hex: string): UbxMessage {
  const [piece] = createUbloxFramer().push(Uint8Array.fromHex(hex.replaceAll(' ', '')), monoNs(0n))
  assert.ok(piece?.kind === 'frame', 'one frame with a right checksum')
  const parsed = parseMessage(piece)
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.fault.message)
  return parsed.value
}

function messageFrom(key: number, payload: Iterable<number>): UbxMessage {
  return messageOf(encodeFrame(key, Uint8Array.from(payload)).toHex())
}

describe('UBX messages, as recorded', () => {
  test('TIM-TP of an AEK-4T', () => {
    assert.deepEqual(messageOf('b5620d01100048e1f90400000000e6530000b3050300380e'), {
      type: 'time-pulse',
      towMs: 83_485_000,
      towSubMs: 0,
      quantizationErrorPs: 21_478,
      week: 1459,
      timeBase: 'utc',
      utcAvailable: true,
      raim: 'unknown',
      notLocked: false,
      reference: 0,
      utcStandard: 0,
    })
  })

  test('NAV-TIMEGPS', () => {
    assert.deepEqual(messageOf('b56201201000989d7a1d4749feffb90712070a0000006d76'), {
      type: 'gps-time',
      iTowMs: 494_575_000,
      fractionNs: -112_313,
      week: 1977,
      leapSeconds: 18,
      towValid: true,
      weekValid: true,
      leapSecondsValid: true,
      accuracyNs: 10,
    })
  })

  test('NAV-TIMEUTC with a fraction below zero', () => {
    assert.deepEqual(messageOf('b562012114000f14fa04060000005bbaf0ffd7070c17170b1807a398'), {
      type: 'utc-time',
      iTowMs: 83_497_999,
      accuracyNs: 6,
      fractionNs: -1_000_869,
      utc: { year: 2007, month: 12, day: 23, hour: 23, minute: 11, second: 24, nanosecond: 0 },
      towValid: true,
      weekValid: true,
      utcValid: true,
      utcStandard: 0,
    })
  })

  test('NAV-STATUS', () => {
    assert.deepEqual(messageOf('b562010310000f14fa04039f0000844600000ee61700ac84'), {
      type: 'navigation-status',
      fixType: '3D',
      fixOk: true,
      spoofing: 0,
      upSeconds: 1566,
    })
  })

  test('MON-RF of a ZED-F9T', () => {
    const message = messageOf(
      'b5620a383400000200000000020100000000000000004100 32131b0ca9fe9c000000 0100020100000000000000002f0074100d0f990b96000000 786d',
    )
    assert.ok(message.type === 'front-end')
    assert.deepEqual(
      message.blocks.map(({ block, jamming, antenna, noise, gain, continuousWave }) => [
        block,
        jamming,
        antenna,
        noise,
        Math.round(8191 * gain),
        continuousWave,
      ]),
      [
        [0, 0, 'ok', 0x41, 0x1332, 27],
        [1, 0, 'ok', 0x2f, 0x1074, 13],
      ],
    )
  })
})

describe('UBX messages, by their descriptions', () => {
  test('MON-HW is read in both of its lengths', () => {
    for (const [length, at] of [
      [60, 45],
      [68, 53],
    ] as const) {
      const payload = new Uint8Array(length)
      payload.set([0x10, 0, 0xff, 0x1f, 3, 1, 0b1001], 16)
      payload[at] = 77
      const message = messageFrom(UBX.monHw, payload)
      assert.ok(message.type === 'front-end')
      const [block] = message.blocks
      assert.deepEqual([block?.jamming, block?.antenna, block?.gain, block?.continuousWave], [2, 'short', 1, 77])
    }
  })

  test('MON-RF is read in blocks of 24 and of 20 bytes, and refused in others', () => {
    for (const size of [24, 20]) {
      const message = messageFrom(UBX.monRf, [0, 1, 0, 0, 5, 3, 4, ...Array.from({ length: size - 3 }, () => 9)])
      assert.ok(message.type === 'front-end')
      assert.deepEqual(
        [message.blocks[0]?.block, message.blocks[0]?.jamming, message.blocks[0]?.antenna],
        [5, 3, 'open'],
      )
    }
    for (const payload of [
      [0, 0, 0, 0],
      [0, 1, 0, 0, ...Array.from({ length: 22 }, () => 0)],
    ]) {
      const parsed = parseMessage({ key: UBX.monRf, payload: Uint8Array.from(payload) })
      assert.ok(!parsed.ok)
      assert.equal(parsed.fault.code, 'ublox.length')
    }
  })

  test('SEC-SIG speaks in versions 1 and 2, where its detectors are on', () => {
    const states = (payload: readonly number[]): unknown => {
      const message = messageFrom(UBX.secSig, payload)
      assert.ok(message.type === 'signal-security')
      return [message.version, message.jamming, message.spoofing]
    }
    assert.deepEqual(states([1, 0, 0, 0, 0b101, 0, 0, 0, 0b111, 0, 0, 0]), [1, 2, 3])
    assert.deepEqual(states([1, 0, 0, 0, 0b100, 0, 0, 0, 0b110, 0, 0, 0]), [1, 0, 0])
    assert.deepEqual(states([2, 0b10_1_11_1, 0, 0]), [2, 3, 2])
    assert.deepEqual(states([2, 0b10_0_11_0, 0, 0]), [2, 0, 0])
    // What is beyond the known states is none of them, and of an unknown version nothing is known.
    assert.deepEqual(states([2, 0b111_1_00_1, 0, 0]), [2, 0, 0])
    assert.deepEqual(states([3, 0b10_1_11_1, 0, 0]), [3, 0, 0])
  })

  test('NAV-TIMELS has a bit of its own for the event', () => {
    const payload = new Uint8Array(24)
    payload.set([2, 18, 2, 1], 8)
    payload[12] = 60
    const event = (valid: number): unknown => {
      const message = messageFrom(UBX.navTimeLs, payload.with(23, valid))
      assert.ok(message.type === 'leap-information')
      return [message.leapSecondsValid, message.leapSeconds, message.change, message.secondsToEvent]
    }
    assert.deepEqual(event(1), [true, 18, 1, undefined])
    assert.deepEqual(event(2), [false, 18, 1, 60])
  })

  test('TIM-TP of generation 9 says that its error is none, and that it is not locked', () => {
    const payload = new Uint8Array(16)
    payload[14] = 0b11_0000
    const message = messageFrom(UBX.timTp, payload)
    assert.ok(message.type === 'time-pulse')
    assert.deepEqual([message.quantizationErrorPs, message.notLocked, message.timeBase], [undefined, true, 'gnss'])
  })

  test('MON-VER names the module and the protocol, in both ways of writing', () => {
    const line = (text: string): number[] => [...utf8(text.padEnd(30, '\0'))]
    const head = [...line('EXT CORE 3.01 (111141)'), ...line('00080000').slice(0, 10)]
    for (const [protocol, expected] of [
      ['PROTVER=22.00', 22],
      ['PROTVER 15.01', 15.01],
    ] as const) {
      const message = messageFrom(UBX.monVer, [
        ...head,
        ...line(protocol),
        ...line('MOD=NEO-M8T-0'),
        ...line('FWVER=TIM 1.10'),
      ])
      assert.ok(message.type === 'version')
      assert.deepEqual(
        [message.software, message.hardware, message.protocol, message.module, message.firmware],
        ['EXT CORE 3.01 (111141)', '00080000', expected, 'NEO-M8T-0', 'TIM 1.10'],
      )
    }
  })

  test('a wrong length is a fault that says which would be right', () => {
    const parsed = parseMessage({ key: UBX.timTp, payload: new Uint8Array(15) })
    assert.ok(!parsed.ok)
    assert.deepEqual(parsed.fault, { code: 'ublox.length', message: 'TIM-TP: expected 16 bytes, got 15' })
  })

  test('any payload of any message is understood or refused', () => {
    const keys = fc.oneof(fc.constantFrom(...Object.values(UBX)), fc.integer({ min: 0, max: 0xffff }))
    fc.assert(
      fc.property(keys, fc.uint8Array({ maxLength: 130 }), (key, payload) => {
        const parsed = parseMessage({ key, payload })
        if (!parsed.ok) assert.equal(parsed.fault.code, 'ublox.length')
      }),
      { numRuns: 2000 },
    )
  })
})
