import { toHex } from './bytes.ts'
import { CborReader, REFUSED, type Refused } from './cbor-reader.ts'
import { CborWriter } from './cbor-writer.ts'
import { fail, ok, type Result } from './fault.ts'

/**
 * Canonical CBOR (RFC 8949 4.2.1) with a schema: everything that is signed, hashed or sent goes through here. A codec
 * writes a value and reads it back; reading is strict and checks every range. What a reader takes is what the writer makes,
 * so that one value has one byte string and nothing else is accepted: `encoding.test.ts` holds both against cborg.
 */
export interface Codec<T> {
  /** The value is trusted: it was built here or decoded before. */
  write(to: CborWriter, value: T): void
  /** The value, or `REFUSED` when the next item is none of these. */
  read(from: CborReader): T | Refused
}

const writer = new CborWriter()

export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  writer.reset()
  codec.write(writer, value)
  return writer.take()
}

/**
 * Strict decode; `what` names the thing in the fault (`proposal`, `certificate`). Byte strings are views of `bytes`. Never
 * throws. With `itemsMax`, bytes of more CBOR items than that are refused when they come to it: what strangers send must
 * cost no more than what is expected.
 */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array, what: string, itemsMax?: number): Result<T> {
  const reader = new CborReader(bytes, itemsMax)
  const value = codec.read(reader)
  if (value === REFUSED) return reader.faultOf(what)
  if (reader.left === 0) return ok(value)
  return fail('encoding.cbor', `${what}: expected canonical CBOR, got ${reader.left} more bytes after its end`)
}

/** The value, if a decoder would have let it through: for what was made here out of what others measured. */
export function checkRanges<T>(codec: Codec<T>, value: T, what: string): Result<T> {
  return decode(codec, encode(codec, value), what)
}

/** A CBOR integer as bigint, lo <= value <= hi. */
export function bigintCodec<T extends bigint>(lo: bigint, hi: bigint): Codec<T> {
  return {
    write: (to, value) => to.bigint(value),
    read: (from) => from.bigint(lo, hi) as T | Refused,
  }
}

/** A CBOR integer as number, 0 <= min <= value <= max <= 2^53 - 1. */
export function uintCodec(max: number = Number.MAX_SAFE_INTEGER, min = 0): Codec<number> {
  return intCodec(min, max)
}

/** A CBOR integer of either sign as number, lo <= value <= hi, both within ±(2^53 - 1). */
export function intCodec(lo: number, hi: number): Codec<number> {
  return {
    write: (to, value) => to.number(value),
    read: (from) => from.number(lo, hi),
  }
}

/** A byte string of exactly `length` bytes. */
export function bytesCodec(length: number): Codec<Uint8Array> {
  return {
    write: (to, value) => to.byteString(value),
    read: (from) => from.byteString(length, length),
  }
}

/** Any byte string up to `maxLength`. */
export function blobCodec(maxLength: number): Codec<Uint8Array> {
  return {
    write: (to, value) => to.byteString(value),
    read: (from) => from.byteString(0, maxLength),
  }
}

/**
 * Text of 1 to `maxLength` printable ASCII characters, 0x20 to 0x7e. So its length, its order and its look are the same
 * in every language and on every terminal: beyond ASCII they depend on who counts units, sorts or prints.
 */
export function textCodec(maxLength: number): Codec<string> {
  return {
    write: (to, value) => to.text(value),
    read: (from) => from.text(maxLength),
  }
}

/** One exact text: the name of a format, as the first field of a file. */
export function literalCodec<const T extends string>(text: T): Codec<T> {
  return {
    write: (to, value) => to.text(value),
    read: (from) => (from.text(text.length) === text ? text : from.refuse(`the text "${text}"`)),
  }
}

export const booleanCodec: Codec<boolean> = {
  write: (to, value) => to.boolean(value),
  read: (from) => from.boolean(),
}

/** One of a fixed list of names, carried as its index in the list. The order of `names` is part of the format. */
export function choiceCodec<const T extends string>(names: readonly T[]): Codec<T> {
  return {
    write: (to, value) => to.number(names.indexOf(value)),
    read: (from) => {
      const index = from.number(0, names.length - 1)
      return index === REFUSED ? REFUSED : (names[index] ?? REFUSED)
    },
  }
}

/** null for "none": the value is then undefined. */
export function optionalCodec<T>(inner: Codec<T>): Codec<T | undefined> {
  return {
    write: (to, value) => (value === undefined ? to.null() : inner.write(to, value)),
    read: (from) => (from.isNull() ? undefined : inner.read(from)),
  }
}

/** An array of at least `minLength` and at most `maxLength` items of one kind. */
export function listCodec<T>(inner: Codec<T>, maxLength: number, minLength = 0): Codec<readonly T[]> {
  return {
    write: (to, values) => {
      to.array(values.length)
      for (const value of values) inner.write(to, value)
    },
    read: (from) => {
      const length = from.array(minLength, maxLength)
      if (length === REFUSED) return REFUSED
      const values: T[] = []
      for (let index = 0; index < length; index++) {
        const value = inner.read(from)
        if (value === REFUSED) return from.within(`[${index}]`)
        values.push(value)
      }
      return values
    },
  }
}

type Fields<T> = { readonly [K in keyof T]-?: Codec<T[K]> }

/** A record as a CBOR array, in the order in which `fields` names its keys. The order is part of the format. */
export function recordCodec<T extends object>(fields: Fields<T>): Codec<T> {
  const parts = (Object.keys(fields) as (keyof T & string)[]).map((key) => ({ key, codec: fields[key] }))
  return {
    write: (to, value) => {
      to.array(parts.length)
      for (const { key, codec } of parts) codec.write(to, value[key])
    },
    read: (from) => {
      if (from.array(parts.length, parts.length) === REFUSED) return REFUSED
      const record: Partial<T> = {}
      for (const { key, codec } of parts) {
        const value = codec.read(from)
        if (value === REFUSED) return from.within(`.${key}`)
        record[key] = value
      }
      return record as T
    },
  }
}

/** One of several kinds of thing, as [index, value]. The order of `kinds` is part of the format. */
export function kindCodec<T extends { readonly kind: string; readonly value: unknown }>(
  kinds: {
    readonly [K in T['kind']]: Codec<Extract<T, { readonly kind: K }>['value']>
  },
): Codec<T> {
  const names = Object.keys(kinds) as T['kind'][]
  const kindOf = choiceCodec(names)
  return {
    write: (to, { kind, value }) => {
      to.array(2)
      kindOf.write(to, kind)
      ;(kinds as Record<string, Codec<unknown>>)[kind]?.write(to, value)
    },
    read: (from) => {
      if (from.array(2, 2) === REFUSED) return REFUSED
      const kind = kindOf.read(from)
      if (kind === REFUSED) return from.within('.kind')
      const value = kinds[kind].read(from)
      return value === REFUSED ? from.within(`.${kind}`) : ({ kind, value } as T)
    },
  }
}

/** Adds a rule between the parts of a value: `rule` returns what was expected when the value breaks it. */
export function refinedCodec<T>(inner: Codec<T>, rule: (value: T) => string | undefined): Codec<T> {
  return {
    write: (to, value) => inner.write(to, value),
    read: (from) => {
      const value = inner.read(from)
      if (value === REFUSED) return REFUSED
      const expected = rule(value)
      return expected === undefined ? value : from.refuseRule(expected)
    },
  }
}

/** The first twelve hexadecimal digits of a digest, for people and logs. */
export function shortHex(digest: Uint8Array): string {
  return toHex(digest.subarray(0, 6))
}
