import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { toHex } from './bytes.ts'
import {
  bigintCodec,
  booleanCodec,
  bytesCodec,
  type Codec,
  choiceCodec,
  decode,
  encode,
  listCodec,
  literalCodec,
  optionalCodec,
  recordCodec,
  refinedCodec,
  shortHex,
  textCodec,
  uintCodec,
} from './encoding.ts'

interface Thing {
  readonly name: string
  readonly kind: 'one' | 'two'
  readonly offsetNs: bigint
  readonly count: number
  readonly digest: Uint8Array
  readonly sound: boolean
  readonly parent: number | undefined
  readonly list: readonly bigint[]
}

const LIMIT = 1n << 62n
const THING: Codec<Thing> = recordCodec<Thing>({
  name: textCodec(8),
  kind: choiceCodec(['one', 'two']),
  offsetNs: bigintCodec(-LIMIT, LIMIT),
  count: uintCodec(),
  digest: bytesCodec(4),
  sound: booleanCodec,
  parent: optionalCodec(uintCodec(9)),
  list: listCodec(bigintCodec(0n, 300n), 3),
})

const PRINTABLE = fc.string({ minLength: 1, maxLength: 8, unit: fc.constantFrom('a', 'Z', '0', ' ', '~', '!') })
const THINGS: fc.Arbitrary<Thing> = fc.record(
  {
    name: PRINTABLE,
    kind: fc.constantFrom('one', 'two'),
    offsetNs: fc.bigInt({ min: -LIMIT, max: LIMIT }),
    count: fc.maxSafeNat(),
    digest: fc.uint8Array({ minLength: 4, maxLength: 4 }),
    sound: fc.boolean(),
    parent: fc.option(fc.nat(9), { nil: undefined }),
    list: fc.array(fc.bigInt({ min: 0n, max: 300n }), { maxLength: 3 }),
  },
  { noNullPrototype: true },
)

function hex(text: string): Uint8Array {
  return Uint8Array.from(text.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16))
}

/** The fault code of decoding these bytes, or the value. */
function told<T>(codec: Codec<T>, text: string): unknown {
  const decoded = decode(codec, hex(text), 'thing')
  return decoded.ok ? decoded.value : decoded.fault.code
}

describe('encoding', () => {
  it('finds every value back, by one byte string only', () => {
    fc.assert(
      fc.property(THINGS, (thing) => {
        const bytes = encode(THING, thing)
        assert.deepEqual(decode(THING, bytes, 'thing'), { ok: true, value: thing })
        assert.deepEqual(encode(THING, thing), bytes)
      }),
    )
  })

  it('answers changed, cut and prolonged bytes with a fault or another value, never with the same', () => {
    fc.assert(
      fc.property(THINGS, fc.nat(), fc.integer({ min: 1, max: 255 }), (thing, position, change) => {
        const bytes = encode(THING, thing)
        const changed = Uint8Array.from(bytes)
        const at = position % bytes.length
        changed[at] = (changed[at] ?? 0) ^ change
        const decoded = decode(THING, changed, 'thing')
        if (decoded.ok) assert.notDeepEqual(decoded.value, thing)
        assert.ok(!decode(THING, bytes.subarray(0, at), 'thing').ok)
        assert.ok(!decode(THING, Uint8Array.from([...bytes, change]), 'thing').ok)
      }),
    )
  })

  it('answers any bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        const decoded = decode(THING, bytes, 'thing')
        assert.ok(decoded.ok || decoded.fault.message.startsWith('thing'))
      }),
      { numRuns: 2_000 },
    )
  })

  it('encodes integers as RFC 8949 does', () => {
    const codec = bigintCodec<bigint>(-(1n << 64n), (1n << 64n) - 1n)
    const examples: [bigint, string][] = [
      [0n, '00'],
      [23n, '17'],
      [24n, '1818'],
      [1_000_000_000_000n, '1b000000e8d4a51000'],
      [(1n << 64n) - 1n, '1bffffffffffffffff'],
      [-1n, '20'],
      [-1_000n, '3903e7'],
      [-(1n << 64n), '3bffffffffffffffff'],
    ]
    for (const [value, bytes] of examples) {
      assert.equal(toHex(encode(codec, value)), bytes)
      assert.equal(told(codec, bytes), value)
    }
  })

  it('refuses integers that are longer than need be, floats and bignums for integers', () => {
    for (const bytes of ['1817', '190017', '1a00000017', '1b0000000000000017', '3800']) {
      assert.match(String(told(bigintCodec(-1_000n, 1_000n), bytes)), /^encoding\./, bytes)
    }
    for (const bytes of ['f94d00', 'fa41a00000', 'fb4034000000000000', 'c24114', 'c34114']) {
      assert.match(String(told(uintCodec(), bytes)), /^encoding\./, bytes)
    }
  })

  it('refuses lengths that are longer than need be', () => {
    assert.match(String(told(bytesCodec(1), '580100')), /^encoding\./)
    assert.match(String(told(textCodec(4), '780161')), /^encoding\./)
    assert.match(String(told(listCodec(uintCodec(), 4), '980101')), /^encoding\./)
  })

  it('refuses indefinite lengths', () => {
    assert.equal(told(listCodec(uintCodec(), 4), '9f01ff'), 'encoding.cbor')
    assert.equal(told(bytesCodec(1), '5f4100ff'), 'encoding.cbor')
    assert.equal(told(textCodec(4), '7f6161ff'), 'encoding.cbor')
  })

  it('refuses trailing bytes, no bytes, undefined, NaN, infinity and tags', () => {
    for (const bytes of ['0000', '', 'f7', 'f97e00', 'f97c00', 'c100', 'ff', '1c'])
      assert.match(String(told(uintCodec(), bytes)), /^encoding\./, bytes)
  })

  it('answers huge nesting and huge claimed lengths with a fault', () => {
    const codec = listCodec(uintCodec(), 4)
    for (const opening of [0x81, 0xa1, 0xc1, 0x9f]) {
      const decoded = decode(codec, new Uint8Array(1 << 20).fill(opening), 'thing')
      assert.ok(!decoded.ok && decoded.fault.code === 'encoding.cbor', opening.toString(16))
    }
    for (const bytes of ['9bffffffffffffffff', '5bffffffffffffffff', '7a7fffffff', '9a7fffffff00']) {
      assert.equal(told(codec, bytes), 'encoding.cbor', bytes)
    }
  })

  it('refuses text that is not UTF-8', () => {
    for (const bytes of ['61ff', '62c080', '63eda080']) {
      assert.match(String(told(textCodec(4), bytes)), /^encoding\./, bytes)
    }
  })

  it('holds every codec to its range', () => {
    assert.equal(told(uintCodec(9), '0a'), 'encoding.value')
    assert.equal(told(uintCodec(9), '20'), 'encoding.value')
    assert.equal(told(bigintCodec(-1n, 1n), '21'), 'encoding.value')
    assert.equal(told(bytesCodec(2), '43000000'), 'encoding.value')
    assert.equal(told(textCodec(2), '60'), 'encoding.value')
    assert.equal(told(textCodec(2), '63616161'), 'encoding.value')
    assert.equal(told(textCodec(2), '610a'), 'encoding.value')
    assert.equal(told(textCodec(2), '617f'), 'encoding.value')
    assert.equal(told(textCodec(2), '62c3a9'), 'encoding.value')
    assert.equal(told(textCodec(2), '62c29b'), 'encoding.value')
    assert.equal(told(uintCodec(9, 2), '01'), 'encoding.value')
    assert.equal(told(booleanCodec, '01'), 'encoding.value')
    assert.equal(told(choiceCodec(['one']), '01'), 'encoding.value')
    assert.equal(told(choiceCodec(['one']), '636f6e65'), 'encoding.value')
    assert.equal(told(literalCodec('v1'), '627632'), 'encoding.value')
    assert.equal(told(listCodec(uintCodec(), 1), '820101'), 'encoding.value')
    assert.equal(told(listCodec(uintCodec(), 4, 2), '8101'), 'encoding.value')
    assert.equal(told(recordCodec({ a: uintCodec() }), '820101'), 'encoding.value')
    assert.equal(told(recordCodec({ a: uintCodec() }), 'a1616101'), 'encoding.value')
  })

  it('keeps none apart from every value', () => {
    const codec = optionalCodec(uintCodec())
    assert.equal(toHex(encode(codec, undefined)), 'f6')
    assert.equal(told(codec, 'f6'), undefined)
    assert.equal(told(codec, '00'), 0)
    assert.equal(told(uintCodec(), 'f6'), 'encoding.value')
  })

  it('says where in a value what was expected and what came', () => {
    const codec = recordCodec({ rows: listCodec(recordCodec({ ageNs: uintCodec(9) }), 4) })
    const decoded = decode(codec, hex('8182810581186f'), 'proposal')
    assert.ok(!decoded.ok)
    assert.equal(decoded.fault.message, 'proposal.rows[1].ageNs: expected an integer in [0, 9], got 111')
  })

  it('adds a rule between the parts of a value', () => {
    const pair = recordCodec({ lo: uintCodec(), hi: uintCodec() })
    const codec = refinedCodec(pair, ({ lo, hi }) => (lo <= hi ? undefined : 'lo at most hi'))
    assert.deepEqual(told(codec, '820102'), { lo: 1, hi: 2 })
    assert.equal(told(codec, '820201'), 'encoding.rule')
  })

  it('shortens a digest for people', () => {
    assert.equal(shortHex(hex('00ff0a1b2c3d4e5f')), '00ff0a1b2c3d')
  })
})
