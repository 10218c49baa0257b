import { join } from 'node:path'
import type { Configuration } from '../../config/schema.ts'
import { type Fault, ok, type Result } from '../../core/fault.ts'
import { openRecordStore, RECORDS_FILE } from '../../ledger/record-store.ts'
import type { Report } from '../agent-event.ts'
import type { Appliance } from '../appliance.ts'
import { createFaultLog } from '../fault-log.ts'
import type { Keys } from '../keys/load-keys.ts'
import { createAttestor } from './attestor.ts'
import { readBootId } from './boot-id.ts'
import { type HostParts, readHostParts } from './host-parts.ts'
import { inventoryOf } from './inventory.ts'
import { manifestDigest, readManifest } from './manifest.ts'
import { findUnenrolled } from './own-enrolment.ts'
import { openProvider } from './provider.ts'
import { openKnownNodes } from './record-judge.ts'
import { createSessionAttestation, type SessionAttestation, type SessionPorts } from './session-attestation.ts'

/** What vouches for this appliance, and what it makes of the others: through all sessions. */
export interface Attestation {
  /** Of the session that begins; the one before it is over by then. */
  enter(ports: SessionPorts): SessionAttestation
  /** The digest under what is signed until another is shown. */
  digest(): Uint8Array | undefined
  /** The own part of `status` and `attestation`. */
  describe(): object
  close(): Promise<void>
}

export interface AttestationParts {
  readonly configuration: Configuration
  readonly keys: Keys
  /** SHA-384 of the configuration file as it was read; undefined where there is none. */
  readonly configurationDigest?: Uint8Array | undefined
  readonly appliance: Pick<Appliance, 'reports'>
  readonly report: Report
  random(): number
}

/**
 * Opens the records, and begins to find out what runs here on what; a TPM is not asked yet, and one that is absent is no
 * fault. Faults: those of the ledger, `attestation.known-node`, `attestation.enrolment`.
 */
export function openAttestation(parts: AttestationParts): Result<Attestation> {
  const { configuration, appliance, report, random } = parts
  const { attestation, node } = configuration
  const faults = createFaultLog(report)
  const note = (fault: Fault): void => faults.note('attestation', fault)
  const unenrolled = findUnenrolled(attestation, parts.keys)
  if (!unenrolled.ok) return unenrolled
  for (const fault of unenrolled.value) note(fault)
  const store = openRecordStore(join(node.stateDirectory, RECORDS_FILE))
  if (!store.ok) return store
  const known = openKnownNodes(store.value, note)
  if (!known.ok) {
    store.value.close()
    return known
  }
  const bootId = readBootId()
  if (!bootId.ok) note(bootId.fault)
  const found = findOut(note)
  const inventory = (): ReturnType<typeof inventoryOf> => inventoryOf(appliance.reports(), found.host())
  const attestor = createAttestor({
    attestation,
    tpm: openProvider(attestation),
    bootId: bootId.ok ? bootId.value : new Uint8Array(16),
    configurationDigest: parts.configurationDigest,
    softwareDigest: found.softwareDigest,
    inventory,
    ready: found.ready,
    random,
    note,
  })
  return ok({
    enter: (ports) => {
      // Where nobody asks for a record and nothing vouches for one, none is made.
      const isMade = attestation?.provider === 'tpm2' || ports.membership.attestation !== undefined
      return createSessionAttestation({ attestor, store: store.value, known: known.value, isMade }, ports)
    },
    digest: () => attestor.shown()?.digest,
    describe: () => ({ ...attestor.describe(), inventory: inventory() }),
    close: async () => {
      await attestor.close()
      store.value.close()
    },
  })
}

/** What takes a while, once, and only where a record is made: nobody waits for it but the first one. */
function findOut(note: (fault: Fault) => void): {
  host(): HostParts | undefined
  softwareDigest(): Uint8Array | undefined
  ready(): Promise<void>
} {
  let host: HostParts | undefined
  let softwareDigest: Uint8Array | undefined
  const find = async (): Promise<void> => {
    const [manifest, parts] = await Promise.all([readManifest(), readHostParts()])
    if (manifest.ok) softwareDigest = manifestDigest(manifest.value)
    else note(manifest.fault)
    if (parts.ok) host = parts.value
    else note(parts.fault)
  }
  let finding: Promise<void> | undefined
  const ready = (): Promise<void> => {
    finding ??= find()
    return finding
  }
  return { host: () => host, softwareDigest: () => softwareDigest, ready }
}
