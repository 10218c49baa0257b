import { ok, type Result } from '../../src/core/fault.ts'
import type { DriverFault, Steering } from '../driver.ts'
import type { ScpiRequest } from './session.ts'

/** How a family that can be steered does it: requests that write, and a question that reads back what came of them. */
export interface PollSteering<Name extends string> {
  /** Begins the fault's code. */
  readonly kind: string
  /** The question whose answer tells what the instrument is steered to. */
  readonly readBack: Name
  /** Translates; what is written twice must be the same as once. Fault: it cannot now, or not so far. */
  write(wanted: Steering): Result<SteeringRequests>
  /** What the instrument last said that it is steered to, 1e-15. */
  read(): bigint | undefined
}

export interface SteeringRequests {
  readonly requests: readonly ScpiRequest[]
  /** What the instrument must say afterwards, 1e-15: what was wanted, to its own resolution. */
  readonly expectedE15: bigint
}

/** A steering under way: written, read back, and begun again when that went wrong. */
export interface PollOrder {
  next: number
  readonly requests: readonly ScpiRequest[]
  /** A request was answered, or refused: no line. */
  answered(line: string | undefined, errorCode: number): readonly DriverFault[]
  readBack(saidE15: bigint | undefined): { readonly done: boolean; readonly fault: DriverFault | undefined }
}

const TRIES_MAX = 3

export function startOrder<Name extends string>(steering: PollSteering<Name>, wanted: Steering): Result<PollOrder> {
  const written = steering.write(wanted)
  if (!written.ok) return written
  const { requests, expectedE15 } = written.value
  let tries = 1
  let refusal: number | undefined
  const order: PollOrder = {
    next: 0,
    requests,
    answered(line, errorCode) {
      if (line === undefined && requests[order.next - 1]?.replyLines !== 0) refusal = errorCode
      return []
    },
    readBack(saidE15) {
      if (saidE15 === expectedE15) return { done: true, fault: undefined }
      const came = saidE15 === undefined ? 'nothing that can be read' : `${saidE15}e-15`
      const why = refusal === undefined ? '' : ` after error ${refusal}`
      const message = `expected to be steered to ${expectedE15}e-15, got ${came}${why}, try ${tries} of ${TRIES_MAX}`
      const done = tries === TRIES_MAX
      tries += 1
      order.next = 0
      return { done, fault: { code: `${steering.kind}.steering`, message } }
    },
  }
  return ok(order)
}

/** Question and answer have come apart: nobody knows how far the order got, so it begins again. */
export function noteSession(order: PollOrder | undefined): void {
  if (order !== undefined) order.next = 0
}

type Step = { readonly kind: 'none' | 'read-back' } | { readonly kind: 'write'; readonly request: ScpiRequest }

/** Takes the next step of an order. */
export function nextStep(order: PollOrder | undefined): Step {
  if (order === undefined) return { kind: 'none' }
  const request = order.requests[order.next]
  if (request === undefined) return { kind: 'read-back' }
  order.next += 1
  return { kind: 'write', request }
}
