import { readFileSync } from 'node:fs'
import { fail, ok, type Result } from '../../core/fault.ts'

const FILE = '/proc/sys/kernel/random/boot_id'
const UUID = /^[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}$/

/**
 * The kernel's name of this start of the machine, 16 bytes. Under the unit's sandbox the file is not there (ProcSubset=pid),
 * and systemd says it instead. Who emulates several machines on one says for each of them when it was started. Fault
 * `attestation.boot-id`.
 */
export function readBootId(told = process.env['QUORUMTIME_BOOT_ID'], file = FILE): Result<Uint8Array> {
  const text = told ?? readKernel(file)
  return text !== undefined && UUID.test(text)
    ? ok(Uint8Array.fromHex(text.replaceAll('-', '')))
    : fail('attestation.boot-id', `${file}: expected the UUID of this start of the machine, got ${text ?? 'no file'}`)
}

function readKernel(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return undefined
  }
}
