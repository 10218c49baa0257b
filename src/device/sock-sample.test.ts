import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { toHex } from '../core/bytes.ts'
import type { Result } from '../core/fault.ts'
import { abs } from '../core/integer.ts'
import { type RealtimeNs, realtimeNs } from '../core/time.ts'
import { decodeSockSample, edgeOf, encodeSockSample, pulseAt, type SockSample } from './sock-sample.ts'

const SECOND = 1_000_000_000n
const arbitraryInstant = fc.bigInt({ min: 0n, max: 7_000_000_000n * SECOND }).map(realtimeNs)

function take<T>(result: Result<T>): T {
  assert.ok(result.ok, result.ok ? '' : result.fault.message)
  return result.value
}

function codeOf(result: Result<unknown>): string {
  return result.ok ? 'ok' : result.fault.code
}

/** What a sender makes of an edge: it cuts the system time to µs and takes the offset of the uncut one. */
function sampleAt(edge: RealtimeNs, offsetNs: bigint, isPulse: boolean): SockSample {
  return { systemNs: realtimeNs(edge - (edge % 1000n)), offsetSeconds: Number(offsetNs) / 1e9, isPulse, leap: 0 }
}

test('a pulse survives encoding, decoding and the way back to its edge to the nanosecond', () => {
  fc.assert(
    fc.property(arbitraryInstant, (edge) => {
      const found = take(edgeOf(take(decodeSockSample(encodeSockSample(pulseAt(edge)), 40))))
      assert.ok(abs(found.systemNs - edge) <= 1n)
      assert.ok(found.uncertaintyNs >= 1n && found.uncertaintyNs <= 4_001n)
    }),
  )
})

test('a full time as gpsd sends it gives its edge, however wrong the system clock is', () => {
  const seconds = fc.bigInt({ min: 0n, max: 4_000_000_000n })
  fc.assert(
    fc.property(arbitraryInstant, seconds, (edge, trueSecond) => {
      const found = take(edgeOf(sampleAt(edge, trueSecond * SECOND - edge, false)))
      assert.ok(abs(found.systemNs - edge) <= found.uncertaintyNs, `${found.systemNs - edge} > ${found.uncertaintyNs}`)
      assert.ok(found.uncertaintyNs <= 4_000n)
    }),
  )
})

test('the offset of a pulse is what the clock showed beyond the second, as chrony takes it', () => {
  const second = 1_700_000_000n * SECOND
  assert.equal(pulseAt(realtimeNs(second + 2_000_000n)).offsetSeconds, 0.002)
  assert.equal(pulseAt(realtimeNs(second - 2_000_000n)).offsetSeconds, -0.002)
})

test('a pulse is read with either sign of its offset', () => {
  fc.assert(
    fc.property(arbitraryInstant, fc.constantFrom(1n, -1n), (edge, sign) => {
      const toSecondNs = ((edge + SECOND / 2n) / SECOND) * SECOND - edge
      const found = take(edgeOf(sampleAt(edge, sign * toSecondNs, true)))
      assert.ok(abs(found.systemNs - edge) <= found.uncertaintyNs)
    }),
  )
})

test('a full time with the sign reversed is refused where the difference shows', () => {
  const edge = realtimeNs(1_700_000_000n * SECOND + 250_000_000n)
  assert.equal(codeOf(edgeOf(sampleAt(edge, -250_000_000n, false))), 'ok')
  assert.equal(codeOf(edgeOf(sampleAt(edge, 250_000_000n, false))), 'sock.off-second')
  assert.equal(codeOf(edgeOf(sampleAt(edge, 100_000_000n, false))), 'sock.off-second')
})

test('a sample taken away from an edge is no pulse', () => {
  const edge = realtimeNs(1_700_000_000n * SECOND)
  assert.equal(codeOf(edgeOf({ ...pulseAt(edge), offsetSeconds: 0.000_01 })), 'sock.off-second')
  assert.equal(codeOf(edgeOf({ ...pulseAt(edge), offsetSeconds: 0.25 })), 'sock.off-second')
})

test('a full time that its sender does not believe is refused, a pulse has no leap', () => {
  const edge = realtimeNs(1_700_000_000n * SECOND)
  for (const leap of [0, 1, 2]) assert.equal(codeOf(edgeOf({ ...pulseAt(edge), isPulse: false, leap })), 'ok')
  for (const leap of [3, -1]) assert.equal(codeOf(edgeOf({ ...pulseAt(edge), isPulse: false, leap })), 'sock.leap')
  assert.equal(codeOf(edgeOf({ ...pulseAt(edge), leap: 3 })), 'ok')
})

test('each kind of wrong datagram has its own fault, and says what came', () => {
  const good = encodeSockSample(pulseAt(realtimeNs(1_700_000_000n * SECOND)))
  const changed = (change: (view: DataView) => void): Uint8Array => {
    const bytes = Uint8Array.from(good)
    change(new DataView(bytes.buffer))
    return bytes
  }
  assert.equal(codeOf(decodeSockSample(good, 40)), 'ok')
  const wrong = [
    [decodeSockSample(good, 32), 'sock.length', '40 bytes, got 32'],
    [decodeSockSample(good, 41), 'sock.length', 'got 41'],
    [decodeSockSample(good, 0), 'sock.length', 'got 0'],
    [
      decodeSockSample(
        changed((view) => view.setInt32(36, 0x4b434f53, true)),
        40,
      ),
      'sock.magic',
      '0x534f434b, got 0x4b434f53',
    ],
    [
      decodeSockSample(
        changed((view) => view.setBigInt64(0, -1n, true)),
        40,
      ),
      'sock.time',
      'got -1 s',
    ],
    [
      decodeSockSample(
        changed((view) => view.setBigInt64(0, 1n << 62n, true)),
        40,
      ),
      'sock.time',
      'got 4611686018427387904 s',
    ],
    [
      decodeSockSample(
        changed((view) => view.setBigInt64(8, 1_000_000n, true)),
        40,
      ),
      'sock.time',
      '1000000 µs',
    ],
    [
      decodeSockSample(
        changed((view) => view.setFloat64(16, Number.NaN, true)),
        40,
      ),
      'sock.offset',
      'got NaN',
    ],
    [
      decodeSockSample(
        changed((view) => view.setFloat64(16, -1e300, true)),
        40,
      ),
      'sock.offset',
      'got -1e+300',
    ],
  ] as const
  for (const [result, code, words] of wrong) {
    assert.ok(!result.ok)
    assert.equal(result.fault.code, code)
    assert.ok(result.fault.message.includes(words), result.fault.message)
  }
})

test('no 40 bytes whatever make it throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 40, maxLength: 40 }), fc.boolean(), (bytes, withMagic) => {
      if (withMagic) new DataView(bytes.buffer, bytes.byteOffset).setUint32(36, 0x534f434b, true)
      const decoded = decodeSockSample(bytes, 40)
      if (decoded.ok) edgeOf(decoded.value)
    }),
  )
})

const pythonAnswers = spawnSync('python3', ['--version']).status === 0

test('the bytes are those that Python packs', { skip: pythonAnswers ? false : 'python3 is not installed' }, () => {
  const program = `import struct; print(struct.pack('<qqdiiii', 1700000000, 999999, -0.25, 1, 2, 0, 0x534f434b).hex())`
  const packed = spawnSync('python3', ['-c', program], { encoding: 'utf8' })
  const sample = { systemNs: realtimeNs(1_700_000_000_999_999_000n), offsetSeconds: -0.25, isPulse: true, leap: 2 }
  assert.equal(toHex(encodeSockSample(sample)), packed.stdout.trim())
})
