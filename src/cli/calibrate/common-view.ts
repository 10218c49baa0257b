import { fail, ok, type Result } from '../../core/fault.ts'
import { type DelayEstimate, DIFFERENCES_MIN, estimateDelay } from '../../fusion/delay-estimate.ts'

/** What is compared with what. */
export interface CommonView {
  readonly source: string
  /** The source whose delay is known. */
  readonly against: string
  readonly seconds: number
}

export interface CommonViewResult {
  readonly estimate: DelayEstimate
  /** The delay that the agent takes off now, with what the comparison adds to it, ns. */
  readonly delayNs: number
}

/** Asks the agent once, as JSON of `sources`; and lets a second pass. */
export interface AgentView {
  sources(): Promise<Result<string>>
  pause(): Promise<void>
}

/**
 * Compares two sources of a running agent once a second. A source whose pulses come late says less than the reference:
 * the median of source − reference is taken off the delay that is at work. Faults: those of asking and of the estimate,
 * `calibration.source` (unknown, or without pulses), `calibration.unheard` (one of the two was silent too often),
 * `calibration.moved` (its delay was changed meanwhile).
 */
export async function compare(view: CommonView, agent: AgentView): Promise<Result<CommonViewResult>> {
  const differences: number[] = []
  let appliedNs: number | undefined
  for (let second = 0; second < view.seconds; second++) {
    if (second > 0) await agent.pause()
    const answer = await agent.sources()
    if (!answer.ok) return answer
    const seen = readPair(view, answer.value)
    if (!seen.ok) return seen
    if (appliedNs !== undefined && appliedNs !== seen.value.appliedNs) {
      const message = `${view.source}: expected its delay to stay ${appliedNs} ns, got ${seen.value.appliedNs} ns`
      return fail('calibration.moved', message)
    }
    appliedNs = seen.value.appliedNs
    if (seen.value.differenceNs !== undefined) differences.push(seen.value.differenceNs)
  }
  if (differences.length < Math.max(DIFFERENCES_MIN, view.seconds / 2)) {
    const got = `both in ${differences.length} of ${view.seconds} seconds`
    return fail('calibration.unheard', `expected to hear ${view.source} and ${view.against} together, got ${got}`)
  }
  const estimate = estimateDelay(differences)
  if (!estimate.ok) return estimate
  return ok({ estimate: estimate.value, delayNs: Math.round((appliedNs ?? 0) - estimate.value.medianNs) })
}

interface SourceAnswer {
  readonly name: string
  readonly delayNs?: string
  readonly offsetNs?: string
}

function readPair(
  { source, against }: CommonView,
  answer: string,
): Result<{ readonly appliedNs: number; readonly differenceNs: number | undefined }> {
  const { sources } = JSON.parse(answer) as { readonly sources: readonly SourceAnswer[] }
  const find = (name: string): SourceAnswer | undefined => sources.find((each) => each.name === name)
  const [own, reference] = [find(source), find(against)]
  if (own?.delayNs === undefined || reference?.delayNs === undefined) {
    const missing = own?.delayNs === undefined ? source : against
    const known = sources.filter(({ delayNs }) => delayNs !== undefined).map(({ name }) => name)
    const expected = `expected one of the agent's sources with pulses (${known.join(', ')})`
    return fail('calibration.source', `${expected}, got "${missing}"`)
  }
  const heard = own.offsetNs !== undefined && reference.offsetNs !== undefined
  const differenceNs = heard ? Number(own.offsetNs) - Number(reference.offsetNs) : undefined
  return ok({ appliedNs: Number(own.delayNs), differenceNs })
}
