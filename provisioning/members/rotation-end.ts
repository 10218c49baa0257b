import { existsSync, linkSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Identity, identityIn } from '../../src/agent/identity.ts'
import { type HeldKey, loadKeys } from '../../src/agent/keys/load-keys.ts'
import { readSessions } from '../../src/agent/session-file.ts'
import { sessionJournalPath } from '../../src/agent/session-journal.ts'
import { readGenesis } from '../../src/config/genesis.ts'
import { credentialOf } from '../../src/config/key-place.ts'
import { readNamedFile } from '../../src/config/read-file.ts'
import type { Configuration } from '../../src/config/schema.ts'
import type { Session } from '../../src/consensus/session.ts'
import { verifySessionChain } from '../../src/consensus/session-chain.ts'
import { equalBytes } from '../../src/core/bytes.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { attempt } from '../../src/linux/attempt.ts'
import { applianceFiles } from '../appliance/appliance-files.ts'
import { drawMark } from '../appliance/session-journal-step.ts'
import type { Task } from '../run-tasks.ts'
import { keepOwner } from '../step.ts'
import { type ConfigurationFile, drawLines, type NextLine, readConfigurationFile } from './configuration-lines.ts'
import { destroyStep } from './destroy-key.ts'
import { drawEnrolmentMove } from './next-enrolment.ts'
import { KEY_KINDS, type KeyKind, nextKeyOf } from './rotation.ts'

const KEY_BYTES_MAX = 65_536

/**
 * What ends a rotation once the session has begun that names the new keys: they take the place of the old ones, which are
 * destroyed. Each step may be the last before a crash: then it is run again. Only looks. Faults: `rotate.not-yet`, `rotate.credential`,
 * those of keys, sessions and configurations.
 */
export async function drawRotationEnd(folder: string): Promise<Result<readonly Task[]>> {
  const file = readConfigurationFile(join(folder, 'config.toml'))
  if (!file.ok) return file
  const { configuration } = file.value
  const entered = await enteredUnder(configuration)
  if (!entered.ok) return entered
  const { identity, session } = entered.value
  const tasks: Task[] = []
  const lines: Partial<Record<NextLine, undefined>> = {}
  const destroyed: Task[] = []
  for (const kind of KEY_KINDS) {
    const moved = drawMove(file.value, folder, kind)
    if (!moved.ok) return moved
    tasks.push(...moved.value.tasks)
    destroyed.push(...moved.value.destroyed)
    lines[nextKeyOf(folder, kind).line] = undefined
  }
  const mark = drawMark(applianceFiles(folder).keys, { session, identity })
  const enrolled = drawEnrolmentMove(folder, file.value.configuration.attestation, identity.keyHash)
  if (!enrolled.ok) return enrolled
  // One of another key stays in the folder, and is named by nobody: it was for a rotation of the signing key that was not begun.
  lines.nextEnrolment = undefined
  const unnamed = drawLines(file.value, lines)
  if (!unnamed.ok) return unnamed
  return ok([...tasks, mark, ...enrolled.value.tasks, unnamed.value, ...destroyed, ...enrolled.value.cleared])
}

interface Entered {
  readonly session: Session
  readonly identity: Identity
}

/** The newest session that this appliance has entered, and who it is in it. */
async function enteredUnder(configuration: Configuration): Promise<Result<Entered>> {
  const { node } = configuration
  const keys = await loadKeys(configuration)
  if (!keys.ok) return keys
  const genesis = readGenesis(node.genesis)
  if (!genesis.ok) return genesis
  const chain = readSessions(node.stateDirectory, genesis.value)
  if (!chain.ok) return chain
  const genuine = await verifySessionChain(genesis.value, chain.value.steps, keys.value.verifier.verify)
  if (!genuine.ok) return genuine
  const session = chain.value.present
  const identity = identityIn(session.membership, node.name, keys.value)
  if (!identity.ok) return identity
  const { signing, tls } = keys.value
  const waits =
    stillWaits(signing, (key) => equalBytes(key.publicKey, identity.value.signer.publicKey)) ||
    stillWaits(tls, (key) => equalBytes(key.keyHash, identity.value.tls.keyHash))
  if (!waits && existsSync(sessionJournalPath(node.stateDirectory, { session }))) {
    return ok({ session, identity: identity.value })
  }
  const { session: number } = session.membership
  return fail(
    'rotate.not-yet',
    `${node.name}: expected a session whose membership names its next keys, got session ${number}, which names the present ones`,
  )
}

/** A next key that the membership does not name yet. */
function stillWaits<T>(held: readonly HeldKey<T>[], isNamed: (key: T) => boolean): boolean {
  const next = held[1]
  return next !== undefined && !isNamed(next.key)
}

interface Move {
  readonly tasks: readonly Task[]
  readonly destroyed: readonly Task[]
}

function drawMove({ configuration: { node } }: ConfigurationFile, folder: string, kind: KeyKind): Result<Move> {
  const [present, next] = kind === 'signing' ? [node.signingKey, node.nextSigningKey] : [node.tlsKey, node.nextTlsKey]
  const former = `${present}.former`
  const leftOver = existsSync(former) ? [destroyStep(former, `former ${kind} key`)] : []
  if (next === undefined) return ok({ tasks: [], destroyed: [...leftOver, ...staleNext(folder, kind, present)] })
  if (credentialOf(present) !== undefined || credentialOf(next) !== undefined) {
    return fail(
      'rotate.credential',
      `node: expected keys in files, got ${present} and ${next}: name the new credential as ${kind}Key, and take the old one away`,
    )
  }
  const bytes = readNamedFile(next, { what: 'the next key', bytesMax: KEY_BYTES_MAX })
  if (!bytes.ok) return bytes
  const kept = readNamedFile(present, { what: 'the present key', bytesMax: KEY_BYTES_MAX })
  if (!kept.ok) return kept
  const destroyNext = destroyStep(next, `copy of the ${kind} key that has moved`)
  if (equalBytes(kept.value, bytes.value)) return ok({ tasks: [], destroyed: [...leftOver, destroyNext] })
  const move: Task = {
    action: 'update',
    path: present,
    what: `the ${kind} key that the membership names`,
    perform: () =>
      attempt('provisioning.write', `${present}: expected to put the new key here`, () => {
        const draft = join(dirname(present), `.${kind}.new`)
        rmSync(draft, { force: true })
        writeFileSync(draft, bytes.value, { mode: 0o600, flush: true })
        keepOwner(present, draft)
        rmSync(former, { force: true })
        linkSync(present, former)
        renameSync(draft, present)
      }),
  }
  return ok({ tasks: [move], destroyed: [destroyStep(former, `former ${kind} key`), destroyNext] })
}

/** An interrupted end may have left the copy that nothing names any more. */
function staleNext(folder: string, kind: KeyKind, present: string): readonly Task[] {
  const { path } = nextKeyOf(folder, kind)
  if (credentialOf(present) !== undefined || !existsSync(path)) return []
  const [left, kept] = [path, present].map((each) => readNamedFile(each, { what: 'a key', bytesMax: KEY_BYTES_MAX }))
  const same = left?.ok === true && kept?.ok === true && equalBytes(left.value, kept.value)
  return same ? [destroyStep(path, `copy of the ${kind} key that has moved`)] : []
}
