import type { InventoryItem } from '../../attestation/inventory.ts'
import type { NamedCertificate } from '../../attestation/record.ts'
import type { AttestationConfiguration } from '../../config/attestation.ts'
import { equalBytes } from '../../core/bytes.ts'
import { type Fault, ok, type Result } from '../../core/fault.ts'
import { backoffMs } from '../../device/backoff.ts'
import { enrolmentFiles } from './own-enrolment.ts'
import type { CountedTpm } from './provider.ts'
import { attestedRecord, type OwnRecord, type Said, unattestedRecord } from './record-maker.ts'

/**
 * Makes the record of this appliance: at its start and that of each session, every few minutes, when its parts have changed, and as
 * soon as there is a certificate that dates it. Nothing waits for it: what a TPM takes, or does not answer, no epoch notices.
 */
export interface Attestor {
  /** A session begins in which this appliance is this member: what it has shown as another counts no more. */
  prepare(subject: Attested): void
  /** Records are made from now on, and shown. */
  enter(subject: AttestedSubject): void
  /** A certificate has been made: the first one dates the record. */
  certified(): void
  /** The newest record that is shown; undefined before there is one. */
  shown(): OwnRecord | undefined
  describe(): object
  close(): Promise<void>
}

type Attested = Pick<Said, 'cluster' | 'member' | 'name' | 'keyHash'>

/** Whose record it is, and where it goes. */
export interface AttestedSubject extends Attested {
  /** The newest that can date a record. */
  newestCertificate(): NamedCertificate | undefined
  /** Keeps a record and shows it to the others; it is this appliance's own from then on. */
  publish(record: OwnRecord): Promise<Result<void>>
}

export interface AttestorOptions {
  readonly attestation: AttestationConfiguration | undefined
  readonly tpm: CountedTpm | undefined
  readonly bootId: Uint8Array
  readonly configurationDigest: Uint8Array | undefined
  softwareDigest(): Uint8Array | undefined
  inventory(): readonly InventoryItem[]
  /** Finds out, once, what runs here on what. */
  ready(): Promise<void>
  random(): number
  note(fault: Fault): void
}

interface Making {
  readonly options: AttestorOptions
  readonly refreshMs: number
  subject: AttestedSubject | undefined
  shown: OwnRecord | undefined
  failure: Fault | undefined
  failures: number
  isMaking: boolean
  /** Something has changed while a record was being made. */
  isWantedAgain: boolean
  /** A record names a certificate that was made since the session began. */
  isDated: boolean
  isClosed: boolean
  madeAtMs: number
  recordsMade: number
  /** TPM commands while no record was being made: there are none. */
  commandsOutside: number
  commandsAfter: number
  timer: NodeJS.Timeout | undefined
}

const KEY_HANDLE_DEFAULT = 0x8101_0017
const REFRESH_MINUTES_DEFAULT = 10
/** A TPM that has not answered by then is not waited for before others are shown a record without its word. */
const UNATTESTED_AFTER_MS = 5_000
/** How often the parts are looked at, and how far apart records for new ones are at least. */
const LOOK_MS = 5_000
const INVENTORY_MS_MIN = 60_000
/** After a failure it is tried again within 250 ms to 10 s, so often, and then once in this time. */
const QUICK_ATTEMPTS = 6
const SLOW_MS = 60_000
/** So that the TPMs of a cluster that was started at once are not all asked at once. */
const JITTER = 0.1

export function createAttestor(options: AttestorOptions): Attestor {
  const { attestation, tpm } = options
  const making: Making = {
    options,
    refreshMs: (attestation?.refreshMinutes ?? REFRESH_MINUTES_DEFAULT) * 60_000,
    subject: undefined,
    shown: undefined,
    failure: undefined,
    failures: 0,
    isMaking: false,
    isWantedAgain: false,
    isDated: false,
    isClosed: false,
    madeAtMs: 0,
    recordsMade: 0,
    commandsOutside: 0,
    commandsAfter: 0,
    timer: undefined,
  }
  const look = setInterval(() => lookAtParts(making), LOOK_MS)
  look.unref()
  return {
    prepare: (subject) => {
      making.subject = undefined
      if (!isOf(making.shown, subject)) making.shown = undefined
    },
    enter: (subject) => {
      making.subject = subject
      // Whoever joins in this session has no certificate of the one before.
      making.isDated = false
      refresh(making)
    },
    certified: () => {
      if (making.isDated || making.subject?.newestCertificate() === undefined) return
      making.isDated = true
      refresh(making)
    },
    shown: () => making.shown,
    describe: () => describe(making),
    close: async () => {
      making.isClosed = true
      clearTimeout(making.timer)
      clearInterval(look)
      await tpm?.giveUp()
    },
  }
}

function refresh(making: Making): void {
  const { subject, isClosed, isMaking } = making
  if (isClosed || subject === undefined) return
  making.isWantedAgain = isMaking
  if (isMaking) return
  making.isMaking = true
  clearTimeout(making.timer)
  makeFor(making, subject)
    .then((made) => {
      making.isMaking = false
      making.failures = made.ok ? 0 : making.failures + 1
      making.failure = made.ok ? undefined : made.fault
      if (making.isClosed) return
      if (!made.ok) making.options.note(made.fault)
      if (making.isWantedAgain) refresh(making)
      else making.timer = setTimeout(() => refresh(making), nextInMs(making))
    })
    .catch(die)
}

function nextInMs({ failures, refreshMs, options: { random } }: Making): number {
  if (failures === 0) return refreshMs * (1 - JITTER * random())
  return failures > QUICK_ATTEMPTS ? Math.min(SLOW_MS, refreshMs) : backoffMs(failures - 1, random())
}

async function makeFor(making: Making, subject: AttestedSubject): Promise<Result<void>> {
  const { attestation, tpm, note } = making.options
  await making.options.ready()
  const publish = async (record: OwnRecord): Promise<Result<void>> => {
    if (making.isClosed || subject !== making.subject) return ok(undefined)
    const published = await subject.publish(record)
    if (!published.ok) return published
    making.shown = record
    making.recordsMade += 1
    making.madeAtMs = performance.now()
    return published
  }
  // What has changed until now is in this one.
  making.isWantedAgain = making.subject !== subject
  const said = saidOf(making.options, subject)
  if (attestation === undefined || tpm === undefined) return publish(unattestedRecord(said))
  // What can be said without a TPM is said, so that nobody hides behind one that is silent.
  const withoutIt = async (): Promise<void> => {
    const published = making.shown === undefined ? await publish(unattestedRecord(said)) : ok(undefined)
    if (!published.ok) note(published.fault)
  }
  const impatience = setTimeout(() => {
    withoutIt().catch(die)
  }, UNATTESTED_AFTER_MS)
  const { eventLog, keyHandle = KEY_HANDLE_DEFAULT } = attestation
  const enrolments = enrolmentFiles(attestation)
  making.commandsOutside += tpm.commands() - making.commandsAfter
  const made = await attestedRecord(said, { tpm, keyHandle, enrolments, eventLog }, note)
  clearTimeout(impatience)
  // A software TPM serves one connection, and whoever seals keys or looks after it wants to get at it.
  await tpm.close()
  making.commandsAfter = tpm.commands()
  if (made.ok) return publish(made.value)
  await withoutIt()
  return made
}

function saidOf(
  options: AttestorOptions,
  { cluster, member, name, keyHash, newestCertificate }: AttestedSubject,
): Said {
  const { bootId, configurationDigest } = options
  return {
    cluster,
    member,
    name,
    keyHash,
    certificate: newestCertificate(),
    bootId,
    softwareDigest: options.softwareDigest(),
    configurationDigest,
    inventory: options.inventory(),
  }
}

function lookAtParts(making: Making): void {
  const { shown, isMaking, failures, madeAtMs, options } = making
  if (shown === undefined || isMaking || failures > 0 || performance.now() - madeAtMs < INVENTORY_MS_MIN) return
  if (JSON.stringify(options.inventory()) !== JSON.stringify(shown.statement.inventory)) refresh(making)
}

function isOf(shown: OwnRecord | undefined, { cluster, member, name, keyHash }: Attested): boolean {
  if (shown === undefined) return false
  const { statement } = shown
  const isSame = statement.cluster === cluster && statement.member === member && statement.name === name
  return isSame && equalBytes(statement.keyHash, keyHash)
}

function describe({ options, shown, madeAtMs, failure, recordsMade, commandsOutside }: Making): object {
  const { attestation, tpm } = options
  return {
    provider: attestation?.provider ?? 'none',
    shownProvider: shown?.statement.provider ?? null,
    digest: shown?.digest.toHex() ?? null,
    ageMs: shown === undefined ? null : Math.round(performance.now() - madeAtMs),
    failure: failure ?? null,
    recordsMade,
    tpmCommands: tpm?.commands() ?? 0,
    tpmCommandsOutside: commandsOutside,
    softwareDigest: options.softwareDigest()?.toHex() ?? null,
  }
}

/** A rejection is a broken invariant: it ends the process, as it would have done outside of a promise. */
function die(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}
