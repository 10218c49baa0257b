import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Membership, membershipCodec } from '../../src/consensus/membership.ts'
import { concatBytes } from '../../src/core/bytes.ts'
import { valueIn } from './vector-files.ts'
import type { ExpectedRefusal, VectorIndex } from './vector-index.ts'

/** The vectors as they stand in this folder. */

export function readVector(file: string): Uint8Array {
  return new Uint8Array(readFileSync(join(import.meta.dirname, file)))
}

export function readIndex(): VectorIndex {
  return JSON.parse(readFileSync(join(import.meta.dirname, 'vectors.json'), 'utf8')) as VectorIndex
}

export function genesisOf(file: string): Membership {
  return valueIn(membershipCodec, readVector(file))
}

/** What a file of the index becomes by a change of it. */
export function changedFile({ file, at, remove, insert }: ExpectedRefusal): Uint8Array {
  const bytes = readVector(file)
  return concatBytes(bytes.subarray(0, at), Uint8Array.fromHex(insert), bytes.subarray(at + remove))
}
