import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { readSessions } from '../agent/session-file.ts'
import { decodeBundle } from '../bundle/bundle.ts'
import { readGenesis } from '../config/genesis.ts'
import { readLeapTable } from '../config/leap-seconds.ts'
import { readConfiguration } from '../config/parse.ts'
import { readNamedFile } from '../config/read-file.ts'
import { type Block, blockCodec } from '../consensus/block.ts'
import { certificateCodec, verifyCertificate } from '../consensus/certificate.ts'
import { chainedCertificateCodec, verifyChainedCertificate } from '../consensus/chained-certificate.ts'
import type { Membership } from '../consensus/membership.ts'
import { proofBundleCodec, verifyProof } from '../consensus/proof.ts'
import type { Verify } from '../consensus/quorum-certificate.ts'
import { epochMarkTai } from '../consensus/replica/epoch-schedule.ts'
import { decode } from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { sha384 } from '../core/hash.ts'
import { selectMlDsa } from '../crypto/select.ts'
import { readDecisionLog } from '../ledger/decision-log.ts'
import { exportCertificate, exportProof } from '../ledger/export.ts'
import { attempt } from '../linux/attempt.ts'
import { bundleJson, describeBundleLines } from './bundle/describe-bundle.ts'
import { exportBundleFrom } from './bundle/export-command.ts'
import { exitCodeOf, verifyBundleWith } from './bundle/verify-command.ts'
import { describeBlock, formatDurationNs, formatInstant } from './present.ts'
import { printJson, printLine, printNote, reportFault } from './terminal.ts'

/** `certificate show | export | verify`: what the cluster leaves behind for strangers. */
export function addCertificateVerbs(program: Command): void {
  const certificate = program
    .command('certificate')
    .description('Show, export and verify certificates and proof bundles')
  certificate
    .command('show <file>')
    .description('Print what a certificate or proof bundle says, without believing it')
    .requiredOption('--genesis <file>', 'genesis file of the cluster, for names and dates')
    .option('--json', 'one JSON object')
    .action((file: string, options: { genesis: string; json?: boolean }) =>
      finish(show(file, options.genesis, options.json === true)),
    )
  certificate
    .command('export')
    .description(
      "Write a certificate, or a proof bundle for one whose signatures are no longer kept, from this appliance's log",
    )
    .requiredOption('--config <file>', "the appliance's configuration")
    .requiredOption('--out <file>', 'where to write it; an existing file is not overwritten')
    .option('--epoch <number>', 'which epoch; absent: the newest certified one')
    .option('--proof', 'a proof bundle: block, path in the log, and a later certificate')
    .option(
      '--bundle',
      'an evidence bundle: with it who has the public key of an authority alone can verify everything',
    )
    .option('--json', 'one JSON object')
    .action((options: ExportOptions) => finish(exportFrom(options)))
  certificate
    .command('verify <file>')
    .description(
      'Verify a certificate or proof bundle offline, with nothing but the genesis file; or an evidence bundle, with nothing but the public key of an authority',
    )
    .option('--genesis <file>', 'genesis file of the cluster, from a source you trust')
    .option('--authority <file...>', 'public keys of authorities, from a source you trust, for an evidence bundle')
    .option('--json', 'one JSON object')
    .addHelpText('after', VERIFY_HELP)
    .action(async (file: string, options: VerifyOptions) => finish(await verify(file, options)))
}

const VERIFY_HELP = `
Ends with 0 when everything verifies, with 1 when anything does not, and with 3 when an evidence bundle holds and not every attestation
record in it is verified.

Examples:
  quorumtime certificate verify epoch-1042.qtc --genesis genesis.cbor
  quorumtime certificate verify epoch-1042.qtb --authority authority.pub`

interface VerifyOptions {
  readonly genesis?: string
  readonly authority?: readonly string[]
  readonly json?: boolean
}

interface ExportOptions {
  readonly config: string
  readonly out: string
  readonly epoch?: string
  readonly proof?: boolean
  readonly bundle?: boolean
  readonly json?: boolean
}

function finish(result: Result<void>): void {
  if (!result.ok) reportFault(result.fault)
}

const FILE_WANTED = { what: 'a certificate or proof bundle', bytesMax: 67_108_864 }

type Kind = 'certificate' | 'chained' | 'proof' | 'bundle'

/** Which of the four it says it is, in its first bytes; a certificate when none. */
function kindOf(bytes: Uint8Array): Kind {
  const beginning = new TextDecoder('latin1').decode(bytes.subarray(0, 32))
  if (beginning.includes('quorumtime-proof-')) return 'proof'
  if (beginning.includes('quorumtime-bundle-')) return 'bundle'
  return beginning.includes('quorumtime-chained-') ? 'chained' : 'certificate'
}

/** The block in a certificate or proof bundle, unverified. */
function readBlock(kind: Kind, bytes: Uint8Array): Result<{ block: Block; hash: Uint8Array }> {
  if (kind === 'bundle') {
    const bundle = decodeBundle(bytes)
    return bundle.ok ? readBlock('certificate', bundle.value.certificate) : bundle
  }
  if (kind === 'chained') {
    const chained = decode(chainedCertificateCodec, bytes, kind)
    return chained.ok ? readBlock('certificate', chained.value.certificate) : chained
  }
  const file = kind === 'proof' ? decode(proofBundleCodec, bytes, kind) : decode(certificateCodec, bytes, kind)
  if (!file.ok) return file
  const block = decode(blockCodec, file.value.block, `${kind}.block`)
  return block.ok ? ok({ block: block.value, hash: sha384(file.value.block) }) : block
}

function show(file: string, genesisFile: string, json: boolean): Result<void> {
  const genesis = readGenesis(genesisFile)
  if (!genesis.ok) return genesis
  const bytes = readNamedFile(file, FILE_WANTED)
  if (!bytes.ok) return bytes
  const kind = kindOf(bytes.value)
  const read = readBlock(kind, bytes.value)
  if (!read.ok) return fail(read.fault.code, `${file}: ${read.fault.message}`)
  const { block, hash } = read.value
  if (json) printJson({ type: kind, verified: false, ...describeBlock(block, hash, genesis.value) })
  else printBlock(`${kind}, not verified`, block, genesis.value)
  return ok(undefined)
}

async function verify(file: string, { genesis: genesisFile, authority, json }: VerifyOptions): Promise<Result<void>> {
  const bytes =
    genesisFile === undefined || authority === undefined
      ? readNamedFile(file, FILE_WANTED)
      : fail('certificate.trust', '--genesis, --authority: expected one of them, got both')
  if (!bytes.ok) return bytes
  const kind = kindOf(bytes.value)
  if (kind === 'bundle') return showVerifiedBundle(file, bytes.value, authority ?? [], json === true)
  if (genesisFile === undefined) {
    return fail('certificate.trust', `${file}: expected --genesis with the genesis file of its cluster, got none`)
  }
  const genesis = readGenesis(genesisFile)
  if (!genesis.ok) return genesis
  const { verifier } = selectMlDsa()
  const verified = await verifyFile(kind, bytes.value, genesis.value, verifier.verify)
  if (!verified.ok) return fail(verified.fault.code, `${file}: ${verified.fault.message}`)
  showVerified(kind, verified.value, json === true)
  return ok(undefined)
}

function showVerified(kind: Kind, verified: VerifiedFile, json: boolean): void {
  const { block, blockHash, signers, membership, signingMembership } = verified
  if (json) {
    printJson({ type: kind, verified: true, signers, ...describeBlock(block, blockHash, membership) })
    return
  }
  printBlock('verified', block, membership)
  const names = signers.map((id) => signingMembership.members[id]?.name ?? id).join(', ')
  printLine(`signed by ${signers.length} of ${signingMembership.members.length}: ${names}`)
}

async function showVerifiedBundle(
  file: string,
  bytes: Uint8Array,
  authorities: readonly string[],
  json: boolean,
): Promise<Result<void>> {
  const verified = await verifyBundleWith(bytes, authorities)
  if (!verified.ok) return fail(verified.fault.code, `${file}: ${verified.fault.message}`)
  const { block, blockHash, signers, session } = verified.value
  const { membership } = session
  if (json) {
    const told = describeBlock(block, blockHash, membership)
    printJson({ type: 'bundle', verified: true, signers, ...told, ...bundleJson(verified.value) })
  } else {
    showVerified('bundle', { block, blockHash, signers, membership, signingMembership: membership }, false)
    for (const line of describeBundleLines(verified.value)) printLine(line)
  }
  process.exitCode = exitCodeOf(verified.value)
  return ok(undefined)
}

interface VerifiedFile {
  readonly block: Block
  readonly blockHash: Uint8Array
  readonly signers: readonly number[]
  /** The membership of the block, and the one whose members have signed. */
  readonly membership: Membership
  readonly signingMembership: Membership
}

async function verifyFile(
  kind: Exclude<Kind, 'bundle'>,
  bytes: Uint8Array,
  genesis: Membership,
  verifySignature: Verify,
): Promise<Result<VerifiedFile>> {
  if (kind === 'proof') {
    const proof = await verifyProof(bytes, genesis, verifySignature)
    if (!proof.ok) return proof
    const { block, blockHash, session, anchor } = proof.value
    const { signers } = anchor
    return ok({
      block,
      blockHash,
      signers,
      membership: session.membership,
      signingMembership: anchor.session.membership,
    })
  }
  if (kind === 'chained') {
    const chained = await verifyChainedCertificate(bytes, genesis, verifySignature)
    if (!chained.ok) return chained
    const { membership } = chained.value.session
    return ok({ ...chained.value, membership, signingMembership: membership })
  }
  const verified = await verifyCertificate(bytes, genesis, verifySignature)
  return verified.ok ? ok({ ...verified.value, membership: genesis, signingMembership: genesis }) : verified
}

function printBlock(what: string, block: Block, membership: Membership): void {
  const table = readLeapTable(undefined)
  const mark = epochMarkTai(membership, block.epoch)
  const { outcome } = block
  printLine(
    `${membership.cluster}, epoch ${block.epoch} (${table.ok ? formatInstant(mark, table.value) : mark}): ${what}`,
  )
  printLine(
    `grade ${outcome.grade}, precision ${outcome.precisionNs === undefined ? 'unknown' : formatDurationNs(outcome.precisionNs)}`,
  )
  for (const { member, region, verdict } of outcome.frames) {
    const name = membership.members[member]?.name ?? `member ${member}`
    const bound =
      region === undefined ? 'no certified time' : `± ${formatDurationNs((region.hi - region.lo + 1n) / 2n)}`
    const attested = outcome.attestation.find((each) => each.member === member)
    const record = membership.attestation === undefined || attested === undefined ? '' : `, record ${attested.verdict}`
    printLine(`  ${name}: ${bound}, hardware ${verdict}${record}`)
  }
}

function exportFrom({ config, out, epoch, proof, bundle, json }: ExportOptions): Result<void> {
  if (proof === true && bundle === true) return fail('export.kind', '--proof, --bundle: expected one of them, got both')
  const configuration = readConfiguration(config)
  if (!configuration.ok) return configuration
  const genesis = readGenesis(configuration.value.node.genesis)
  if (!genesis.ok) return genesis
  if (epoch !== undefined && !/^\d{1,15}$/.test(epoch))
    return fail('export.epoch', `--epoch: expected a number, got "${epoch}"`)
  const log = readDecisionLog(join(configuration.value.node.stateDirectory, 'decisions.sqlite'))
  if (!log.ok) return log
  const wanted = epoch === undefined ? undefined : Number(epoch)
  const chain = readSessions(configuration.value.node.stateDirectory, genesis.value)
  if (!chain.ok) {
    log.value.close()
    return chain
  }
  const kind = bundle === true ? 'bundle' : proof === true ? 'proof' : 'certificate'
  const bytes = {
    bundle: () => exportBundleFrom(configuration.value.node, log.value, chain.value, wanted, printNote),
    proof: () => exportProof(log.value, chain.value, wanted),
    certificate: () => exportCertificate(log.value, chain.value, wanted),
  }[kind]()
  log.value.close()
  if (!bytes.ok) return bytes
  const written = attempt('export.write', `${out}: expected to write a new file`, () =>
    writeFileSync(out, bytes.value, { flag: 'wx' }),
  )
  if (!written.ok) return written
  const { length } = bytes.value
  if (json === true) printJson({ type: kind, file: out, bytes: length })
  else printLine(`${out}: ${length} bytes`)
  return ok(undefined)
}
