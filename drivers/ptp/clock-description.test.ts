import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeClockDescription } from './clock-description.ts'

/** What a clock of linuxptp says of itself. */
const OF_PTP4L = Uint8Array.fromHex(
  '80000a49454545203830322e3300060000000000120003000600000000001200000000023b3b023b3b00001b19000200',
)

test('a description that is cut anywhere is a fault, and never a throw', () => {
  assert.ok(decodeClockDescription(OF_PTP4L).ok)
  for (let length = 0; length < OF_PTP4L.length; length++) {
    const cut = decodeClockDescription(OF_PTP4L.subarray(0, length))
    assert.ok(!cut.ok && cut.fault.code === 'ptp.length', `${length} bytes`)
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const decoded = decodeClockDescription(bytes)
      if (!decoded.ok) assert.equal(decoded.fault.code, 'ptp.length')
    }),
  )
})

test('a part that is longer than the standard allows is a fault', () => {
  const longAddress = decodeClockDescription(Uint8Array.of(0x80, 0, 0, 0, 17, ...new Uint8Array(400)))
  assert.ok(!longAddress.ok)
  assert.match(longAddress.fault.message, /expected a part of at most 16 bytes, got 17/)
  const longText = decodeClockDescription(Uint8Array.of(0x80, 0, 200, ...new Uint8Array(400)))
  assert.ok(!longText.ok)
})

test('a text loses what a terminal would act on', () => {
  const [before, after] = [OF_PTP4L.slice(0, 35), OF_PTP4L.slice(38)]
  const decoded = decodeClockDescription(Uint8Array.of(...before, 5, 0x1b, 0x5b, 0x32, 0x4a, 0x41, ...after))
  assert.ok(decoded.ok)
  assert.equal(decoded.value.productDescription, '[2JA')
})
