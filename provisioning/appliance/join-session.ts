import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { identityIn } from '../../src/agent/identity.ts'
import { loadKeys } from '../../src/agent/keys/load-keys.ts'
import { chainIn, SESSIONS_WANTED } from '../../src/agent/orders/order-file.ts'
import type { OwnSession } from '../../src/agent/own-session.ts'
import { peersOfSession } from '../../src/agent/peer-directory.ts'
import { sessionFileCodec, sessionsPath } from '../../src/agent/session-file.ts'
import { readGenesis } from '../../src/config/genesis.ts'
import { parseConfiguration } from '../../src/config/parse.ts'
import { readNamedFile } from '../../src/config/read-file.ts'
import type { Configuration } from '../../src/config/schema.ts'
import type { Membership } from '../../src/consensus/membership.ts'
import { createSessionChain, type SessionChain } from '../../src/consensus/session-chain.ts'
import { equalBytes } from '../../src/core/bytes.ts'
import { encode } from '../../src/core/encoding.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { drawConfiguration, drawGenesisCopy } from '../appliance-steps.ts'
import type { Task } from '../run-tasks.ts'
import { folderStep } from '../step.ts'
import { drawCopy } from './answer.ts'
import { applianceFiles } from './appliance-files.ts'
import { checkOwnEnrolment, readSignatures } from './join.ts'
import { drawSessionJournal } from './session-journal-step.ts'

export interface SessionJoinOptions {
  readonly folder: string
  /** What `quorumtime membership export` has written: genesis, its signatures where it has some, and how the membership has changed since. */
  readonly bundle: string
  /** A configuration that was brought; absent: the one in the folder stays. */
  readonly configuration: string | undefined
  readonly updateConfiguration: boolean
}

export interface DrawnSessionJoin {
  readonly tasks: readonly Task[]
  readonly membership: Membership
  readonly member: number
  readonly configurationFile: string
  /** What a technician should know. */
  readonly notices: readonly string[]
}

const CONFIGURATION_WANTED = { what: 'a configuration', bytesMax: 1_048_576 }

/**
 * What makes an appliance a member of the newest session, whether it is new, has new keys, or comes back: the steps of the
 * cluster since its genesis, every signature checked, and an empty journal for its key if that can never have had one. Only looks.
 * Faults: those of all that is read, `identity.*`, `join.*`, and those of enrolments where the membership asks for them.
 */
export async function drawSessionJoin(options: SessionJoinOptions): Promise<Result<DrawnSessionJoin>> {
  const { folder, bundle } = options
  const configured = drawOwnConfiguration(options)
  if (!configured.ok) return configured
  const { configuration, path: configurationFile, steps } = configured.value
  const { stateDirectory } = configuration.node
  const genesis = readGenesis(join(bundle, 'genesis.cbor'))
  if (!genesis.ok) return genesis
  const chain = await newestChain(bundle, stateDirectory, genesis.value)
  if (!chain.ok) return chain
  const own = await findOwn(configuration, chain.value)
  if (!own.ok) return own
  const { membership } = own.value.session
  const attested = drawAttested(options, configuration, genesis.value, own.value)
  if (!attested.ok) return attested
  const copy = drawGenesisCopy(configuration.node.genesis, genesis.value)
  if (!copy.ok) return copy
  const keyFolder = applianceFiles(folder).keys
  const journal = drawSessionJournal({ own: own.value, chain: chain.value, stateDirectory, keyFolder })
  if (!journal.ok) return journal
  const sessions = encode(sessionFileCodec, { format: 'quorumtime-sessions-1', steps: chain.value.steps })
  const peers = peersOfSession(configuration, membership)
  if (!peers.ok) return peers
  return ok({
    tasks: [
      ...steps,
      folderStep(stateDirectory, 0o750, 'state folder'),
      folderStep(keyFolder, 0o700, 'key folder'),
      ...journal.value,
      drawCopy(sessionsPath(stateDirectory), sessions, `how session ${membership.session} came about`),
      ...attested.value,
      copy.value,
    ],
    membership,
    member: own.value.identity.member.id,
    configurationFile,
    notices: peers.value.missing.map(({ message }) => message),
  })
}

interface OwnConfiguration {
  readonly configuration: Configuration
  readonly path: string
  readonly steps: readonly Task[]
}

function drawOwnConfiguration(options: SessionJoinOptions): Result<OwnConfiguration> {
  const path = join(options.folder, 'config.toml')
  const source = options.configuration ?? path
  const bytes = readNamedFile(source, CONFIGURATION_WANTED)
  if (!bytes.ok) return bytes
  const text = new TextDecoder().decode(bytes.value)
  const configuration = parseConfiguration(text, path)
  if (!configuration.ok) return configuration
  const step = drawConfiguration(path, text, options.updateConfiguration)
  return step.ok ? ok({ configuration: configuration.value, path, steps: [step.value] }) : step
}

/** The longer of what was brought and what is here already; one must be how the other began. */
async function newestChain(bundle: string, stateDirectory: string, genesis: Membership): Promise<Result<SessionChain>> {
  const brought = await chainAt(join(bundle, 'sessions.cbor'), genesis)
  if (!brought.ok) return brought
  const kept = await chainAt(sessionsPath(stateDirectory), genesis)
  if (!kept.ok) return kept
  const [shorter, longer] = [kept.value, brought.value].toSorted((a, b) => a.steps.length - b.steps.length)
  if (shorter === undefined || longer === undefined) return brought
  const same = shorter.sessions.every(({ hash }, index) =>
    equalBytes(hash, longer.sessions[index]?.hash ?? new Uint8Array()),
  )
  if (same) return ok(longer)
  return fail(
    'join.sessions-differ',
    `${bundle}: expected sessions that go on from those in ${stateDirectory}, got others: one cluster has one chain`,
  )
}

async function chainAt(path: string, genesis: Membership): Promise<Result<SessionChain>> {
  if (!existsSync(path)) return ok(createSessionChain(genesis))
  const bytes = readNamedFile(path, SESSIONS_WANTED)
  return bytes.ok ? chainIn(path, bytes.value, genesis) : bytes
}

async function findOwn(configuration: Configuration, { present }: SessionChain): Promise<Result<OwnSession>> {
  const keys = await loadKeys(configuration)
  if (!keys.ok) return keys
  const identity = identityIn(present.membership, configuration.node.name, keys.value)
  if (identity.ok) return ok({ session: present, identity: identity.value })
  const { code, message } = identity.fault
  return fail(`join.${code}`, `session ${present.membership.session}, the newest that is known here: ${message}`)
}

/** What the authority has to say: of the genesis, and of this appliance. */
function drawAttested(
  { folder, bundle }: SessionJoinOptions,
  { attestation, node }: Configuration,
  genesis: Membership,
  { session, identity }: OwnSession,
): Result<readonly Task[]> {
  const files = applianceFiles(folder)
  const tasks: Task[] = []
  if (genesis.attestation !== undefined) {
    const signatures = readSignatures(files, bundle, genesis)
    if (!signatures.ok) return signatures
    const path = join(node.genesis, '..', 'genesis.signatures.cbor')
    tasks.push(drawCopy(path, signatures.value, 'signatures of the genesis'))
  }
  if (session.membership.attestation === undefined || attestation?.provider !== 'tpm2') return ok(tasks)
  const enrolled = checkOwnEnrolment(files, session.membership, identity.member)
  return enrolled.ok ? ok(tasks) : enrolled
}
