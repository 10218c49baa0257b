import type { MonoNs } from '../../src/core/time.ts'
import { type AntennaPosition, createAntennaWatch } from './antenna-watch.ts'
import { createDetector, type DetectorState } from './detector.ts'
import { createFrontEndWatch } from './front-end-watch.ts'
import { createSignalUniformity } from './signal-uniformity.ts'

/**
 * Whether a receiver of satellites may be believed, by what it says and shows beside the time. Alarms: `gnss.jammed`,
 * `gnss.spoofing-indicated`, `gnss.jamming-unwatched`, `gnss.spoofing-unwatched`, `gnss.interference`,
 * `gnss.uniform-signal`, `gnss.antenna-moved`.
 */
export interface Integrity {
  noteJamming(told: string, state: number, at: MonoNs): void
  noteSpoofing(told: string, state: number, at: MonoNs): void
  noteFrontEnd(band: number, gain: number, continuousWave: number, at: MonoNs): void
  noteSignals(cn0DbHz: readonly number[], at: MonoNs): void
  notePosition(position: AntennaPosition, at: MonoNs): void
  /** The codes, each with a sentence. */
  alarms(now: MonoNs): ReadonlyMap<string, string>
  /** The time may be somebody else's: no label is to be believed, however locked the receiver is. */
  isSpoofed(now: MonoNs): boolean
  forget(): void
}

export function createIntegrity(): Integrity {
  const jamming = createDetector()
  const spoofing = createDetector()
  const frontEnd = createFrontEndWatch()
  const signals = createSignalUniformity()
  const antenna = createAntennaWatch()
  return {
    noteJamming: jamming.note,
    noteSpoofing: spoofing.note,
    noteFrontEnd: frontEnd.note,
    noteSignals: signals.note,
    notePosition: antenna.note,
    alarms: (now) => {
      const found: readonly (readonly [string, string | undefined])[] = [
        ...detected(jamming.state(now), 'jamming', 'gnss.jammed'),
        ...detected(spoofing.state(now), 'spoofing', 'gnss.spoofing-indicated'),
        ['gnss.interference', frontEnd.alarm(now)],
        ['gnss.uniform-signal', signals.alarm(now)],
        ['gnss.antenna-moved', antenna.alarm(now)],
      ]
      return new Map(found.flatMap(([code, reason]) => (reason === undefined ? [] : [[code, reason] as const])))
    },
    isSpoofed: (now) => indicates(spoofing.state(now)),
    forget() {
      for (const watch of [jamming, spoofing, frontEnd, signals, antenna]) watch.forget()
    },
  }
}

function indicates({ level }: DetectorState): boolean {
  return level === 'indicated' || level === 'critical'
}

function detected(
  state: DetectorState,
  what: 'jamming' | 'spoofing',
  code: string,
): readonly (readonly [string, string])[] {
  if (indicates(state)) {
    const word = what === 'jamming' ? 'critical' : 'affirmed'
    return [[code, `${state.told}: ${what} is ${state.level === 'critical' ? word : 'indicated'}.`]]
  }
  if (!state.blind) return []
  return [[`gnss.${what}-unwatched`, `The receiver has told of ${what} before, and says nothing of it any more.`]]
}
