import { mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import { parseEventLog, replayEventLog } from '../../../src/attestation/event-log.ts'
import { checkQuote } from '../../../src/attestation/quote-check.ts'
import { createAttestationKey } from '../../../src/attestation/tpm/attestation-key.ts'
import { TPM_RH_ENDORSEMENT, TPM_RH_OWNER, withHandle } from '../../../src/attestation/tpm/handles.ts'
import { createPrimary, evictControl } from '../../../src/attestation/tpm/objects.ts'
import { platformDigest } from '../../../src/attestation/tpm/platform-digest.ts'
import { quoteWithValues, readClock } from '../../../src/attestation/tpm/quote.ts'
import { extendRegister } from '../../../src/attestation/tpm/registers.ts'
import { sealUnderRegisters, unsealUnderRegisters } from '../../../src/attestation/tpm/seal.ts'
import { createTpm, type Tpm } from '../../../src/attestation/tpm/tpm.ts'
import { createTpmDevice } from '../../../src/attestation/tpm/tpm-device.ts'
import { verifySignature } from '../../../src/attestation/tpm/verify-signature.ts'
import { SHA256 } from '../../../src/attestation/tpm-algorithm.ts'
import { ATTESTATION_ECDSA_P256, ENDORSEMENT_RSA_2048, STORAGE_P256 } from '../../../src/attestation/tpm-template.ts'
import { mountAll, mountSecurity, powerOff } from './system-calls.ts'
import { unwrap } from './unwrap.ts'

/** The only process of a guest with a TPM: talks to it through the kernel's driver, and reads what its firmware measured. */

const DEVICE = '/dev/tpmrm0'
const LOG = '/sys/kernel/security/tpm0/binary_bios_measurements'
const ENDORSEMENT = 0x8101_0001
const ATTESTATION = 0x8101_0100
const BOOT = { hash: SHA256, pcrs: [0, 1, 2, 3, 4, 5, 6, 7] }
const APPLICATION = { hash: SHA256, pcrs: [12] }
const OBJECTS_MAX = 10

mkdirSync('/tmp', { recursive: true })
mountAll()
const line = openSync('/dev/ttyS1', 'w')
const from = performance.now()
const say = (trial: string, outcome: object): void => {
  writeSync(line, `${JSON.stringify({ trial, atMs: Math.round(performance.now() - from), ...outcome })}\n`)
}

async function tryQuote(tpm: Tpm): Promise<void> {
  const endorsement = createPrimary(tpm, TPM_RH_ENDORSEMENT, ENDORSEMENT_RSA_2048)
  unwrap(await withHandle(tpm, endorsement, (handle) => evictControl(tpm, handle, ENDORSEMENT)))
  const key = unwrap(await createAttestationKey(tpm, ENDORSEMENT, ATTESTATION_ECDSA_P256, ATTESTATION))
  const extraData = new Uint8Array(32).fill(5)
  const shown = unwrap(await quoteWithValues(tpm, ATTESTATION, extraData, BOOT, platformDigest))
  mountSecurity()
  const eventLog = new Uint8Array(readFileSync(LOG))
  const log = unwrap(parseEventLog(eventLog))
  const replayed = unwrap(replayEventLog(log, SHA256, platformDigest))
  const policy = {
    selection: BOOT,
    loggedPcrs: BOOT.pcrs,
    firmwareVersions: [0x2019_1023_0016_3636n],
    unsafeClock: 'refuse',
  } as const
  const expected = { extraData, key, policy, former: undefined }
  const means = { digest: platformDigest, verify: verifySignature }
  const checked = checkQuote({ ...shown, eventLog }, expected, means)
  say('quote', {
    events: log.events.length,
    logBytes: eventLog.length,
    moved: BOOT.pcrs.filter((pcr) => replayed.get(pcr)?.some((byte) => byte !== 0)),
    fault: checked.ok ? null : checked.fault,
  })
}

async function trySeal(tpm: Tpm): Promise<void> {
  const seed = new Uint8Array(32).fill(9)
  const sealed = unwrap(await sealUnderRegisters(tpm, seed, APPLICATION, platformDigest))
  const opened = unwrap(await unsealUnderRegisters(tpm, sealed, APPLICATION))
  unwrap(await extendRegister(tpm, 12, SHA256, seed))
  const refused = await unsealUnderRegisters(tpm, sealed, APPLICATION)
  say('seal', { opened: opened.toHex() === seed.toHex(), refused: refused.ok ? null : refused.fault.message })
}

/** How many objects there is room for in one opened file; then in a second one beside it, which the kernel swaps with. */
async function tryObjects(tpm: Tpm): Promise<void> {
  const beside = createTpm(createTpmDevice(DEVICE))
  const rooms: number[] = []
  const refusals: string[] = []
  for (const opened of [tpm, beside]) {
    let made = 0
    for (; made < OBJECTS_MAX; made++) {
      const object = await createPrimary(opened, TPM_RH_OWNER, STORAGE_P256)
      if (object.ok) continue
      refusals.push(object.fault.message)
      break
    }
    rooms.push(made)
  }
  // What was left behind goes with the file.
  await tpm.close()
  await beside.close()
  const again = await withHandle(tpm, createPrimary(tpm, TPM_RH_OWNER, STORAGE_P256), () => readClock(tpm))
  say('objects', { rooms, refusals, again: again.ok })
}

try {
  const tpm = createTpm(createTpmDevice(DEVICE))
  await tryQuote(tpm)
  await trySeal(tpm)
  await tryObjects(tpm)
} catch (error) {
  say('failed', { reason: error instanceof Error ? (error.stack ?? error.message) : String(error) })
}
powerOff()
