import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { verifier } from '../../agent/orders/order-file.ts'
import { readSessions, sessionFileCodec } from '../../agent/session-file.ts'
import { readGenesis } from '../../config/genesis.ts'
import { readConfiguration } from '../../config/parse.ts'
import { readNamedFile } from '../../config/read-file.ts'
import { GENESIS_SIGNATURES_BYTES_MAX } from '../../consensus/genesis-signature.ts'
import { membershipCodec, membershipHash } from '../../consensus/membership.ts'
import { verifySessionChain } from '../../consensus/session-chain.ts'
import { equalBytes, toHex } from '../../core/bytes.ts'
import { encode, shortHex } from '../../core/encoding.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { attempt } from '../../linux/attempt.ts'
import { printJson, printLine } from '../terminal.ts'

export interface ExportOptions {
  readonly config: string
  readonly out: string
  readonly json?: boolean
}

/**
 * Writes down what leads to the present membership of this appliance: the genesis, its authorities' signatures where there are
 * some, and the steps since. Nothing of it is secret. Over sessions that are older, never over another genesis. Faults: those of
 * all that is read, `export.genesis`, `export.write`.
 */
export async function exportMembership({ config, out, json }: ExportOptions): Promise<Result<void>> {
  const configuration = readConfiguration(config)
  if (!configuration.ok) return configuration
  const { genesis, stateDirectory } = configuration.value.node
  const first = readGenesis(genesis)
  if (!first.ok) return first
  const chain = readSessions(stateDirectory, first.value)
  if (!chain.ok) return chain
  const genuine = await verifySessionChain(first.value, chain.value.steps, verifier())
  if (!genuine.ok) return genuine
  const other = otherGenesis(join(out, 'genesis.cbor'), membershipHash(first.value))
  if (!other.ok) return other
  const signatures = readSignatures(join(dirname(genesis), 'genesis.signatures.cbor'))
  if (!signatures.ok) return signatures
  const files: readonly (readonly [string, Uint8Array | undefined])[] = [
    ['genesis.cbor', encode(membershipCodec, first.value)],
    ['genesis.signatures.cbor', signatures.value],
    ['sessions.cbor', encode(sessionFileCodec, { format: 'quorumtime-sessions-1', steps: chain.value.steps })],
  ]
  const written = attempt('export.write', `${out}: expected to write the membership here`, () => {
    mkdirSync(out, { recursive: true })
    for (const [name, bytes] of files) if (bytes !== undefined) writeFileSync(join(out, name), bytes)
  })
  if (!written.ok) return written
  const { membership, hash } = chain.value.present
  const { cluster, session, members } = membership
  const names = members.map(({ name }) => name)
  if (json === true) printJson({ type: 'membership', out, cluster, session, membership: toHex(hash), members: names })
  else printLine(`${out}: ${cluster} in session ${session}, membership ${shortHex(hash)}…: ${names.join(', ')}`)
  return ok(undefined)
}

function otherGenesis(path: string, hash: Uint8Array): Result<void> {
  if (!existsSync(path)) return ok(undefined)
  const there = readGenesis(path)
  if (there.ok && equalBytes(membershipHash(there.value), hash)) return ok(undefined)
  return fail('export.genesis', `${path}: expected nothing, or the genesis of this cluster, got another file`)
}

function readSignatures(path: string): Result<Uint8Array | undefined> {
  if (!existsSync(path)) return ok(undefined)
  return readNamedFile(path, { what: 'the signatures of a genesis', bytesMax: GENESIS_SIGNATURES_BYTES_MAX })
}
