import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { decode as decodeCbor, encode as encodeCbor } from 'cborg'
import fc from 'fast-check'
import { toHex } from './bytes.ts'
import {
  bigintCodec,
  blobCodec,
  booleanCodec,
  bytesCodec,
  type Codec,
  checkRanges,
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

/** The items of a thing, as a library that knows nothing of our codecs takes and gives them. */
function itemsOf({ name, kind, offsetNs, count, digest, sound, parent, list }: Thing): unknown[] {
  return [name, ['one', 'two'].indexOf(kind), offsetNs, count, digest, sound, parent ?? null, [...list]]
}

/** What cborg takes for canonical CBOR, or undefined. It takes floats; nothing of ours has any. */
function cborgItem(bytes: Uint8Array): unknown {
  try {
    const item: unknown = decodeCbor(bytes, { strict: true, allowIndefinite: false, allowUndefined: false })
    return Buffer.from(encodeCbor(item)).equals(bytes) ? item : undefined
  } catch {
    return undefined
  }
}

function isInteger(item: unknown, lo: bigint, hi: bigint): boolean {
  return (
    (typeof item === 'bigint' || Number.isInteger(item)) && BigInt(item as number) >= lo && BigInt(item as number) <= hi
  )
}

/** The format of a thing written down a second time, over plain items. */
function isThing(item: unknown): boolean {
  if (!Array.isArray(item) || item.length !== 8) return false
  const [name, kind, offsetNs, count, digest, sound, parent, list] = item as unknown[]
  return (
    typeof name === 'string' &&
    /^[ -~]{1,8}$/.test(name) &&
    isInteger(kind, 0n, 1n) &&
    isInteger(offsetNs, -LIMIT, LIMIT) &&
    isInteger(count, 0n, BigInt(Number.MAX_SAFE_INTEGER)) &&
    digest instanceof Uint8Array &&
    digest.length === 4 &&
    typeof sound === 'boolean' &&
    (parent === null || isInteger(parent, 0n, 9n)) &&
    Array.isArray(list) &&
    list.length <= 3 &&
    list.every((value) => isInteger(value, 0n, 300n))
  )
}

/** One change of some bytes: an octet flipped, cut out or put in. */
const CHANGES = fc.record({
  how: fc.constantFrom('flip', 'cut', 'insert'),
  position: fc.nat(),
  octet: fc.integer({ min: 1, max: 255 }),
})

function changedBytes(bytes: Uint8Array, { how, position, octet }: { how: string; position: number; octet: number }) {
  const at = position % bytes.length
  if (how === 'flip') return Uint8Array.from(bytes, (byte, index) => (index === at ? byte ^ octet : byte))
  const inserted = how === 'insert' ? [octet] : []
  return Uint8Array.from([...bytes.subarray(0, at), ...inserted, ...bytes.subarray(how === 'cut' ? at + 1 : at)])
}

/** Offsets and list entries are bigints with us, whatever their size. */
function widened(item: unknown, index: number): unknown {
  if (index === 2) return BigInt(item as number)
  return index === 7 ? (item as number[]).map(BigInt) : item
}

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

  it('writes what cborg writes', () => {
    fc.assert(
      fc.property(THINGS, (thing) => {
        assert.equal(toHex(encode(THING, thing)), toHex(encodeCbor(itemsOf(thing))))
      }),
      { numRuns: 1_000 },
    )
  })

  it('takes what cborg takes for canonical and the format allows, and nothing else', () => {
    let taken = 0
    fc.assert(
      fc.property(THINGS, fc.array(CHANGES, { maxLength: 2 }), (thing, changes) => {
        const bytes = changes.reduce(changedBytes, encode(THING, thing))
        const item = cborgItem(bytes)
        const decoded = decode(THING, bytes, 'thing')
        assert.equal(decoded.ok, item !== undefined && isThing(item), toHex(bytes))
        if (!decoded.ok) return
        taken += 1
        assert.deepEqual(itemsOf(decoded.value), (item as unknown[]).map(widened))
        assert.deepEqual(encode(THING, decoded.value), bytes)
      }),
      { numRuns: 10_000 },
    )
    assert.ok(taken > 1_000, `only ${taken} were taken`)
  })

  it('writes more than it has reserved, and never again where it wrote', () => {
    const codec = listCodec(blobCodec(1 << 20), 4)
    const values = [1, 40_000, 40_000, 500_000].map((length) => new Uint8Array(length).fill(length & 0xff))
    const encoded = values.map((value) => [value, encode(codec, [value, value])] as const)
    for (const [value, bytes] of encoded) assert.deepEqual(bytes, encodeCbor([value, value]))
  })

  it('has no bytes for what is no integer of 64 bits', () => {
    for (const value of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      assert.ok(!checkRanges(uintCodec(), value, 'thing').ok)
    }
    const all = bigintCodec<bigint>(-(1n << 64n), (1n << 64n) - 1n)
    for (const value of [1n << 64n, -(1n << 64n) - 1n]) assert.ok(!checkRanges(all, value, 'thing').ok)
    assert.ok(!checkRanges(textCodec(8), 'é', 'thing').ok)
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
    for (const [opening, code] of [
      [0x81, 'encoding.value'],
      [0xa1, 'encoding.value'],
      [0xc1, 'encoding.cbor'],
      [0x9f, 'encoding.cbor'],
    ] as const) {
      const decoded = decode(codec, new Uint8Array(1 << 20).fill(opening), 'thing')
      assert.ok(!decoded.ok && decoded.fault.code === code, opening.toString(16))
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

  it('refuses more items than it may read, as soon as they come, and says of what', () => {
    const codec = listCodec(listCodec(optionalCodec(uintCodec()), 1 << 20), 4)
    const bytes = encode(codec, [[1, undefined], [2], []])
    assert.ok(decode(codec, bytes, 'thing', 7).ok)
    const refused = decode(codec, bytes, 'thing', 6)
    assert.ok(!refused.ok)
    assert.deepEqual(refused.fault, {
      code: 'encoding.size',
      message: 'thing: expected at most 6 CBOR items, got more',
    })
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
