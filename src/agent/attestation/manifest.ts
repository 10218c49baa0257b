import { readdir, readFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { digestCodec } from '../../attestation/record-codecs.ts'
import { platformDigest } from '../../attestation/tpm/platform-digest.ts'
import { type Codec, encode, listCodec, literalCodec, recordCodec, textCodec } from '../../core/encoding.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { sha384 } from '../../core/hash.ts'

/** What runs: the package's own code, and by the lock file the digests of all that it needs of others. */
export interface PackageManifest {
  readonly format: 'quorumtime-manifest-1'
  /** Sorted by path. */
  readonly files: readonly ManifestFile[]
}

interface ManifestFile {
  /** From the top of the package, with slashes. */
  readonly path: string
  /** SHA-384 of its bytes. */
  readonly digest: Uint8Array
}

const FOLDERS = ['src', 'drivers']
const FILES = ['package.json', 'package-lock.json']
const FILES_MAX = 16_384
/** As many as the pool has threads: on a busy machine each turn of a single one is waited for. */
const FILES_AT_ONCE = 4
const PATH_CHARACTERS_MAX = 512

const manifestCodec: Codec<PackageManifest> = recordCodec<PackageManifest>({
  format: literalCodec('quorumtime-manifest-1'),
  files: listCodec(
    recordCodec<ManifestFile>({ path: textCodec(PATH_CHARACTERS_MAX), digest: digestCodec }),
    FILES_MAX,
    1,
  ),
})

/** The package that this file is of. */
const PACKAGE_FOLDER = fileURLToPath(new URL('../../..', import.meta.url))

/**
 * Reads the package a few small files at a time, which take well below a millisecond of this thread together. Fault
 * `attestation.package`: something of it can not be read.
 */
export async function readManifest(folder = PACKAGE_FOLDER): Promise<Result<PackageManifest>> {
  try {
    const files: ManifestFile[] = []
    const paths = await pathsIn(folder)
    const digested = async (path: string): Promise<ManifestFile> => {
      return { path, digest: platformDigest('sha384', await readFile(join(folder, path))) }
    }
    for (let at = 0; at < paths.length; at += FILES_AT_ONCE) {
      files.push(...(await Promise.all(paths.slice(at, at + FILES_AT_ONCE).map(digested))))
    }
    return ok({ format: 'quorumtime-manifest-1', files })
  } catch (error) {
    return fail('attestation.package', `${folder}: expected a package that can be read, got ${String(error)}`)
  }
}

/** SHA-384 of the manifest's bytes: what a policy allows. */
export function manifestDigest(manifest: PackageManifest): Uint8Array {
  return sha384(encode(manifestCodec, manifest))
}

async function pathsIn(folder: string): Promise<readonly string[]> {
  const paths = [...FILES]
  for (const part of FOLDERS) {
    const entries = await readdir(join(folder, part), { recursive: true, withFileTypes: true })
    for (const entry of entries) {
      if (!entry.isDirectory()) paths.push(relative(folder, join(entry.parentPath, entry.name)))
    }
  }
  return paths.sort((a, b) => (a < b ? -1 : 1))
}
