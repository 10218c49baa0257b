import type { DriverFamily } from '../../drivers/driver.ts'
import { families } from '../../drivers/index.ts'
import type { Configuration, SteeringConfiguration } from '../config/schema.ts'
import { NS_PER_SECOND } from '../core/time.ts'
import type { NodeClock } from '../fusion/node-clock.ts'
import { OSCILLATOR_FLOOR_PPB } from '../fusion/source-class.ts'
import { createSourceComparison } from '../fusion/source-comparison.ts'
import { createSourceSteering, type SteeringDecision } from '../fusion/steering.ts'
import type { SteeringLimits } from '../fusion/steering-budget.ts'
import { whyNotSteer } from '../fusion/steering-trust.ts'
import { readMonoNs } from '../linux/clock.ts'
import type { Report } from './agent-event.ts'
import type { Appliance } from './appliance.ts'
import type { MemberClock } from './member-clock.ts'

/** Steers the instruments that the configuration lets it steer, and no other. */
export interface SteeringLoop {
  /** For `quorumtime sources`: empty for a source that is not steered. */
  describe(source: string): { readonly steering?: SteeringReport }
  close(): void
}

export interface SteeringReport {
  /** How much of the interval before the next decision has been measured. */
  readonly measuredPercent: number
  readonly last: SteeringDecision | null
}

interface SteeredSource {
  tick(): void
  report(): SteeringReport
}

const TICK_MS = 1_000

type SteeredAppliance = Pick<Appliance, 'listen' | 'steer' | 'reports'> & {
  readonly nodeClock: Pick<NodeClock, 'setStatus'>
}

export function openSteering(
  configuration: Configuration,
  appliance: SteeredAppliance,
  clock: Pick<MemberClock, 'node' | 'served'>,
  report: Report,
): SteeringLoop {
  const wanderPpb = Number(OSCILLATOR_FLOOR_PPB[configuration.oscillator.class])
  const steered = new Map<string, SteeredSource>()
  for (const { name, kind, steering } of configuration.sources) {
    const range = families.find((family) => family.kind === kind)?.steering
    if (steering?.enabled !== true || range === undefined) continue
    steered.set(name, steerSource(name, limitsOf(steering, range), wanderPpb, appliance, clock, report))
  }
  const tick = (): void => {
    for (const source of steered.values()) source.tick()
  }
  const timer = steered.size === 0 ? undefined : setInterval(tick, TICK_MS)
  return {
    describe: (source) => {
      const found = steered.get(source)
      return found === undefined ? {} : { steering: found.report() }
    },
    close: () => clearInterval(timer),
  }
}

function steerSource(
  name: string,
  limits: SteeringLimits,
  wanderPpb: number,
  appliance: SteeredAppliance,
  clock: Pick<MemberClock, 'node' | 'served'>,
  report: Report,
): SteeredSource {
  const comparison = createSourceComparison(name, wanderPpb)
  const steering = createSourceSteering(limits)
  appliance.listen(name, comparison.observe)
  const tell = (decision: SteeringDecision | undefined): void => {
    if (decision !== undefined) report({ type: 'steering', source: name, ...decision })
  }
  return {
    tick: () => {
      const now = readMonoNs()
      const node = clock.node(now)
      const status = appliance.reports().find((source) => source.name === name)?.status
      const decision = steering.tick({
        now,
        whyNot: whyNotSteer(name, status, node, clock.served(now)),
        offsetNs: comparison.offsetNs(node),
        steeredE15: status?.steeredE15,
      })
      tell(decision)
      if (decision?.kind !== 'steered') return
      const carriedOut = appliance.steer(name, { fractionE15: BigInt(Math.round(decision.toE15)) })
      if (!carriedOut.ok) tell(steering.failed(`the instrument would not: ${carriedOut.fault.message}`, now))
      else if (status !== undefined) {
        // What the node clock has learnt of its rate is no longer so: it was not its own for a moment.
        const told = { ...status, celsius: undefined }
        appliance.nodeClock.setStatus(name, { ...told, quality: 'unlocked' }, now)
        appliance.nodeClock.setStatus(name, told, now)
      }
    },
    report: () => ({
      measuredPercent: Math.floor(steering.measured() * 100),
      last: steering.last() ?? null,
    }),
  }
}

const E15 = 1e15

export function limitsOf(
  configuration: SteeringConfiguration,
  { stepE15, limitE15 }: NonNullable<DriverFamily<unknown>['steering']>,
): SteeringLimits {
  return {
    intervalNs: BigInt(configuration.intervalSeconds) * NS_PER_SECOND,
    stepE15Max: configuration.stepMax * E15,
    dayE15Max: configuration.dayMax * E15,
    offsetE15Max: configuration.offsetMax * E15,
    changeE15Max: configuration.changeMax * E15,
    resolutionE15: Number(stepE15),
    rangeE15: Number(limitE15),
  }
}
