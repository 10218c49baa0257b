import { parseQuantityNs } from './screen-quantity.ts'

/** The right half of the screen's ACQUISITION, but for its position. */
export interface Acquisition {
  /** `UTC`, `GPS`, `LOCAL` or `LOCL GPS`. */
  readonly timeScale: string | undefined
  /** `14:45:02` and `27 Dec 2006`. */
  readonly timeOfDay: string | undefined
  readonly date: string | undefined
  /** The unit marks its time as not confirmed by a satellite: `(?)`, `[?]`. */
  readonly isTimeProvisional: boolean
  readonly leapPending: '+' | '-' | undefined
  /** `Synchronized to UTC`, `Inaccurate: not tracking`. */
  readonly advisory: string | undefined
  readonly antennaDelayNs: number | undefined
}

export interface Position {
  readonly positionMode: 'hold' | 'survey' | 'navigation' | undefined
  /** Percent of the survey. */
  readonly surveyPercent: number | undefined
  /** Why the survey is suspended: `track <4 sats`. */
  readonly suspendedBy: string | undefined
  /** What the three below are: of now, the average of a survey, or what an operator entered. */
  readonly positionKind: 'actual' | 'average' | 'initial'
  /** `N  47:31:18.822`, as it stands there. */
  readonly latitude: string | undefined
  readonly longitude: string | undefined
  readonly heightMetres: number | undefined
}

const TIME =
  /\b(LOCL GPS|LOCAL|UTC|GPS)\s+(\d\d:\d\d:\d\d|--:--:--)\s*([([]?\?[)\]]?)?\s*(\d\d [A-Z][a-z]{2} \d{4}|-- --- ----)/

/** Takes the lines between the banners of ACQUISITION and HEALTH MONITOR. */
export function parseAcquisition(lines: readonly string[]): Acquisition {
  const text = lines.join('\n')
  const time = TIME.exec(text)
  const known = time?.[2]?.startsWith('-') === false
  const delay = /\bANT DLY\s+(-?[\d.]+ [munp]?s)\b/.exec(text)?.[1]
  return {
    timeScale: time?.[1],
    timeOfDay: known ? time?.[2] : undefined,
    date: known ? time?.[4] : undefined,
    isTimeProvisional: time?.[3] !== undefined,
    leapPending: /([+-])1 leap second pending/.exec(text)?.[1] as '+' | '-' | undefined,
    advisory: /\b(?:GPS|EXT|Ext) 1PPS (?:CLK )?(\S.*?)\s*$/m.exec(text)?.[1],
    antennaDelayNs: delay === undefined ? undefined : parseQuantityNs(delay),
  }
}

const MODES = { Hold: 'hold', Survey: 'survey', Navigation: 'navigation' } as const

export function parsePosition(lines: readonly string[]): Position {
  const text = lines.join('\n')
  const mode = /\bMODE\s+(Hold|Survey|Navigation)\b/.exec(text)?.[1] as keyof typeof MODES | undefined
  const percent = /\bSurvey:\s*[<>]?([\d.]{1,5})\s*%/.exec(text)?.[1]
  const kind = /\b(AVG|INIT)\s+LAT\b/.exec(text)?.[1]
  const height = /\bHGT\s+([+-]?\d+(?:\.\d+)?) m\b/.exec(text)?.[1]
  return {
    positionMode: mode === undefined ? undefined : MODES[mode],
    surveyPercent: percent === undefined ? undefined : Number(percent),
    suspendedBy: /\bSuspended:\s*(\S.*?)\s*$/m.exec(text)?.[1],
    positionKind: kind === 'AVG' ? 'average' : kind === 'INIT' ? 'initial' : 'actual',
    latitude: /\bLAT\s+([NS]\s+\d+:\d+:[\d.]+)/.exec(text)?.[1],
    longitude: /\bLON\s+([EW]\s+\d+:\d+:[\d.]+)/.exec(text)?.[1],
    heightMetres: height === undefined ? undefined : Number(height),
  }
}
