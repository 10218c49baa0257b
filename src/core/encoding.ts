import { decode as decodeCbor, encode as encodeCbor } from 'cborg'
import { equalBytes, toHex } from './bytes.ts'
import { hasAtMostItems } from './cbor-items.ts'
import { fail, ok, type Result } from './fault.ts'

/**
 * Canonical CBOR (RFC 8949 4.2.1) with a schema: everything that is signed, hashed or sent goes through here. A codec
 * maps a value to plain CBOR items and back; decoding is strict, checks every range, and ends by encoding the value
 * again and comparing bytes, so that one value has one byte string and nothing else is accepted.
 */
export interface Codec<T> {
  /** The CBOR item of a value. The value is trusted: it was built here or decoded before. */
  toItem(value: T): unknown
  /** The value of a CBOR item; `path` says where it stands, for the fault. */
  fromItem(item: unknown, path: string): Result<T>
}

export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  return encodeCbor(codec.toItem(value))
}

/**
 * Strict decode; `what` names the thing in the fault (`proposal`, `certificate`). Never throws. With `itemsMax`, bytes of
 * more CBOR items than that are refused before any is built: what strangers send must cost no more than what is expected.
 */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array, what: string, itemsMax?: number): Result<T> {
  if (itemsMax !== undefined && !hasAtMostItems(bytes, itemsMax)) {
    return fail('encoding.size', `${what}: expected at most ${itemsMax} CBOR items, got more`)
  }
  let item: unknown
  try {
    item = decodeCbor(bytes, {
      strict: true,
      allowIndefinite: false,
      allowUndefined: false,
      allowNaN: false,
      allowInfinity: false,
    })
  } catch (error) {
    return fail('encoding.cbor', `${what}: expected canonical CBOR, got ${(error as Error).message}`)
  }
  const decoded = codec.fromItem(item, what)
  if (!decoded.ok) return decoded
  if (!equalBytes(encode(codec, decoded.value), bytes)) {
    return fail('encoding.not-canonical', `${what}: expected the canonical encoding, got other bytes of the same value`)
  }
  return decoded
}

function unexpected(path: string, expected: string, item: unknown): Result<never> {
  return fail('encoding.value', `${path}: expected ${expected}, got ${describe(item)}`)
}

function describe(item: unknown): string {
  if (item instanceof Uint8Array) return `${item.length} bytes`
  if (Array.isArray(item)) return `an array of ${item.length}`
  if (typeof item === 'string') return `text of ${item.length} characters`
  if (typeof item === 'number' || typeof item === 'bigint' || typeof item === 'boolean') return String(item)
  return item === null ? 'null' : typeof item
}

/** A CBOR integer as bigint, lo <= value <= hi. */
export function bigintCodec<T extends bigint>(lo: bigint, hi: bigint): Codec<T> {
  return {
    toItem: (value) => value,
    fromItem: (item, path) => {
      if (typeof item !== 'bigint' && !Number.isSafeInteger(item))
        return unexpected(path, `an integer in [${lo}, ${hi}]`, item)
      const value = BigInt(item as bigint | number)
      return value >= lo && value <= hi ? ok(value as T) : unexpected(path, `an integer in [${lo}, ${hi}]`, item)
    },
  }
}

/** A CBOR integer as number, 0 <= min <= value <= max <= 2^53 - 1. */
export function uintCodec(max: number = Number.MAX_SAFE_INTEGER, min = 0): Codec<number> {
  return intCodec(min, max)
}

/** A CBOR integer of either sign as number, lo <= value <= hi, both within ±(2^53 - 1). */
export function intCodec(lo: number, hi: number): Codec<number> {
  return {
    toItem: (value) => value,
    fromItem: (item, path) =>
      Number.isSafeInteger(item) && (item as number) >= lo && (item as number) <= hi
        ? ok(item as number)
        : unexpected(path, `an integer in [${lo}, ${hi}]`, item),
  }
}

/** A byte string of exactly `length` bytes. */
export function bytesCodec(length: number): Codec<Uint8Array> {
  return {
    toItem: (value) => value,
    fromItem: (item, path) =>
      item instanceof Uint8Array && item.length === length ? ok(item) : unexpected(path, `${length} bytes`, item),
  }
}

const PRINTABLE_ASCII = /^[ -~]+$/

/**
 * Text of 1 to `maxLength` printable ASCII characters, 0x20 to 0x7e. So its length, its order and its look are the same
 * in every language and on every terminal: beyond ASCII they depend on who counts units, sorts or prints.
 */
export function textCodec(maxLength: number): Codec<string> {
  return {
    toItem: (value) => value,
    fromItem: (item, path) =>
      typeof item === 'string' && item.length <= maxLength && PRINTABLE_ASCII.test(item)
        ? ok(item)
        : unexpected(path, `1 to ${maxLength} printable ASCII characters`, item),
  }
}

/** One exact text: the name of a format, as the first field of a file. */
export function literalCodec<const T extends string>(text: T): Codec<T> {
  return {
    toItem: (value) => value,
    fromItem: (item, path) => (item === text ? ok(text) : unexpected(path, `the text "${text}"`, item)),
  }
}

export const booleanCodec: Codec<boolean> = {
  toItem: (value) => value,
  fromItem: (item, path) => (typeof item === 'boolean' ? ok(item) : unexpected(path, 'true or false', item)),
}

/** One of a fixed list of names, carried as its index in the list. The order of `names` is part of the format. */
export function choiceCodec<const T extends string>(names: readonly T[]): Codec<T> {
  return {
    toItem: (value) => names.indexOf(value),
    fromItem: (item, path) => {
      const name = Number.isSafeInteger(item) ? names[item as number] : undefined
      return name === undefined ? unexpected(path, `an index in [0, ${names.length - 1}]`, item) : ok(name)
    },
  }
}

/** null for "none": the value is then undefined. */
export function optionalCodec<T>(inner: Codec<T>): Codec<T | undefined> {
  return {
    toItem: (value) => (value === undefined ? null : inner.toItem(value)),
    fromItem: (item, path) => (item === null ? ok(undefined) : inner.fromItem(item, path)),
  }
}

/** An array of at least `minLength` and at most `maxLength` items of one kind. */
export function listCodec<T>(inner: Codec<T>, maxLength: number, minLength = 0): Codec<readonly T[]> {
  return {
    toItem: (values) => values.map((value) => inner.toItem(value)),
    fromItem: (item, path) => {
      if (!Array.isArray(item) || item.length < minLength || item.length > maxLength) {
        return unexpected(path, `an array of ${minLength} to ${maxLength}`, item)
      }
      const values: T[] = []
      for (const [index, element] of item.entries()) {
        const decoded = inner.fromItem(element, `${path}[${index}]`)
        if (!decoded.ok) return decoded
        values.push(decoded.value)
      }
      return ok(values)
    },
  }
}

type Fields<T> = { readonly [K in keyof T]-?: Codec<T[K]> }

/** A record as a CBOR array, in the order in which `fields` names its keys. The order is part of the format. */
export function recordCodec<T extends object>(fields: Fields<T>): Codec<T> {
  const keys = Object.keys(fields) as (keyof T & string)[]
  return {
    toItem: (value) => keys.map((key) => fields[key].toItem(value[key])),
    fromItem: (item, path) => {
      if (!Array.isArray(item) || item.length !== keys.length)
        return unexpected(path, `an array of ${keys.length}`, item)
      const record: Partial<T> = {}
      for (const [index, key] of keys.entries()) {
        const decoded = fields[key].fromItem(item[index], `${path}.${key}`)
        if (!decoded.ok) return decoded
        record[key] = decoded.value
      }
      return ok(record as T)
    },
  }
}

/** Adds a rule between the parts of a value: `rule` returns what was expected when the value breaks it. */
export function refinedCodec<T>(inner: Codec<T>, rule: (value: T) => string | undefined): Codec<T> {
  return {
    toItem: (value) => inner.toItem(value),
    fromItem: (item, path) => {
      const decoded = inner.fromItem(item, path)
      if (!decoded.ok) return decoded
      const expected = rule(decoded.value)
      return expected === undefined ? decoded : fail('encoding.rule', `${path}: expected ${expected}`)
    },
  }
}

/** The first twelve hexadecimal digits of a digest, for people and logs. */
export function shortHex(digest: Uint8Array): string {
  return toHex(digest.subarray(0, 6))
}
