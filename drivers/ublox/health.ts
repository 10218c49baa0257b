import { between, type MonoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import type { FrontEnd, SignalSecurity } from './monitor-messages.ts'
import type { FixType, NavigationStatus, SignalsInView, Survey } from './navigation-messages.ts'
import type { UbxMessage } from './protocol.ts'
import type { LeapInformation, TimePulse } from './time-messages.ts'

/** What the receiver last said of its fix, its front end, its satellites and its pulse. */
export interface Health {
  note(message: UbxMessage, at: MonoNs): void
  fix(now: MonoNs): Fix
  alarms(now: MonoNs): ReadonlyMap<string, string>
  /** For people, with units in the names; what was not said lately is not there. */
  details(now: MonoNs): Readonly<Record<string, string | number | boolean>>
  forget(): void
}

type Fix = 'fix' | 'no-fix' | 'unknown'

interface Said<T> {
  readonly value: T
  readonly at: MonoNs
}

interface FixSaid {
  readonly fixType: FixType
  readonly fixOk: boolean
}

/** The fix comes with every epoch. */
const FIX_BELIEVED_NS = 3n * NS_PER_SECOND
/** What is for people may come once in ten epochs. */
const DETAILS_BELIEVED_NS = 30n * NS_PER_SECOND

/** Dead reckoning and combined fixes are of receivers that move; their time is that of the satellites all the same. */
const FIXES: readonly FixType[] = ['2D', '3D', 'combined', 'time-only']

export function createHealth(): Health {
  let fix: Said<FixSaid> | undefined
  let status: Said<NavigationStatus> | undefined
  let signals: Said<SignalsInView> | undefined
  let survey: Said<Survey> | undefined
  let pulse: Said<TimePulse> | undefined
  let used: Said<number> | undefined
  let security: Said<SignalSecurity> | undefined
  let leap: Said<LeapInformation> | undefined
  const frontEnds = new Map<FrontEnd['message'], Said<FrontEnd>>()

  const frontEnd = (now: MonoNs): FrontEnd | undefined =>
    recent(frontEnds.get('MON-RF'), now) ?? recent(frontEnds.get('MON-HW'), now)

  return {
    note(message, at) {
      const said = <T>(value: T): Said<T> => ({ value, at })
      if (message.type === 'navigation-status') status = said(message)
      if (message.type === 'signals') signals = said(message)
      if (message.type === 'survey') survey = said(message)
      if (message.type === 'time-pulse') pulse = said(message)
      if (message.type === 'leap-information') leap = said(message)
      if (message.type === 'signal-security') security = said(message)
      if (message.type === 'front-end') frontEnds.set(message.message, said(message))
      if ('fixType' in message) fix = said(message)
      if ('satellitesUsed' in message) used = said(message.satellitesUsed)
    },
    fix(now) {
      const said = recent(fix, now, FIX_BELIEVED_NS)
      if (said === undefined) return 'unknown'
      return said.fixOk && FIXES.includes(said.fixType) ? 'fix' : 'no-fix'
    },
    alarms(now) {
      const alarms = new Map<string, string>()
      const antenna = frontEnd(now)?.blocks.find((block) => block.antenna === 'open' || block.antenna === 'short')
      if (antenna !== undefined) {
        alarms.set(
          `gnss.antenna-${antenna.antenna}`,
          `The receiver measures the antenna line to be ${antenna.antenna}.`,
        )
      }
      if (recent(pulse, now, FIX_BELIEVED_NS)?.notLocked === true) {
        alarms.set('ublox.pulse-not-locked', 'TIM-TP: the time pulse does not follow the satellites.')
      }
      return alarms
    },
    details: (now) =>
      present({
        fixType: recent(fix, now, FIX_BELIEVED_NS)?.fixType,
        satellitesUsed: recent(used, now, FIX_BELIEVED_NS) ?? recent(signals, now)?.used,
        ...signalDetails(recent(signals, now)),
        ...surveyDetails(recent(survey, now)),
        ...frontEndDetails(frontEnd(now)),
        securityVersion: recent(security, now)?.version,
        upSeconds: recent(status, now)?.upSeconds,
        ...leapDetails(recent(leap, now)),
        raim: recent(pulse, now)?.raim,
        quantizationErrorPs: recent(pulse, now, FIX_BELIEVED_NS)?.quantizationErrorPs,
        timeBase: recent(pulse, now)?.timeBase,
      }),
    forget() {
      fix = undefined
      status = undefined
      signals = undefined
      survey = undefined
      pulse = undefined
      used = undefined
      security = undefined
      leap = undefined
      frontEnds.clear()
    },
  }
}

type Details = Readonly<Record<string, string | number | boolean | undefined>>

function signalDetails(signals: SignalsInView | undefined): Details {
  if (signals === undefined) return {}
  const { inView, cn0DbHz } = signals
  const sum = cn0DbHz.reduce((total, value) => total + value, 0)
  return {
    satellitesVisible: inView,
    cn0BestDbHz: cn0DbHz.length === 0 ? undefined : Math.max(...cn0DbHz),
    cn0MeanDbHz: cn0DbHz.length === 0 ? undefined : Math.round((10 * sum) / cn0DbHz.length) / 10,
  }
}

/** Of a change to come; past ones are told for years. */
function leapDetails(leap: LeapInformation | undefined): Details {
  const seconds = leap?.secondsToEvent
  if (leap === undefined || seconds === undefined || seconds < 0 || leap.change === 0) return {}
  return { leapChangeSeconds: leap.change, secondsToLeapChange: seconds }
}

function surveyDetails(survey: Survey | undefined): Details {
  if (survey === undefined || (!survey.active && !survey.valid)) return {}
  return {
    surveyActive: survey.active,
    surveyValid: survey.valid,
    surveySeconds: survey.seconds,
    surveyAccuracyMetres: Math.round(survey.accuracyMetres * 1000) / 1000,
  }
}

function frontEndDetails(frontEnd: FrontEnd | undefined): Details {
  const [first] = frontEnd?.blocks ?? []
  if (frontEnd === undefined || first === undefined) return {}
  return {
    antenna: first.antenna,
    gainPercent: Math.round(100 * Math.min(...frontEnd.blocks.map((block) => block.gain))),
    continuousWave: Math.max(...frontEnd.blocks.map((block) => block.continuousWave)),
    noiseLevel: first.noise,
  }
}

function recent<T>(said: Said<T> | undefined, now: MonoNs, believedNs = DETAILS_BELIEVED_NS): T | undefined {
  return said !== undefined && between(said.at, now) <= believedNs ? said.value : undefined
}

function present(details: Details): Record<string, string | number | boolean> {
  const kept: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(details)) if (value !== undefined && value !== '') kept[name] = value
  return kept
}
