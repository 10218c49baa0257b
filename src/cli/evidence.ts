import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import { describeEvidence } from '../agent/witness.ts'
import { readGenesis } from '../config/genesis.ts'
import { readConfiguration } from '../config/parse.ts'
import { readNamedFile } from '../config/read-file.ts'
import { EVIDENCE_BYTES_MAX, evidenceCodec, evidenceEntry } from '../consensus/evidence.ts'
import { verifyEvidence } from '../consensus/evidence-check.ts'
import { type Membership, membershipHash } from '../consensus/membership.ts'
import { equalBytes, toHex } from '../core/bytes.ts'
import { decode } from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { selectMlDsa } from '../crypto/select.ts'
import { EVIDENCE_FILE, readEvidenceLog, type StoredEvidence } from '../ledger/evidence-log.ts'
import { attempt } from '../linux/attempt.ts'

import { printJson, printLine, reportFault } from './terminal.ts'

/** `evidence list | export | verify`: proofs that an appliance has lied. */
export function addEvidenceVerbs(program: Command): void {
  const evidence = program.command('evidence').description('List, export and verify proofs that an appliance has lied')
  evidence
    .command('list')
    .description('Proofs that this appliance keeps, oldest first')
    .requiredOption('--config <file>', "the appliance's configuration")
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  quorumtime evidence list --config /etc/quorumtime/config.toml')
    .action(({ config, json }: { config: string; json?: boolean }) => finish(list(config, json === true)))
  evidence
    .command('export <digest>')
    .description(
      'Write one proof to a file that convinces anybody who has the genesis; the first digits of its digest do',
    )
    .requiredOption('--config <file>', "the appliance's configuration")
    .requiredOption('--out <file>', 'where to write it; an existing file is not overwritten')
    .option('--json', 'one JSON object')
    .addHelpText(
      'after',
      '\nExample:\n  quorumtime evidence export 3f9a --config /etc/quorumtime/config.toml --out ts2-lied.qte',
    )
    .action((digest: string, options: { config: string; out: string; json?: boolean }) =>
      finish(exportOne(digest, options)),
    )
  evidence
    .command('verify <file>')
    .description('Verify a proof offline, with nothing but the genesis file')
    .requiredOption('--genesis <file>', 'genesis file of the cluster, from a source you trust')
    .option('--json', 'one JSON object')
    .addHelpText('after', '\nExample:\n  quorumtime evidence verify ts2-lied.qte --genesis genesis.cbor')
    .action(async (file: string, { genesis, json }: { genesis: string; json?: boolean }) =>
      finish(await verify(file, genesis, json === true)),
    )
}

function finish(result: Result<void>): void {
  if (!result.ok) reportFault(result.fault)
}

/** What this appliance keeps under its present membership. */
function kept(config: string): Result<{ readonly membership: Membership; readonly all: readonly StoredEvidence[] }> {
  const configuration = readConfiguration(config)
  if (!configuration.ok) return configuration
  const { genesis, stateDirectory } = configuration.value.node
  const membership = readGenesis(genesis)
  if (!membership.ok) return membership
  const log = readEvidenceLog(join(stateDirectory, EVIDENCE_FILE))
  if (!log.ok) return log
  const all = log.value.all()
  log.value.close()
  if (!all.ok) return all
  const hash = membershipHash(membership.value)
  const own = all.value.filter((stored) => equalBytes(stored.membershipHash, hash))
  return ok({ membership: membership.value, all: own })
}

function list(config: string, json: boolean): Result<void> {
  const found = kept(config)
  if (!found.ok) return found
  const { membership, all } = found.value
  if (json) printJson({ type: 'evidence', evidence: all.map((stored) => plain(stored, membership)) })
  else if (all.length === 0) printLine('no evidence')
  for (const stored of json ? [] : all) {
    const what = describeEvidence(stored, membership)
    printLine(`${toHex(stored.digest.subarray(0, 6))}  ${what}, seen after epoch ${stored.seenAfterEpoch}`)
  }
  return ok(undefined)
}

function plain({ seenAfterEpoch, bytes, ...entry }: StoredEvidence, membership: Membership): object {
  const { digest, member, kind, number } = entry
  const name = membership.members[member]?.name
  return { digest, member, name, kind, number, seenAfterEpoch, bytes: bytes.length }
}

function exportOne(
  digits: string,
  { config, out, json }: { config: string; out: string; json?: boolean },
): Result<void> {
  const found = kept(config)
  if (!found.ok) return found
  const named = found.value.all.filter(({ digest }) => toHex(digest).startsWith(digits.toLowerCase()))
  const [stored] = named
  if (stored === undefined || named.length > 1) {
    const got = stored === undefined ? 'none' : `${named.length} of them`
    return fail('evidence.digest', `${digits}: expected the first digits of one digest that is kept here, got ${got}`)
  }
  const written = attempt('export.write', `${out}: expected to write a new file`, () =>
    writeFileSync(out, stored.bytes, { flag: 'wx' }),
  )
  if (!written.ok) return written
  if (json === true) printJson({ type: 'evidence', file: out, ...plain(stored, found.value.membership) })
  else printLine(`${out}: ${stored.bytes.length} bytes`)
  return ok(undefined)
}

async function verify(file: string, genesisFile: string, json: boolean): Promise<Result<void>> {
  const genesis = readGenesis(genesisFile)
  if (!genesis.ok) return genesis
  const bytes = readNamedFile(file, { what: 'a proof of a lie', bytesMax: EVIDENCE_BYTES_MAX })
  if (!bytes.ok) return bytes
  const evidence = decode(evidenceCodec, bytes.value, 'evidence')
  const verified = evidence.ok
    ? await verifyEvidence(evidence.value, genesis.value, selectMlDsa().verifier.verify)
    : evidence
  if (!evidence.ok) return fail(evidence.fault.code, `${file}: ${evidence.fault.message}`)
  if (!verified.ok) return fail(verified.fault.code, `${file}: ${verified.fault.message}`)
  const entry = evidenceEntry(evidence.value)
  const name = genesis.value.members[entry.member]?.name
  if (json) printJson({ type: 'evidence', verified: true, cluster: genesis.value.cluster, name, ...entry })
  else printLine(`${genesis.value.cluster}: proven: ${describeEvidence(entry, genesis.value)}`)
  return ok(undefined)
}
