import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeHeader } from './header.ts'
import {
  ANY_PORT,
  decodeManagement,
  describeManagementError,
  encodeManagement,
  MANAGEMENT_ACTIONS,
  type Management,
} from './management.ts'
import { DATA_SETS, type DataSetName, decodeDataSet, encodeDataSet } from './management-data-sets.ts'

const port = fc.record({
  clockIdentity: fc.uint8Array({ minLength: 8, maxLength: 8 }),
  portNumber: fc.nat(0xffff),
})

const header = fc.record({
  sdoId: fc.nat(0xfff),
  domain: fc.nat(0xff),
  sourcePort: port,
  sequenceId: fc.nat(0xffff),
  flags: fc.nat(0xffff),
})

const content = fc.oneof(
  fc.record({
    kind: fc.constant('data' as const),
    id: fc.nat(0xffff),
    data: fc.uint8Array({ maxLength: 100 }).filter(({ length }) => length % 2 === 0),
  }),
  fc.record({ kind: fc.constant('error' as const), error: fc.nat(0xffff), id: fc.nat(0xffff) }),
)

const management: fc.Arbitrary<Management> = fc.record({
  targetPort: port,
  startingBoundaryHops: fc.nat(0xff),
  boundaryHops: fc.nat(0xff),
  action: fc.constantFrom(...MANAGEMENT_ACTIONS),
  content,
})

function decode(bytes: Uint8Array) {
  const read = decodeHeader(bytes)
  return read.ok ? decodeManagement(read.value, bytes) : read
}

test('a management message that is written reads back as it was', () => {
  fc.assert(
    fc.property(header, management, (written, asked) => {
      const bytes = encodeManagement(written, asked)
      assert.equal(bytes.length % 2, 0)
      const read = decodeHeader(bytes)
      assert.ok(read.ok && read.value.type === 'management')
      assert.deepEqual([read.value.domain, read.value.sequenceId], [written.domain, written.sequenceId])
      const { content: said, targetPort, ...rest } = asked
      // fast-check's records have no prototype.
      const value = { ...rest, targetPort: { ...targetPort }, content: { ...said } }
      assert.deepEqual(decode(bytes), { ok: true, value })
    }),
  )
})

test('any bytes behind a header are a message or a fault', () => {
  const lengths = { minLength: 34, maxLength: 120 }
  fc.assert(
    fc.property(fc.uint8Array(lengths), (bytes) => {
      bytes.set([0x0d, 0x02, 0, bytes.length])
      const decoded = decode(bytes)
      if (!decoded.ok) assert.match(decoded.fault.code, /^ptp\.(?:length|management)$/)
      else if (decoded.value.content.kind === 'data') assert.ok(decoded.value.content.data.length <= bytes.length)
    }),
  )
})

test('data sets that are written read back as they were, and what is too short is told', () => {
  for (const name of Object.keys(DATA_SETS) as DataSetName[]) {
    const { bytes } = DATA_SETS[name].fields
    fc.assert(
      fc.property(fc.uint8Array({ minLength: bytes, maxLength: bytes }), (data) => {
        const first = decodeDataSet(name, data)
        assert.ok(first.ok)
        // Reserved bytes are lost on the way; what is read is not.
        const again = decodeDataSet(name, encodeDataSet(name, first.value))
        assert.deepEqual(again, first)
      }),
    )
    const cut = decodeDataSet(name, new Uint8Array(bytes - 1))
    assert.ok(!cut.ok)
    assert.equal(cut.fault.message, `PTP ${name}: expected ${bytes} bytes, got ${bytes - 1}`)
  }
})

test('the settings of a grandmaster lie where ptp4l has them', () => {
  const data = Uint8Array.fromHex('0621ffff00253c20')
  const decoded = decodeDataSet('GRANDMASTER_SETTINGS_NP', data)
  assert.ok(decoded.ok)
  assert.deepEqual(decoded.value, {
    clockQuality: { clockClass: 6, clockAccuracy: 0x21, offsetScaledLogVariance: 0xffff },
    currentUtcOffset: 37,
    flags: 0x3c,
    timeSource: 0x20,
  })
  assert.deepEqual(encodeDataSet('GRANDMASTER_SETTINGS_NP', decoded.value), data)
})

test('a data of odd length gets a byte behind it, and an unknown error keeps its number', () => {
  const asked: Management = {
    targetPort: ANY_PORT,
    startingBoundaryHops: 0,
    boundaryHops: 0,
    action: 'SET',
    content: { kind: 'data', id: 0x2005, data: Uint8Array.of(128) },
  }
  const own = { sdoId: 0, domain: 0, sourcePort: ANY_PORT, sequenceId: 1 }
  const decoded = decode(encodeManagement(own, asked))
  assert.ok(decoded.ok && decoded.value.content.kind === 'data')
  assert.deepEqual(decoded.value.content.data, Uint8Array.of(128, 0))
  assert.equal(describeManagementError(6), 'it is not supported')
  assert.equal(describeManagementError(99), 'error 0x63')
})

const CUT: readonly (readonly [what: string, change: (bytes: Uint8Array) => Uint8Array, message: RegExp])[] = [
  ['without a TLV', (bytes) => bytes.subarray(0, 48), /expected at least 54 bytes, got 48/],
  ['with an action of no meaning', (bytes) => bytes.with(46, 7), /expected an action 0 to 4, got 7/],
  ['whose TLV is longer than the message', (bytes) => bytes.with(51, 20), /expected at most the 2 bytes there, got 20/],
  ['whose TLV has no room for an id', (bytes) => bytes.with(51, 1), /expected an id, got 1 bytes/],
  ['with another TLV', (bytes) => bytes.with(49, 3), /expected a management TLV, got type 3/],
  ['with half an error', (bytes) => bytes.with(49, 2), /expected 8 bytes, got 2/],
]

for (const [what, change, message] of CUT) {
  test(`a management message ${what} is told`, () => {
    const own = { sdoId: 0, domain: 0, sourcePort: ANY_PORT, sequenceId: 1 }
    const changed = change(
      encodeManagement(own, {
        targetPort: ANY_PORT,
        startingBoundaryHops: 0,
        boundaryHops: 0,
        action: 'GET',
        content: { kind: 'data', id: 0x2000, data: new Uint8Array(0) },
      }),
    )
    changed[3] = changed.length
    const decoded = decode(changed)
    assert.ok(!decoded.ok)
    assert.match(decoded.fault.message, message)
  })
}
