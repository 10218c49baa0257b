import { counterIndexOf, defineCounter, incrementCounter, readCounter } from '../../attestation/tpm/nv-counter.ts'
import type { Tpm } from '../../attestation/tpm/tpm.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import type { SafetyJournal } from '../../ledger/safety-journal.ts'

type CountedJournal = Pick<SafetyJournal, 'tpmCount' | 'setTpmCount' | 'refuse'>

/** In the journal while a counter is being made: what it starts from, its TPM alone knows. */
const ABOUT_TO_COUNT = 0

/**
 * Has the TPM count a start or an end, and the journal know it: a counter of a TPM never goes back, a disk may. The journal is
 * written first, so a crash in between leaves it one ahead. Faults: `journal.rolled-back` (the TPM has counted what the
 * journal does not know), which the journal keeps; `journal.counter-lost`; those of the TPM and of the ledger.
 */
export async function countInTpm(
  tpm: Tpm | undefined,
  keyHash: Uint8Array,
  journal: CountedJournal,
): Promise<Result<void>> {
  const known = journal.tpmCount()
  if (tpm === undefined) {
    return known === undefined ? ok(undefined) : lost(known, 'no TPM in [attestation]')
  }
  const index = counterIndexOf(keyHash)
  const read = await readCounter(tpm, index)
  if (!read.ok) return read
  const present = read.value
  if (known === undefined || known === ABOUT_TO_COUNT) return adopt(tpm, index, journal, present)
  if (present === undefined || present < known - 1) return lost(known, present ?? 'no counter of this key')
  if (present > known) return rolledBack(journal, known, present)
  const written = journal.setTpmCount(present + 1)
  return written.ok ? incrementCounter(tpm, index) : written
}

/** The first time: a counter that is there already was made by a start that this journal does not know. */
async function adopt(
  tpm: Tpm,
  index: number,
  journal: CountedJournal,
  present: number | undefined,
): Promise<Result<void>> {
  if (journal.tpmCount() === undefined && present !== undefined) return rolledBack(journal, undefined, present)
  const begun = journal.setTpmCount(ABOUT_TO_COUNT)
  if (!begun.ok) return begun
  const defined = present === undefined ? await defineCounter(tpm, index) : ok(undefined)
  if (!defined.ok) return defined
  const counted = await incrementCounter(tpm, index)
  if (!counted.ok) return counted
  const first = await readCounter(tpm, index)
  return first.ok ? journal.setTpmCount(first.value ?? ABOUT_TO_COUNT) : first
}

function rolledBack(journal: CountedJournal, known: number | undefined, present: number): Result<void> {
  const message = `safety journal: expected the count of the TPM, ${present}, got a journal that knows ${known ?? 'none'}: a backup was restored, or the disk copied; rejoin under a new key`
  const kept = journal.refuse(message)
  return kept.ok ? fail('journal.rolled-back', message) : kept
}

function lost(known: number, got: number | string): Result<never> {
  const message = `safety journal: expected the TPM that has counted its starts to ${known}, got ${got}: bring back that TPM, or rejoin under a new key`
  return fail('journal.counter-lost', message)
}
