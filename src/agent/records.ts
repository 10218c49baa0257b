import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { ok, type Result } from '../core/fault.ts'
import { type DecisionLog, openDecisionLog } from '../ledger/decision-log.ts'
import { type EpisodeLog, openEpisodeLog } from '../ledger/episode-log.ts'
import { EVIDENCE_FILE, type EvidenceLog, openEvidenceLog } from '../ledger/evidence-log.ts'
import { HEARD_FILE, type HeardLog, openHeardLog } from '../ledger/heard-log.ts'
import { attempt } from '../linux/attempt.ts'

/** What an agent keeps on its disk through all sessions. */
export interface Records {
  readonly log: DecisionLog
  readonly episodes: EpisodeLog
  readonly evidence: EvidenceLog
  readonly heard: HeardLog
  close(): void
}

/** Fault `state.folder`: nothing can be written there. */
export function checkStateFolder(stateDirectory: string): Result<void> {
  const expected = `node.stateDirectory ${stateDirectory}: expected a folder that can be written to`
  return attempt('state.folder', expected, () => accessSync(stateDirectory, constants.W_OK | constants.X_OK))
}

/** Opens the logs of decisions, of episodes, of evidence and of last words. Faults: those of the ledger. */
export function openRecords(stateDirectory: string, epochPeriodNs: bigint): Result<Records> {
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
  const heard = openHeardLog(join(stateDirectory, HEARD_FILE))
  if (!heard.ok) {
    log.value.close()
    episodes.value.close()
    evidence.value.close()
    return heard
  }
  return ok({
    log: log.value,
    episodes: episodes.value,
    evidence: evidence.value,
    heard: heard.value,
    close: () => {
      log.value.close()
      episodes.value.close()
      evidence.value.close()
      heard.value.close()
    },
  })
}
