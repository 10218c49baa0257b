import { meets } from '../core/interval.ts'
import type { SampleQuality } from '../core/sample.ts'
import type { NodeClockReading } from './node-clock.ts'
import type { ServedReading } from './served-clock.ts'

/** What an instrument that may be steered says of itself (drivers' status). */
export interface SteeredStatus {
  readonly quality: SampleQuality | 'unknown'
  readonly dependsOn: 'sky' | 'own' | 'unknown'
  readonly alarms: readonly string[]
  /** What it is steered to at present, 1e-15. */
  readonly steeredE15?: number | undefined
}

/** Nothing that these mean may move an oscillator. */
const CONTESTED_FLAGS = ['domains-disagree', 'no-majority', 'domain-split']

/**
 * Why a source may not be steered by this clock at this instant; undefined: it may. The clock must be locked and
 * undisputed by its own sources, one of which at least is not the source itself, and certified by the other appliances;
 * the source must be well, left alone, and one that says what it is steered to.
 */
export function whyNotSteer(
  name: string,
  status: SteeredStatus | undefined,
  node: NodeClockReading,
  served: ServedReading | undefined,
): string | undefined {
  return whyNotByNode(name, node) ?? whyNotByOthers(node, served) ?? whyNotBySource(name, status, node)
}

function whyNotByNode(name: string, node: NodeClockReading): string | undefined {
  const { estimate, mode, flags, alarms, sources } = node
  if (estimate === undefined) return 'there is no node clock'
  if (mode !== 'locked') return `the node clock is not locked but ${mode}`
  const contested = flags.find((flag) => CONTESTED_FLAGS.includes(flag))
  if (contested !== undefined) return `the time of the sources is contested: ${contested}`
  const alarm = alarms[0]
  if (alarm !== undefined) return `the node clock is in alarm: ${alarm.code}`
  const others = sources.filter((source) => source.name !== name && source.state === 'selected')
  return others.length === 0 ? 'no other source carries the node clock' : undefined
}

function whyNotByOthers({ estimate }: NodeClockReading, served: ServedReading | undefined): string | undefined {
  if (served?.origin !== 'certified') return 'no certificate of the other appliances confirms the node clock'
  if (served.flags.includes('own-hardware-misses-region')) return 'the certified time and the node clock do not meet'
  if (estimate === undefined || !meets(estimate.interval, served.interval))
    return 'the certified time misses the node clock'
  return undefined
}

function whyNotBySource(name: string, status: SteeredStatus | undefined, node: NodeClockReading): string | undefined {
  if (status === undefined) return 'it has not said how it is'
  const alarm = status.alarms[0]
  if (alarm !== undefined) return `it is in alarm: ${alarm}`
  if (status.quality !== 'locked') return `it is not locked but ${status.quality}`
  if (status.dependsOn === 'sky') return 'it follows a pulse at its own input'
  if (status.steeredE15 === undefined) return 'it does not say what it is steered to'
  const reading = node.sources.find((source) => source.name === name)
  if (reading?.state === 'falseticker') return `it is not selected: ${reading.reason ?? 'its time is wrong'}`
  if (reading?.state === 'abstaining') return `it is not heard: ${reading.reason ?? 'it says nothing'}`
  return undefined
}
