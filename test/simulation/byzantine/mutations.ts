import type { Prng } from '../../../src/core/prng.ts'
import { randomBytes } from './liar.ts'

/** A place in a CBOR item: indices from the outside in; none: the item itself. */
export type Place = readonly number[]

/** What becomes of the value at a place; undefined: this mutation does not apply to such a value. */
type Mutation = (value: unknown, prng: Prng) => { readonly value: unknown } | undefined

const onBytes =
  (change: (bytes: Uint8Array, prng: Prng) => Uint8Array): Mutation =>
  (value, prng) =>
    value instanceof Uint8Array ? { value: change(value, prng) } : undefined

const onInteger =
  (change: (value: bigint) => bigint): Mutation =>
  (value) =>
    typeof value === 'number' || typeof value === 'bigint' ? { value: change(BigInt(value)) } : undefined

const onArray =
  (change: (items: readonly unknown[], prng: Prng) => readonly unknown[]): Mutation =>
  (value, prng) =>
    Array.isArray(value) && value.length > 0 ? { value: change(value as unknown[], prng) } : undefined

const onText =
  (change: (text: string) => string): Mutation =>
  (value) =>
    typeof value === 'string' ? { value: change(value) } : undefined

const always =
  (value: unknown): Mutation =>
  () => ({ value })

/** Everything that can be wrong with one value: bits, lengths, bounds, signs, order, repetition and type. */
export const MUTATIONS: Readonly<Record<string, Mutation>> = {
  'one bit': onBytes((bytes, prng) => {
    const copy = Uint8Array.from(bytes)
    const at = prng.nextBelow(Math.max(1, copy.length))
    if (copy.length > 0) copy[at] = (copy[at] ?? 0) ^ (1 << prng.nextBelow(8))
    return copy
  }),
  'other bytes': onBytes((bytes, prng) => randomBytes(prng, bytes.length)),
  'a byte less': onBytes((bytes) => bytes.subarray(1)),
  'a byte more': onBytes((bytes) => Uint8Array.of(...bytes, 0)),
  'no bytes': onBytes(() => new Uint8Array()),
  'one more': onInteger((value) => value + 1n),
  'one less': onInteger((value) => value - 1n),
  opposite: onInteger((value) => -value - 1n),
  'twice as much': onInteger((value) => 2n * value + 2n),
  'largest safe': onInteger(() => 2n ** 53n - 1n),
  'beyond safe': onInteger(() => 2n ** 53n),
  'the limit of instants': onInteger(() => 2n ** 62n),
  'beyond the limit of instants': onInteger(() => 2n ** 62n + 1n),
  'most negative': onInteger(() => -(2n ** 64n)),
  largest: onInteger(() => 2n ** 64n - 1n),
  'other text': onText((text) => `${text.slice(0, -1)}~`),
  'longer text': onText((text) => text + 'x'.repeat(200)),
  'text beyond ASCII': onText((text) => `${text}é`),
  'no text': onText(() => ''),
  'without the last': onArray((items) => items.slice(0, -1)),
  'without the first': onArray((items) => items.slice(1)),
  'the first twice': onArray((items) => [items[0], ...items]),
  'the last twice': onArray((items) => [...items, items.at(-1)]),
  'other order': onArray((items) => items.toReversed()),
  'two exchanged': onArray((items, prng) => {
    const copy = [...items]
    const [a, b] = [prng.nextBelow(copy.length), prng.nextBelow(copy.length)]
    ;[copy[a], copy[b]] = [copy[b], copy[a]]
    return copy
  }),
  'nothing in it': onArray(() => []),
  'a thousand of them': onArray((items) => Array.from({ length: 1_000 }, () => items[0])),
  'true or false': (value) => (typeof value === 'boolean' ? { value: !value } : undefined),
  'none at all': always(null),
  'a zero': always(0),
  'a truth': always(true),
  'a text': always('text'),
  'empty bytes': always(new Uint8Array()),
  'an empty array': always([]),
  'an array in an array': always([[[0]]]),
}

/** Every place in an item, itself included. */
export function placesIn(item: unknown, at: Place = []): readonly Place[] {
  if (!Array.isArray(item)) return [at]
  return [at, ...item.flatMap((inner, index) => placesIn(inner, [...at, index]))]
}

/** The item with the value at one place changed; undefined when the mutation does not apply there. */
export function mutated(
  item: unknown,
  [index, ...rest]: Place,
  mutation: Mutation,
  prng: Prng,
): { readonly value: unknown } | undefined {
  if (index === undefined) return mutation(item, prng)
  if (!Array.isArray(item)) return undefined
  const inner = mutated(item[index], rest, mutation, prng)
  return inner && { value: (item as unknown[]).with(index, inner.value) }
}
