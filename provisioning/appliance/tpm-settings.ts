import { existsSync } from 'node:fs'
import { z } from 'zod'
import { explain, table } from '../../drivers/options.ts'
import { ENDORSEMENT_KINDS, type EndorsementKind } from '../../src/attestation/tpm/endorsement-key.ts'
import { readNamedFile } from '../../src/config/read-file.ts'
import { equalBytes, utf8 } from '../../src/core/bytes.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import type { Task } from '../run-tasks.ts'
import { keepStep, newFileStep, updateStep } from '../step.ts'
import type { TpmPlace } from './tpm-place.ts'

/** Which TPM an appliance was enrolled with, and which of its keys: so that later steps need not be told again. */
export interface TpmSettings {
  readonly node: string
  readonly place: TpmPlace
  /** Persistent handle of the attestation key. */
  readonly keyHandle: number
  readonly endorsement: EndorsementKind
}

/** Of the owner's range (TCG Registry of Reserved TPM 2.0 Handles), clear of what others use by convention. */
export const KEY_HANDLE = 0x8101_0017

const handle = z.string('a handle').regex(/^0x81[0-9a-f]{6}$/, 'a persistent handle, from 0x81000000 to 0x81ffffff')
const settingsSchema = table({
  node: z.string('a name'),
  device: z.string('a path').optional(),
  swtpm: z.string('an address').optional(),
  keyHandle: handle,
  endorsement: z.enum(['ecc', 'rsa'], 'ecc or rsa'),
})

const BYTES_MAX = 4096

export function describeHandle(value: number): string {
  return `0x${value.toString(16)}`
}

function settingsText({ node, place, keyHandle, endorsement }: TpmSettings): string {
  const named = { node, ...place, keyHandle: describeHandle(keyHandle), endorsement: endorsement.name }
  return `${JSON.stringify(named, null, 2)}\n`
}

/** Faults: `enrol.no-request` where nothing was asked for yet, `enrol.settings`. */
export function readSettings(path: string): Result<TpmSettings> {
  if (!existsSync(path)) {
    return fail('enrol.no-request', `${path}: expected an appliance that has asked for enrolment, got no such file`)
  }
  const bytes = readNamedFile(path, { what: 'which TPM an appliance has', bytesMax: BYTES_MAX })
  if (!bytes.ok) return bytes
  const input = parseJson(new TextDecoder().decode(bytes.value))
  const checked = settingsSchema.safeParse(input)
  if (!checked.success) {
    return fail('enrol.settings', explain(checked.error, input, path).join('; '))
  }
  const { node, device, swtpm, keyHandle, endorsement } = checked.data
  const kind = ENDORSEMENT_KINDS.find(({ name }) => name === endorsement)
  const place = device !== undefined ? { device } : swtpm !== undefined ? { swtpm } : undefined
  if (kind === undefined || place === undefined) {
    return fail('enrol.settings', `${path}: expected a device or a swtpm, got neither`)
  }
  return ok({ node, place, keyHandle: Number(keyHandle), endorsement: kind })
}

/** A TPM may be reached by another way than before: what counts is the key in it. */
export function drawSettings(path: string, settings: TpmSettings): Task {
  const [text, what] = [utf8(settingsText(settings)), 'which TPM it is']
  if (!existsSync(path)) return newFileStep(path, text, 0o644, what)
  const kept = readNamedFile(path, { what, bytesMax: BYTES_MAX })
  return kept.ok && equalBytes(kept.value, text) ? keepStep(path, what) : updateStep(path, text, 0o644, what)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
