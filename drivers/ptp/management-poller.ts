import type { Result } from '../../src/core/fault.ts'
import { ok } from '../../src/core/fault.ts'
import { type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { FLAGS, type PtpHeader } from './header.ts'
import { type AskedName, decodeAnswerOf, encodeQuestion, type Told } from './management-answer.ts'
import { formatClock, type PortIdentity, samePort } from './port-identity.ts'

/**
 * Asks one clock for its state, once a minute and a question a second. Nothing depends on an answer: many grandmasters do
 * not listen, and nobody proves who answers.
 */
export interface ManagementPoller {
  /** Whom to ask from now on; what another one said is forgotten. Undefined: nobody. */
  follow(port: PortIdentity | undefined): void
  /** The next question when one is due. */
  due(now: MonoNs): Uint8Array | undefined
  /** A management message from the address of the clock. Faults: those of decoding. */
  receive(header: PtpHeader, bytes: Uint8Array): Result<void>
  knowledge(): ManagementKnowledge
}

export interface ManagementKnowledge {
  /** In its maker's words, where it has any. */
  readonly identity: string | undefined
  /** For people, with units in the names. */
  readonly details: Readonly<Record<string, string | number | boolean>>
}

export interface ManagementPollerOptions {
  readonly port: PortIdentity
  readonly domain: number
  readonly isUnicast: boolean
}

const ASKED: readonly AskedName[] = [
  'CLOCK_DESCRIPTION',
  'DEFAULT_DATA_SET',
  'PARENT_DATA_SET',
  'TIME_PROPERTIES_DATA_SET',
  'CURRENT_DATA_SET',
]
const ROUND_NS = 60n * NS_PER_SECOND
const QUESTION_NS = NS_PER_SECOND

export function createManagementPoller({ port, domain, isUnicast }: ManagementPollerOptions): ManagementPoller {
  let asked: PortIdentity | undefined
  let dueAt: MonoNs | undefined
  let next = 0
  let sequenceId = 0
  const told = new Map<AskedName, Told>()
  return {
    follow: (of) => {
      if (asked !== undefined && of !== undefined && samePort(asked, of)) return
      asked = of
      dueAt = undefined
      next = 0
      told.clear()
    },
    due: (now) => {
      const name = ASKED[next]
      if (asked === undefined || name === undefined || (dueAt !== undefined && now < dueAt)) return undefined
      sequenceId = (sequenceId + 1) & 0xffff
      next = (next + 1) % ASKED.length
      dueAt = plus(now, next === 0 ? ROUND_NS : QUESTION_NS)
      const flags = isUnicast ? FLAGS.unicast : 0
      const header = { sdoId: 0, domain, sourcePort: port, sequenceId, flags }
      return encodeQuestion(header, name, { targetPort: asked, boundaryHops: 0 })
    },
    receive: (header, bytes) => {
      const answer = decodeAnswerOf(header, bytes)
      if (!answer.ok) return answer
      const { value } = answer
      // A clock answers in the name of its port 0 or of the port that was asked.
      const isIts = asked !== undefined && value !== undefined && sameClock(value.from, asked)
      if (isIts && samePort(value.to, port) && value.told !== undefined) told.set(value.name, value.told)
      return ok(undefined)
    },
    knowledge: () => {
      const all = [...told.values()]
      return {
        identity: identityOf(all),
        details: Object.assign({}, ...all.map(detailsOf)) as ManagementKnowledge['details'],
      }
    },
  }
}

function sameClock(a: PortIdentity, b: PortIdentity): boolean {
  return formatClock(a.clockIdentity) === formatClock(b.clockIdentity)
}

/** Maker;model;serial and firmware;hardware;software, of which any may be empty (IEEE 1588-2019, 15.5.3.1.2). */
function identityOf(all: readonly Told[]): string | undefined {
  const description = all.find((each) => each.name === 'CLOCK_DESCRIPTION')?.value
  if (description === undefined) return undefined
  const words = [description.productDescription, description.revisionData, description.userDescription]
  const said = words.map((text) => text.split(';').filter(Boolean).join(' ')).filter((text) => text !== '')
  return said.length === 0 ? undefined : said.join(', ')
}

const SLAVE_ONLY = 0x02
/** The standard's unit of intervals is 2^-16 ns. */
const SCALED = 65_536

function detailsOf(told: Told): ManagementKnowledge['details'] {
  switch (told.name) {
    case 'DEFAULT_DATA_SET': {
      const { numberPorts, priority1, priority2, flags } = told.value
      return { ports: numberPorts, priority1, priority2, followsOnly: (flags & SLAVE_ONLY) !== 0 }
    }
    case 'PARENT_DATA_SET':
      return { parent: formatClock(told.value.parentPortIdentity.clockIdentity) }
    case 'CURRENT_DATA_SET': {
      const { stepsRemoved, offsetFromMasterScaledNs, meanDelayScaledNs } = told.value
      return {
        managedStepsRemoved: stepsRemoved,
        offsetFromParentNs: Number(offsetFromMasterScaledNs) / SCALED,
        delayToParentNs: Number(meanDelayScaledNs) / SCALED,
      }
    }
    case 'TIME_PROPERTIES_DATA_SET':
      return { managedUtcOffsetSeconds: told.value.currentUtcOffset }
    default:
      return {}
  }
}
