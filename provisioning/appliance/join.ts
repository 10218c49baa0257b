import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { checkEnrolled, ENROLMENT_BYTES_MAX, verifyEnrolment } from '../../src/attestation/enrolment.ts'
import { platformDigest } from '../../src/attestation/tpm/platform-digest.ts'
import { readGenesis } from '../../src/config/genesis.ts'
import { credentialOf } from '../../src/config/key-place.ts'
import { parseConfiguration } from '../../src/config/parse.ts'
import { readNamedFile } from '../../src/config/read-file.ts'
import { GENESIS_SIGNATURES_BYTES_MAX, verifyGenesisSignatures } from '../../src/consensus/genesis-signature.ts'
import type { AttestationTerms, Member, Membership } from '../../src/consensus/membership.ts'
import { equalBytes } from '../../src/core/bytes.ts'
import { shortHex } from '../../src/core/encoding.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { sha384 } from '../../src/core/hash.ts'
import { selectMlDsa } from '../../src/crypto/select.ts'
import { drawConfiguration, drawGenesisCopy, drawJournal } from '../appliance-steps.ts'
import type { Task } from '../run-tasks.ts'
import { folderStep } from '../step.ts'
import { drawCopy } from './answer.ts'
import { type ApplianceFiles, applianceFiles, readPinned } from './appliance-files.ts'
import { readOwnKeyHashes } from './own-keys.ts'
import { readSettings } from './tpm-settings.ts'

export interface JoinOptions {
  readonly folder: string
  /** What `cluster-genesis` has made: genesis, signatures, and a folder for each appliance with its configuration. */
  readonly bundle: string
  readonly updateConfiguration: boolean
}

export interface DrawnJoin {
  readonly tasks: readonly Task[]
  readonly membership: Membership
}

const MEANS = { digest: platformDigest, verifyMlDsa: selectMlDsa().verifier.verifySync }
const CONFIGURATION_BYTES_MAX = 1_048_576

/**
 * What makes an enrolled appliance a member: an empty safety journal for its key, its configuration, the signatures and, last,
 * the genesis, once the authority that this appliance goes by stands by it and it names this appliance's own keys. Only looks.
 * Faults: `enrol.*`, `genesis.no-attestation`, `genesis.authority`, those of `verifyGenesisSignatures`, `identity.*`, those of
 * enrolments, `genesis.selection`, `genesis.differs`, `provisioning.journal-lost`, `config.*`.
 */
export function drawJoin(options: JoinOptions): Result<DrawnJoin> {
  const files = applianceFiles(options.folder)
  const settings = readSettings(files.settings)
  if (!settings.ok) return settings
  const genesis = readGenesis(join(options.bundle, 'genesis.cbor'))
  if (!genesis.ok) return genesis
  const signatures = readSignatures(files, options.bundle, genesis.value)
  if (!signatures.ok) return signatures
  const member = findOwn(files, settings.value.node, genesis.value)
  if (!member.ok) return member
  const enrolled = checkOwnEnrolment(files, genesis.value, member.value)
  if (!enrolled.ok) return enrolled
  const rest = drawRest(options, files, genesis.value, member.value)
  if (!rest.ok) return rest
  const [copy, ...others] = rest.value
  const beside = join(files.folder, 'genesis.signatures.cbor')
  const tasks = [...others, drawCopy(beside, signatures.value, 'signatures of the genesis'), ...(copy ? [copy] : [])]
  return ok({ tasks, membership: genesis.value })
}

/** By the authority that this appliance was enrolled with, whoever else the genesis names. */
export function readSignatures(files: ApplianceFiles, bundle: string, genesis: Membership): Result<Uint8Array> {
  const path = join(bundle, 'genesis.signatures.cbor')
  const terms = genesis.attestation
  if (terms === undefined) {
    return fail(
      'genesis.no-attestation',
      `genesis of "${genesis.cluster}": expected one that asks for attestation, got one that does not`,
    )
  }
  const authority = readPinned(files, undefined)
  if (!authority.ok) return authority
  if (!terms.authorities.some((key) => equalBytes(key, authority.value))) {
    const named = terms.authorities.map((key) => shortHex(sha384(key))).join(', ')
    return fail(
      'genesis.authority',
      `genesis of "${genesis.cluster}": expected one that names authority ${shortHex(sha384(authority.value))}, got one that names ${named}`,
    )
  }
  if (!existsSync(path)) return fail('genesis.unsigned', `${path}: expected the signatures of the genesis, got no file`)
  const bytes = readNamedFile(path, { what: 'the signatures of a genesis', bytesMax: GENESIS_SIGNATURES_BYTES_MAX })
  if (!bytes.ok) return bytes
  const verified = verifyGenesisSignatures(bytes.value, genesis, [authority.value], MEANS.verifyMlDsa)
  return verified.ok ? bytes : fail(verified.fault.code, `${path}: ${verified.fault.message}`)
}

function findOwn(files: ApplianceFiles, node: string, genesis: Membership): Result<Member> {
  const member = genesis.members.find(({ name }) => name === node)
  if (member === undefined) {
    const names = genesis.members.map(({ name }) => name).join(', ')
    return fail('identity.name', `genesis of "${genesis.cluster}": expected ${node} among its members, got ${names}`)
  }
  const keys = readOwnKeyHashes(files)
  if (!keys.ok) return keys
  const sameSigning = equalBytes(keys.value.signing, sha384(member.signingKey))
  if (sameSigning && equalBytes(keys.value.tls, member.tlsKeyHash)) return ok(member)
  const which = sameSigning ? 'TLS key' : 'signing key'
  return fail('identity.keys', `genesis of "${genesis.cluster}": expected the ${which} of this ${node}, got another`)
}

export function checkOwnEnrolment(files: ApplianceFiles, genesis: Membership, member: Member): Result<void> {
  const terms = genesis.attestation as AttestationTerms
  const bytes = existsSync(files.enrolment)
    ? readNamedFile(files.enrolment, { what: 'an enrolment', bytesMax: ENROLMENT_BYTES_MAX })
    : fail('enrol.not-installed', `${files.enrolment}: expected the enrolment of this appliance, got no file`)
  if (!bytes.ok) return bytes
  const enrolment = verifyEnrolment(bytes.value, terms, MEANS)
  if (!enrolment.ok) return enrolment
  const own = checkEnrolled(enrolment.value, { name: member.name, keyHash: sha384(member.signingKey) })
  if (!own.ok) return own
  const { hash, pcrs } = enrolment.value.selection
  const wanted = terms.policy.selection
  if (hash === wanted.hash && wanted.pcrs.every((pcr) => pcrs.includes(pcr))) return ok(undefined)
  return fail(
    'genesis.selection',
    `enrolment of ${member.name}: expected registers ${wanted.hash.name}:${wanted.pcrs.join(',')}, as the genesis asks, got ${hash.name}:${pcrs.join(',')}`,
  )
}

/** The copy of the genesis, which is written last, and what comes before it. */
function drawRest(
  { bundle, updateConfiguration }: JoinOptions,
  files: ApplianceFiles,
  genesis: Membership,
  member: Member,
): Result<readonly Task[]> {
  const copy = drawGenesisCopy(join(files.folder, 'genesis.cbor'), genesis)
  if (!copy.ok) return copy
  const journalPath = join(files.folder, 'state', 'journal.sqlite')
  const journal = drawJournal(journalPath, genesis, member.id, copy.value.action === 'keep')
  if (!journal.ok) return journal
  const source = join(bundle, member.name, 'config.toml')
  const bytes = readNamedFile(source, {
    what: 'the configuration of this appliance',
    bytesMax: CONFIGURATION_BYTES_MAX,
  })
  if (!bytes.ok) return bytes
  const text = new TextDecoder().decode(bytes.value)
  const parsed = parseConfiguration(text, source)
  if (!parsed.ok) return parsed
  if (parsed.value.node.name !== member.name) {
    return fail('config.value', `${source}: node.name: expected "${member.name}", got "${parsed.value.node.name}"`)
  }
  const configurationFile = join(files.folder, 'config.toml')
  const places = checkKeyPlaces(text, source, configurationFile)
  if (!places.ok) return places
  const configuration = drawConfiguration(configurationFile, text, updateConfiguration)
  if (!configuration.ok) return configuration
  const state = folderStep(join(files.folder, 'state'), 0o750, 'state folder')
  return ok([copy.value, state, journal.value, configuration.value])
}

/** Whether its keys are where the configuration names them, once it is installed; credentials of systemd nobody sees from here. */
function checkKeyPlaces(text: string, source: string, installed: string): Result<void> {
  const parsed = parseConfiguration(text, installed)
  if (!parsed.ok) return parsed
  for (const key of ['signingKey', 'tlsKey'] as const) {
    const place = parsed.value.node[key]
    if (credentialOf(place) === undefined && !existsSync(place)) {
      return fail(
        'config.keys',
        `${source}: node.${key}: expected where this appliance has its key, got ${place}, where there is none`,
      )
    }
  }
  return ok(undefined)
}
