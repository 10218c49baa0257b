import type { MonoNs } from '../core/time.ts'
import type { ServedReading } from '../fusion/served-clock.ts'
import type { EpisodeLog } from '../ledger/episode-log.ts'
import { alarm, type Report } from './agent-event.ts'
import {
  type Divergence,
  type FallbackEnd,
  type FallbackEpisode,
  type OpenEpisode,
  openEpisode,
} from './fallback-episode.ts'
import type { FaultLog } from './fault-log.ts'

/** Keeps the record of fallback episodes: on the disk from the first moment, so that no restart loses one. */
export interface EpisodeKeeper {
  isOpen(): boolean
  begin(began: Pick<FallbackEpisode, 'beganTai' | 'reason' | 'lastCertified'>, now: MonoNs): void
  sample(served: ServedReading | undefined, now: MonoNs): void
  end(how: FallbackEnd['how'], divergence: Divergence | undefined, now: MonoNs): void
  /** The newest episodes as plain data, newest first; the open one is the first. */
  newest(): readonly unknown[]
  /** The last divergence since the start. */
  lastDivergence(): Divergence | undefined
}

/** How many a question about them is answered with. */
const TOLD_MAX = 16

export function createEpisodeKeeper(log: EpisodeLog, report: Report, faults: FaultLog): EpisodeKeeper {
  let current: { readonly id: number | undefined; readonly open: OpenEpisode } | undefined
  let lastDivergence: Divergence | undefined
  closeInterrupted(log, faults)

  const keep = (episode: FallbackEpisode): void => {
    if (current?.id === undefined) return
    const kept = log.update(current.id, toText(episode), episode.ended === undefined)
    if (!kept.ok) faults.note('episodes', kept.fault)
  }
  return {
    isOpen: () => current !== undefined,
    lastDivergence: () => lastDivergence,
    begin: (began, now) => {
      if (current !== undefined) return
      const open = openEpisode(began, now)
      const begun = log.begin(toText(open.episode))
      // One that is not kept is still told of while the agent runs.
      if (!begun.ok) faults.note('episodes', begun.fault)
      current = { id: begun.ok ? begun.value : undefined, open }
    },
    sample: (served, now) => {
      if (current?.open.sample(served, now) === true) keep(current.open.episode)
    },
    end: (how, divergence, now) => {
      if (current === undefined) return
      const episode = current.open.end(how, divergence, now)
      keep(episode)
      current = undefined
      if (divergence === undefined) return
      lastDivergence = divergence
      report({ type: 'divergence', durationNs: episode.ended?.durationNs ?? 0n, ...divergence })
      if (divergence.meets) return
      alarm(report, {
        code: 'partition.bound-missed',
        message: `epoch ${divergence.epoch}: expected what was served in fallback to meet the certified interval, got ${divergence.offsetNs} ns between them with bounds of ${divergence.ownBoundNs} and ${divergence.certifiedBoundNs} ns: the own hardware was wrong`,
      })
    },
    newest: () => {
      const found = log.newest(TOLD_MAX)
      if (!found.ok) faults.note('episodes', found.fault)
      return found.ok ? found.value.map(({ id, record }) => ({ id, ...(JSON.parse(record) as object) })) : []
    },
  }
}

/** An episode that was open when the agent ended lasted at least until its last sample; what came then nobody measured. */
function closeInterrupted(log: EpisodeLog, faults: FaultLog): void {
  const found = log.newest(TOLD_MAX)
  if (!found.ok) faults.note('episodes', found.fault)
  for (const { id, open, record } of found.ok ? found.value : []) {
    if (!open) continue
    const episode = JSON.parse(record) as { readonly samples: readonly { readonly sinceNs: string }[] }
    const ended = { durationNs: episode.samples.at(-1)?.sinceNs ?? '0', how: 'restart' }
    const closed = log.update(id, JSON.stringify({ ...episode, ended }), false)
    if (!closed.ok) faults.note('episodes', closed.fault)
  }
}

function toText(episode: FallbackEpisode): string {
  return JSON.stringify(episode, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value))
}
