import type { PortIdentity } from './port-identity.ts'
import { CLOCK_IDENTITY_BYTES, PORT_IDENTITY_BYTES, readPortIdentity, writePortIdentity } from './port-identity.ts'

/** A value of fixed length in a message, big-endian as everything in PTP. */
export interface Field<T> {
  readonly bytes: number
  read(view: DataView, at: number): T
  write(view: DataView, at: number, value: T): void
}

type Fields = Readonly<Record<string, Field<unknown>>>
export type ValueOf<F> = F extends Field<infer T> ? T : never
type ValuesOf<S extends Fields> = { readonly [Name in keyof S]: ValueOf<S[Name]> }

export const u8: Field<number> = {
  bytes: 1,
  read: (view, at) => view.getUint8(at),
  write: (view, at, value) => view.setUint8(at, value),
}

export const i8: Field<number> = {
  bytes: 1,
  read: (view, at) => view.getInt8(at),
  write: (view, at, value) => view.setInt8(at, value),
}

export const u16: Field<number> = {
  bytes: 2,
  read: (view, at) => view.getUint16(at),
  write: (view, at, value) => view.setUint16(at, value),
}

export const i16: Field<number> = {
  bytes: 2,
  read: (view, at) => view.getInt16(at),
  write: (view, at, value) => view.setInt16(at, value),
}

export const i32: Field<number> = {
  bytes: 4,
  read: (view, at) => view.getInt32(at),
  write: (view, at, value) => view.setInt32(at, value),
}

export const i64: Field<bigint> = {
  bytes: 8,
  read: (view, at) => view.getBigInt64(at),
  write: (view, at, value) => view.setBigInt64(at, value),
}

/** So many bytes as they are. */
export function octets(bytes: number): Field<Uint8Array> {
  return {
    bytes,
    read: (view, at) => bytesOf(view).slice(at, at + bytes),
    write: (view, at, value) => bytesOf(view).set(value.subarray(0, bytes), at),
  }
}

export const clockIdentity: Field<Uint8Array> = octets(CLOCK_IDENTITY_BYTES)

export const portIdentity: Field<PortIdentity> = {
  bytes: PORT_IDENTITY_BYTES,
  read: (view, at) => readPortIdentity(bytesOf(view), at),
  write: (view, at, value) => writePortIdentity(bytesOf(view), at, value),
}

/** A field with reserved bytes after it, which are written as zeros and never read. */
export function padded<T>(field: Field<T>, reservedBytes: number): Field<T> {
  return { ...field, bytes: field.bytes + reservedBytes }
}

/** Fields one after the other, in the order in which they are named. */
export function sequence<const S extends Fields>(fields: S): Field<ValuesOf<S>> {
  let bytes = 0
  const placed = Object.entries(fields).map(([name, field]) => {
    const at = bytes
    bytes += field.bytes
    return { name, field, at }
  })
  return {
    bytes,
    read: (view, start) =>
      Object.fromEntries(placed.map(({ name, field, at }) => [name, field.read(view, start + at)])) as ValuesOf<S>,
    write: (view, start, values) => {
      for (const { name, field, at } of placed) field.write(view, start + at, values[name])
    },
  }
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength)
}
