import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { credentialOf } from '../../src/config/key-place.ts'
import type { Configuration } from '../../src/config/schema.ts'
import { utf8 } from '../../src/core/bytes.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { readPrivateKey } from '../../src/crypto/key-file.ts'
import { publicKeyToPem } from '../../src/crypto/public-key.ts'
import { selectMlDsa } from '../../src/crypto/select.ts'
import { drawCopy } from '../appliance/answer.ts'
import { applianceFiles } from '../appliance/appliance-files.ts'
import { drawKey } from '../appliance-steps.ts'
import type { Task } from '../run-tasks.ts'
import { folderStep } from '../step.ts'
import { drawLines, type NextKey, readConfigurationFile } from './configuration-lines.ts'

/** New keys for an appliance that runs: held beside the present ones until the membership names them. */

export type KeyKind = 'signing' | 'tls'

export const KEY_KINDS: readonly KeyKind[] = ['signing', 'tls']

/** A folder like that of an appliance, inside its own: there the same TPM can be enrolled for the new keys. */
export function nextFolder(folder: string): string {
  return join(folder, 'next')
}

/** How the configuration names the next key of a kind, and where that is: the sealed one, where a TPM has sealed it. */
export function nextKeyOf(
  folder: string,
  kind: KeyKind,
): { readonly line: NextKey; readonly path: string; readonly value: string } {
  const line = kind === 'signing' ? 'nextSigningKey' : 'nextTlsKey'
  const at = (name: string): string => join(nextFolder(folder), 'keys', name)
  const name = existsSync(at(`${kind}.sealed`)) ? `${kind}.sealed` : `${kind}.pem`
  return { line, path: at(name), value: `next/keys/${name}` }
}

/** The public half of a next key, for the order. */
function publicPath(folder: string, name: string, kind: KeyKind): string {
  return join(nextFolder(folder), `${name}-${kind}.pub`)
}

export interface DrawnRotation {
  readonly tasks: readonly Task[]
  readonly name: string
  /** Files with the new public keys. */
  readonly publicKeys: readonly string[]
}

/**
 * What makes the next keys, and names them in the configuration beside the present ones; those that were made before are kept. Only
 * looks. Faults: those of keys and configurations, `rotate.lines`,
 * `rotate.sealed`.
 */
export function drawRotation(folder: string, kinds: readonly KeyKind[]): Result<DrawnRotation> {
  const file = readConfigurationFile(join(folder, 'config.toml'))
  if (!file.ok) return file
  const { name } = file.value.configuration.node
  const tasks: Task[] = [
    folderStep(nextFolder(folder), 0o750, 'folder of what comes next'),
    folderStep(applianceFiles(nextFolder(folder)).keys, 0o700, 'key folder'),
  ]
  const lines: Partial<Record<NextKey, string>> = {}
  const publicKeys: string[] = []
  for (const kind of kinds) {
    const { line, path, value } = nextKeyOf(folder, kind)
    lines[line] = value
    // Its public half is in the request for its enrolment.
    if (path.endsWith('.sealed')) continue
    const kept = checkKept(file.value.configuration, kind)
    if (!kept.ok) return kept
    const key = drawKey(path, `next ML-DSA-87 ${kind === 'signing' ? 'signing' : 'TLS'} key`, undefined)
    if (!key.ok) return key
    const pem = publicKeyToPem(selectMlDsa().createSigner(key.value.seed).publicKey)
    const shown = publicPath(folder, name, kind)
    tasks.push(key.value.step, drawCopy(shown, utf8(pem), 'its public half'))
    publicKeys.push(shown)
  }
  const named = drawLines(file.value, lines)
  return named.ok ? ok({ tasks: [...tasks, named.value], name, publicKeys }) : named
}

/** A key that a TPM guards is followed by none in the clear. */
function checkKept({ node }: Configuration, kind: KeyKind): Result<void> {
  const present = kind === 'signing' ? node.signingKey : node.tlsKey
  if (credentialOf(present) !== undefined) return ok(undefined)
  const read = readPrivateKey(present)
  if (!read.ok) return read
  if (read.value.kind === 'sealed') {
    return fail(
      'rotate.sealed',
      `${present}: expected next/keys/${kind}.sealed as well, since a TPM has sealed the present key, got none`,
    )
  }
  read.value.seed.fill(0)
  return ok(undefined)
}
