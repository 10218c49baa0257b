import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { credentialOf } from '../../src/config/key-place.ts'
import type { Configuration } from '../../src/config/schema.ts'
import { utf8 } from '../../src/core/bytes.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { sha384 } from '../../src/core/hash.ts'
import { readPrivateKey } from '../../src/crypto/key-file.ts'
import { publicKeyToPem } from '../../src/crypto/public-key.ts'
import { selectMlDsa } from '../../src/crypto/select.ts'
import { drawCopy } from '../appliance/answer.ts'
import { applianceFiles, nextFolder } from '../appliance/appliance-files.ts'
import { drawKey } from '../appliance-steps.ts'
import type { Task } from '../run-tasks.ts'
import { folderStep } from '../step.ts'
import { drawLines, type NextLine, readConfigurationFile } from './configuration-lines.ts'
import { findNextEnrolment } from './next-enrolment.ts'

/** New keys for an appliance that runs: held beside the present ones until the membership names them. */

export type KeyKind = 'signing' | 'tls'

export const KEY_KINDS: readonly KeyKind[] = ['signing', 'tls']

/** How the configuration names the next key of a kind, and where that is: the sealed one, where a TPM has sealed it. */
export function nextKeyOf(
  folder: string,
  kind: KeyKind,
): { readonly line: NextLine; readonly path: string; readonly value: string } {
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
 * What makes the next keys, and names them in the configuration beside the present ones, with the enrolment of a signing key where a
 * TPM vouches for the appliance; those that were made before are kept. Only looks. Faults: those of keys and configurations,
 * `rotate.lines`, `rotate.sealed`, `rotate.not-enrolled`.
 */
export function drawRotation(folder: string, kinds: readonly KeyKind[]): Result<DrawnRotation> {
  const file = readConfigurationFile(join(folder, 'config.toml'))
  if (!file.ok) return file
  const { configuration } = file.value
  const { name } = configuration.node
  const tasks: Task[] = [
    folderStep(nextFolder(folder), 0o750, 'folder of what comes next'),
    folderStep(applianceFiles(nextFolder(folder)).keys, 0o700, 'key folder'),
  ]
  const lines: Partial<Record<NextLine, string | undefined>> = {}
  const publicKeys: string[] = []
  for (const kind of kinds) {
    const drawn = drawNextKey(folder, configuration, kind)
    if (!drawn.ok) return drawn
    const { line, value } = nextKeyOf(folder, kind)
    lines[line] = value
    tasks.push(...drawn.value.tasks)
    publicKeys.push(...drawn.value.publicKeys)
    if (kind !== 'signing') continue
    const enrolment = findNextEnrolment(folder, configuration, drawn.value.keyHash)
    if (!enrolment.ok) return enrolment
    lines.nextEnrolment = enrolment.value
  }
  const named = drawLines(file.value, lines)
  return named.ok ? ok({ tasks: [...tasks, named.value], name, publicKeys }) : named
}

interface DrawnKey {
  readonly tasks: readonly Task[]
  readonly publicKeys: readonly string[]
  /** Undefined of one that is not made yet. */
  readonly keyHash: Uint8Array | undefined
}

function drawNextKey(folder: string, configuration: Configuration, kind: KeyKind): Result<DrawnKey> {
  const { path } = nextKeyOf(folder, kind)
  if (path.endsWith('.sealed')) {
    const read = readPrivateKey(path)
    if (!read.ok) return read
    // Its public half is in the request for its enrolment.
    if (read.value.kind === 'sealed') return ok({ tasks: [], publicKeys: [], keyHash: read.value.sealed.keyHash })
    read.value.seed.fill(0)
    return fail('rotate.sealed', `${path}: expected a key that a TPM has sealed, got one in the clear`)
  }
  const kept = checkKept(configuration, kind)
  if (!kept.ok) return kept
  const key = drawKey(path, `next ML-DSA-87 ${kind === 'signing' ? 'signing' : 'TLS'} key`, undefined)
  if (!key.ok) return key
  const { publicKey } = selectMlDsa().createSigner(key.value.seed)
  const shown = publicPath(folder, configuration.node.name, kind)
  const tasks = [key.value.step, drawCopy(shown, utf8(publicKeyToPem(publicKey)), 'its public half')]
  return ok({ tasks, publicKeys: [shown], keyHash: existsSync(path) ? sha384(publicKey) : undefined })
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
