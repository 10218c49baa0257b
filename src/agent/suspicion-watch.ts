import { type BehaviourState, initialBehaviour } from '../consensus/behaviour/behaviour-state.ts'
import type { Suspicion } from '../consensus/behaviour/suspicion.ts'
import { alarm, type Report } from './agent-event.ts'

/** Tells people when a member begins to be suspected of something and when that ends. */
export interface SuspicionWatch {
  /** What the newest decision says of everybody's behaviour. */
  follow(height: number, behaviour: BehaviourState): void
  /** Who is suspected of what by the newest decision, for people. */
  standing(): SuspicionsStanding
}

export interface SuspicionsStanding {
  readonly suspects: readonly { readonly member: string; readonly kind: Suspicion }[]
  /** Members whose ranging contradicts itself; it can not be said whose is wrong. */
  readonly inconsistencies: readonly (readonly string[])[]
}

/** What an operator should look at. */
const MEANINGS: Readonly<Record<Suspicion, string>> = {
  deviation: 'its clock is far outside of what the others agree on',
  bias: 'its clock, or the way to it, moved farther than its bounds allow',
  'two-faced': 'it shows different clocks to different members',
  pair: 'its ranging contradicts that of the others',
  coordination: 'it is as wrong as another member, to the same side',
  inflation: 'it says it is locked, with a bound that locked hardware does not have',
  delay: 'the ways to it have become ten times as long',
  absence: 'decisions have been made without it for some time, by more leaders than may lie',
}

/** What flickers is told once in so many decisions, and how it ended up always. */
const QUIET_DECISIONS = 60
const ROWS = 'rows'

interface Told {
  readonly active: boolean
  readonly height: number
}

/** The keys are members × kinds, and one for everything that names nobody. */
export function createSuspicionWatch(nameOf: (member: number) => string, report: Report): SuspicionWatch {
  const told = new Map<string, Told>()
  let newest: BehaviourState = initialBehaviour
  const tell = (key: string, active: boolean, height: number, code: string, message: () => string): void => {
    const before = told.get(key)
    if (active === (before?.active ?? false)) return
    if (before !== undefined && height - before.height < QUIET_DECISIONS) return
    told.set(key, { active, height })
    alarm(report, { code: active ? code : `${code}-ended`, message: message() })
  }
  return {
    follow: (height, behaviour) => {
      newest = behaviour
      const { suspects, inconsistencies, members } = behaviour
      for (const [kind, meaning] of Object.entries(MEANINGS)) {
        const suspected = suspects.filter((suspect) => suspect.kind === kind).map(({ member }) => member)
        for (const member of members.keys()) {
          const active = suspected.includes(member)
          tell(`${kind} ${member}`, active, height, `behaviour.${kind}`, () =>
            active ? `${nameOf(member)} is suspected of ${kind}: ${meaning}` : `${nameOf(member)}: ${kind} is over`,
          )
        }
      }
      const groups = inconsistencies.map((group) => group.map(nameOf).join(' + ')).join(', ')
      tell(ROWS, groups !== '', height, 'behaviour.inconsistent', () =>
        groups === ''
          ? 'the ranging of all members agrees again'
          : `the ranging of ${groups} contradicts itself: one of each lies, and it can not be said which`,
      )
    },
    standing: () => ({
      suspects: newest.suspects.map(({ member, kind }) => ({ member: nameOf(member), kind })),
      inconsistencies: newest.inconsistencies.map((members) => members.map(nameOf)),
    }),
  }
}
