import { dirname, join } from 'node:path'
import { readNamedFile } from '../../config/read-file.ts'
import { GENESIS_SIGNATURES_BYTES_MAX } from '../../consensus/genesis-signature.ts'
import type { SessionChain } from '../../consensus/session-chain.ts'
import { ok, type Result } from '../../core/fault.ts'
import type { DecisionReader } from '../../ledger/decision-log.ts'
import { RECORDS_FILE, readRecordStore } from '../../ledger/record-store.ts'
import { exportBundle } from './export-bundle.ts'

export interface AgentFiles {
  readonly stateDirectory: string
  /** The genesis file; its signatures lie beside it. */
  readonly genesis: string
}

/** The bundle out of the files of a running or stopped agent. `note` is told what had to be left out. */
export function exportBundleFrom(
  { stateDirectory, genesis }: AgentFiles,
  log: DecisionReader,
  chain: SessionChain,
  epoch: number | undefined,
  note: (sentence: string) => void,
): Result<Uint8Array> {
  const genesisSignatures = readNamedFile(join(dirname(genesis), 'genesis.signatures.cbor'), {
    what: 'the signatures of the genesis by its authorities',
    bytesMax: GENESIS_SIGNATURES_BYTES_MAX,
  })
  if (!genesisSignatures.ok) return genesisSignatures
  const records = readRecordStore(join(stateDirectory, RECORDS_FILE))
  if (!records.ok) return records
  const exported = exportBundle(
    { log, records: records.value, chain, genesisSignatures: genesisSignatures.value },
    epoch,
  )
  records.value.close()
  if (!exported.ok) return exported
  for (const what of exported.value.missing) note(`${what} is not kept here: its node will not count as verified`)
  return ok(exported.value.bytes)
}
