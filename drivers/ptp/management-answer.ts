import { ok, type Result } from '../../src/core/fault.ts'
import { CLOCK_DESCRIPTION_ID, type ClockDescription, decodeClockDescription } from './clock-description.ts'
import { decodeHeader, type PtpHeader } from './header.ts'
import { decodeManagement, encodeManagement, type ManagementHeader } from './management.ts'
import { DATA_SETS, type DataSetName, type DataSetValue, decodeDataSet } from './management-data-sets.ts'
import type { PortIdentity } from './port-identity.ts'

/** What a clock can be asked for. */
export type AskedName = DataSetName | 'CLOCK_DESCRIPTION'

/** What a clock has told of itself. */
export type Told =
  | { readonly [Name in DataSetName]: { readonly name: Name; readonly value: DataSetValue<Name> } }[DataSetName]
  | { readonly name: 'CLOCK_DESCRIPTION'; readonly value: ClockDescription }

export interface ManagementAnswer {
  /** The port that answers. */
  readonly from: PortIdentity
  /** The port that asked. */
  readonly to: PortIdentity
  readonly sequenceId: number
  readonly name: AskedName
  /** Undefined: it will not say. */
  readonly told: Told | undefined
  /** Why not; see `describeManagementError`. */
  readonly error: number | undefined
}

const IDS: Readonly<Record<AskedName, number>> = {
  ...(Object.fromEntries(Object.entries(DATA_SETS).map(([name, { id }]) => [name, id])) as Record<DataSetName, number>),
  CLOCK_DESCRIPTION: CLOCK_DESCRIPTION_ID,
}
const NAMES: ReadonlyMap<number, AskedName> = new Map(Object.entries(IDS).map(([name, id]) => [id, name as AskedName]))

/** How far a question goes: to one port or, all bits set, to every one; and over how many boundary clocks. */
export interface Reach {
  readonly targetPort: PortIdentity
  readonly boundaryHops: number
}

export function encodeQuestion(
  header: ManagementHeader,
  name: AskedName,
  { targetPort, boundaryHops }: Reach,
): Uint8Array {
  const content = { kind: 'data', id: IDS[name], data: new Uint8Array(0) } as const
  return encodeManagement(header, {
    targetPort,
    startingBoundaryHops: boundaryHops,
    boundaryHops,
    action: 'GET',
    content,
  })
}

/** Undefined: no answer, or to a question that is never asked here. Faults: those of decoding. */
export function decodeAnswer(bytes: Uint8Array): Result<ManagementAnswer | undefined> {
  const header = decodeHeader(bytes)
  return header.ok ? decodeAnswerOf(header.value, bytes) : header
}

/** The same where the header is read already. */
export function decodeAnswerOf(header: PtpHeader, bytes: Uint8Array): Result<ManagementAnswer | undefined> {
  if (header.type !== 'management') return ok(undefined)
  const management = decodeManagement(header, bytes)
  if (!management.ok) return management
  const { action, content, targetPort } = management.value
  const name = NAMES.get(content.id)
  if (action !== 'RESPONSE' || name === undefined) return ok(undefined)
  const answer = { from: header.sourcePort, to: targetPort, sequenceId: header.sequenceId, name }
  if (content.kind === 'error') return ok({ ...answer, told: undefined, error: content.error })
  const told = decodeTold(name, content.data)
  return told.ok ? ok({ ...answer, told: told.value, error: undefined }) : told
}

function decodeTold(name: AskedName, data: Uint8Array): Result<Told> {
  const value = name === 'CLOCK_DESCRIPTION' ? decodeClockDescription(data) : decodeDataSet(name, data)
  // The name was what chose the decoder.
  return value.ok ? ok({ name, value: value.value } as Told) : value
}
