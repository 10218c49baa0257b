import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { type Membership, membershipHash } from '../consensus/membership.ts'
import { ok, type Result } from '../core/fault.ts'
import { type DecisionLog, openDecisionLog } from '../ledger/decision-log.ts'
import { type EpisodeLog, openEpisodeLog } from '../ledger/episode-log.ts'
import { EVIDENCE_FILE, type EvidenceLog, openEvidenceLog } from '../ledger/evidence-log.ts'
import { openSafetyJournal, type SafetyJournal } from '../ledger/safety-journal.ts'
import { attempt } from '../linux/attempt.ts'
import type { Identity } from './identity.ts'
import { checkJournal } from './journal-check.ts'

/** What an agent keeps on its disk. */
export interface Records {
  readonly journal: SafetyJournal
  readonly log: DecisionLog
  readonly episodes: EpisodeLog
  readonly evidence: EvidenceLog
  close(): void
}

/**
 * Opens the journal, which provisioning has made and whose every record must verify, and the logs of decisions and of evidence. Faults:
 * `state.folder`, `journal.*`, those of the ledger.
 */
export async function openRecords(
  stateDirectory: string,
  membership: Membership,
  identity: Identity,
): Promise<Result<Records>> {
  const expected = `node.stateDirectory ${stateDirectory}: expected a folder that can be written to`
  const folder = attempt('state.folder', expected, () => accessSync(stateDirectory, constants.W_OK | constants.X_OK))
  if (!folder.ok) return folder
  const path = join(stateDirectory, 'journal.sqlite')
  const { member, keyHash } = identity
  const owner = { membershipHash: membershipHash(membership), member: member.id, keyHash }
  const opened = openSafetyJournal(path, owner)
  if (!opened.ok) return opened
  const journal = opened.value
  const genuine = await checkJournal(path, journal.records, { membership, identity })
  const logs = genuine.ok ? openLogs(stateDirectory, membership.epochPeriodNs) : genuine
  if (!logs.ok) {
    journal.close()
    return logs
  }
  const { log, episodes, evidence } = logs.value
  return ok({
    journal,
    log,
    episodes,
    evidence,
    close: () => {
      journal.close()
      log.close()
      episodes.close()
      evidence.close()
    },
  })
}

type Logs = Pick<Records, 'log' | 'episodes' | 'evidence'>

function openLogs(stateDirectory: string, epochPeriodNs: bigint): Result<Logs> {
  const log = openDecisionLog(join(stateDirectory, 'decisions.sqlite'), epochPeriodNs)
  if (!log.ok) return log
  const episodes = openEpisodeLog(join(stateDirectory, 'episodes.sqlite'))
  if (!episodes.ok) {
    log.value.close()
    return episodes
  }
  const evidence = openEvidenceLog(join(stateDirectory, EVIDENCE_FILE))
  if (!evidence.ok) {
    log.value.close()
    episodes.value.close()
    return evidence
  }
  return ok({ log: log.value, episodes: episodes.value, evidence: evidence.value })
}
