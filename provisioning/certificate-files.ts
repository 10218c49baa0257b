import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { splitCertificates } from '../src/attestation/tpm/certificate-bundle.ts'
import { readNamedFile } from '../src/config/read-file.ts'
import { fail, ok, type Result } from '../src/core/fault.ts'
import { attempt } from '../src/linux/attempt.ts'

const BUNDLE_BYTES_MAX = 1_048_576
const ENDINGS = /\.(?:pem|crt|cer|der)$/

/** The certificates in files, and in all files of folders that are called like certificates; DER. */
export function readCertificateFiles(paths: readonly string[]): Result<readonly Uint8Array[]> {
  const ders: Uint8Array[] = []
  for (const path of paths) {
    const files = attempt('file.unreadable', `${path}: expected certificates`, () => filesIn(path))
    if (!files.ok) return files
    for (const file of files.value) {
      const bytes = readNamedFile(file, { what: 'certificates', bytesMax: BUNDLE_BYTES_MAX })
      const split = bytes.ok ? splitCertificates(bytes.value, file) : bytes
      if (!split.ok) return split
      // A folder may hold other things as well; a file that was named has to be what it is named for.
      if (split.value.length === 0 && file === path) {
        return fail('ek.format', `${file}: expected certificates in PEM or DER, got none`)
      }
      ders.push(...split.value)
    }
  }
  return ok(ders)
}

function filesIn(path: string): readonly string[] {
  if (!statSync(path).isDirectory()) return [path]
  const names = readdirSync(path).filter((name) => ENDINGS.test(name))
  return names.toSorted().map((name) => join(path, name))
}
