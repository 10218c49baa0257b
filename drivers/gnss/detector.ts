import { between, type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'

/**
 * What receivers say of jamming and of spoofing, in the four states that u-blox and others have: 0 says nothing, 1 none, 2
 * indicated, 3 critical or affirmed. Several messages may tell; the worst that was told lately counts. One indication is
 * enough to enter; to leave, all must have said otherwise for a while. A receiver that spoke and now says nothing is blind,
 * which is worth knowing too: it is what a detector that was switched off, or overwhelmed, looks like.
 */
export interface Detector {
  /** `told`: the message that said it, for people. A state beyond 3 says nothing. */
  note(told: string, state: number, at: MonoNs): void
  state(now: MonoNs): DetectorState
  /** Another receiver, or one that has started afresh. */
  forget(): void
}

export interface DetectorState {
  readonly level: 'unknown' | 'none' | 'indicated' | 'critical'
  /** Who told the level; '' for unknown. */
  readonly told: string
  /** It did tell once, and has not for a while. */
  readonly blind: boolean
}

/** After the last indication the state stands for so long. */
const DETECTOR_HOLD_NS = 10n * NS_PER_SECOND
/** The messages that tell come at least so often. */
const BELIEVED_NS = 30n * NS_PER_SECOND
/** More messages than tell of one thing. */
const TELLERS_MAX = 8

const [SILENT, NONE, INDICATED, CRITICAL] = [0, 1, 2, 3]

export function createDetector(): Detector {
  const said = new Map<string, { readonly state: number; readonly at: MonoNs }>()
  let indicated: { readonly state: number; readonly told: string; readonly until: MonoNs } | undefined
  let informativeAt: MonoNs | undefined

  return {
    note(told, state, at) {
      const known = Number.isInteger(state) && state >= SILENT && state <= CRITICAL ? state : SILENT
      if (!said.has(told) && said.size >= TELLERS_MAX) return
      said.set(told, { state: known, at })
      if (known > SILENT) informativeAt = at
      if (known < INDICATED) return
      const stands = indicated !== undefined && at < indicated.until && indicated.state > known ? indicated : undefined
      // A milder word of another message does not end the graver one before its time.
      if (stands === undefined) indicated = { state: known, told, until: plus(at, DETECTOR_HOLD_NS) }
    },
    state(now) {
      const recent = [...said].filter(([, { at }]) => between(at, now) <= BELIEVED_NS)
      const blind =
        informativeAt !== undefined &&
        between(informativeAt, now) > DETECTOR_HOLD_NS &&
        recent.every(([, it]) => it.state === SILENT)
      if (indicated !== undefined && now < indicated.until) {
        return { level: indicated.state === CRITICAL ? 'critical' : 'indicated', told: indicated.told, blind: false }
      }
      const none = recent.find(([, it]) => it.state === NONE)
      return none === undefined ? { level: 'unknown', told: '', blind } : { level: 'none', told: none[0], blind: false }
    },
    forget() {
      said.clear()
      indicated = undefined
      informativeAt = undefined
    },
  }
}
