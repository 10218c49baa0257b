import { type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { DriverAction, DriverContext } from '../driver.ts'
import type { ScpiLine } from '../scpi/framing.ts'
import { createScpiSession, type ScpiSession } from '../scpi/session.ts'
import { noReadings, type Readings } from './health.ts'
import { floorOf, type LabelReader } from './labels.ts'
import type { JacksonLabsOptions } from './options.ts'
import { DIALECT, QUERIES, type QueryName } from './protocol.ts'
import { createSecondPhase, restartPhase, type SecondPhase } from './second-phase.ts'
import { createStream, type Stream } from './stream.ts'

/** Everything that is known of an instrument that is asked, and of the line to it. */
export interface Conversation {
  readonly options: JacksonLabsOptions
  readonly context: DriverContext
  readonly session: ScpiSession
  readonly stream: Stream
  readonly phase: SecondPhase
  readonly reader: LabelReader
  readonly dueAt: Map<QueryName, MonoNs>
  readings: Readings
  /** The question under way; the probe is the session's own. */
  asked: QueryName
  /** When the next label is to be asked for; undefined until the turn of the second is found. */
  labelDueAt: MonoNs | undefined
  asking: LabelAsking | undefined
  setUpAt: MonoNs | undefined
  /** When a sentence on the same port last told another second than the labels do. */
  disagreedAt: MonoNs | undefined
  understood: boolean
  /** When it counts as silent unless it answers; undefined until the first call tells what time it is. */
  silentAt: MonoNs | undefined
  status: { readonly text: string; readonly at: MonoNs } | undefined
  actions: DriverAction[]
}

/**
 * A label under way: the date, the time, and the date again, since the two are separate questions and midnight may come
 * between them. Only a time between two equal dates is of that date.
 */
export interface LabelAsking {
  readonly dateBefore: string | undefined
  readonly time: ScpiLine | undefined
}

/** How often each is asked; those that are due at one instant, in this order. */
export const PERIOD_NS: Readonly<Partial<Record<QueryName, bigint>>> = {
  locked: NS_PER_SECOND,
  holdover: NS_PER_SECOND,
  health: NS_PER_SECOND,
  satellitesTracked: 10n * NS_PER_SECOND,
  timeInterval: 10n * NS_PER_SECOND,
  leapSeconds: 60n * NS_PER_SECOND,
  satellitesVisible: 60n * NS_PER_SECOND,
  synchronization: 30n * NS_PER_SECOND,
  receiver: 60n * NS_PER_SECOND,
  diagnosis: 60n * NS_PER_SECOND,
  serial: 3600n * NS_PER_SECOND,
}

/** `SYNC?` has twelve lines, `GPS?` twenty-one, of at most some seventy characters. */
const LINE_LENGTH_MAX = 160
const LINES_MAX = 40

export function createConversation(options: JacksonLabsOptions, context: DriverContext): Conversation {
  const table = context.leapTable
  return {
    options,
    context,
    session: createScpiSession({
      probe: QUERIES.identity,
      lineLengthMax: LINE_LENGTH_MAX,
      linesMax: LINES_MAX,
      dialect: DIALECT,
    }),
    stream: createStream(),
    phase: createSecondPhase(),
    reader: { table, floor: floorOf(options.floorDate, table), last: undefined },
    dueAt: new Map(),
    readings: noReadings(),
    asked: 'identity',
    labelDueAt: undefined,
    asking: undefined,
    setUpAt: undefined,
    disagreedAt: undefined,
    understood: false,
    silentAt: undefined,
    status: undefined,
    actions: [],
  }
}

/** The instrument has said who it is, at the start or after question and answer had come apart: everything is due. */
export function beginAgain(talk: Conversation, now: MonoNs): void {
  for (const name of Object.keys(PERIOD_NS) as QueryName[]) talk.dueAt.set(name, now)
  talk.dueAt.set('time', plus(now, NS_PER_SECOND / 10n))
  talk.labelDueAt = undefined
  talk.asking = undefined
  restartPhase(talk.phase)
}
