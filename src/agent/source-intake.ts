import type { DriverFamily, DriverStatus } from '../../drivers/driver.ts'
import type { SourceConfiguration } from '../config/schema.ts'
import type { Fault } from '../core/fault.ts'
import type { LabelSample, PulseSample, SampleQuality, TimeSample } from '../core/sample.ts'
import { type MonoNs, NS_PER_MILLISECOND } from '../core/time.ts'
import { createLabelClock } from '../fusion/label-clock.ts'
import type { NodeClock } from '../fusion/node-clock.ts'
import { advance } from '../fusion/path-delay.ts'
import { createPulseCount } from '../fusion/pulse-count.ts'
import { createPulseNumbering, type NumberingResult } from '../fusion/pulse-numbering.ts'
import { CLASS_DEFAULTS } from '../fusion/source-class.ts'

/** The way of one source into the node clock: what its driver says and its pulses become readings. */
export interface SourceIntake {
  /** `waitedNs`: how long its bytes may have waited to be read, for this process did not run. */
  sample(sample: LabelSample | TimeSample, waitedNs?: bigint): void
  pulse(pulse: PulseSample): void
  status(status: DriverStatus, now: MonoNs): void
}

export interface IntakeOptions {
  readonly source: Pick<
    SourceConfiguration,
    'name' | 'class' | 'accuracyNs' | 'pulseSocket' | 'pulseDevice' | 'delayNs' | 'delayUncertaintyNs' | 'temperature'
  >
  readonly timeOfDay: DriverFamily<unknown>['timeOfDay']
  readonly nodeClock: Pick<NodeClock, 'observe' | 'setStatus'>
  readonly onFault: (fault: Fault) => void
  /** Of every reading that the node clock is given. */
  readonly onReading: (sample: TimeSample) => void
}

/** Together with the latest label of a family (0.65 s after its pulse) still within its second. */
const WAITED_NS_MAX = 250n * NS_PER_MILLISECOND

export function createSourceIntake({ source, timeOfDay, nodeClock, onFault, onReading }: IntakeOptions): SourceIntake {
  const delay = { delayNs: BigInt(source.delayNs ?? 0), uncertaintyNs: BigInt(source.delayUncertaintyNs ?? 0) }
  const accuracyNs =
    source.accuracyNs === undefined ? CLASS_DEFAULTS[source.class].accuracyNs : BigInt(source.accuracyNs)
  const numbering = createPulseNumbering({ source: source.name, accuracyNs: accuracyNs + delay.uncertaintyNs })
  const counting = createPulseCount({ source: source.name })
  const labels = createLabelClock({ source: source.name })
  let quality: SampleQuality = 'unlocked'
  const number = (label: LabelSample, waitedNs: bigint): NumberingResult => {
    if (!hasPulse(source)) return labels.label(label, waitedNs)
    // A label names the pulse that it came after: one that waited unread may name any.
    return waitedNs > WAITED_NS_MAX ? { samples: [], faults: [] } : numbering.label(label, waitedNs)
  }
  const observe = ({ samples, faults }: NumberingResult): void => {
    faults.forEach(onFault)
    for (const sample of samples) {
      onReading(sample)
      nodeClock.observe(sample).forEach(onFault)
    }
  }
  return {
    sample: (sample, waitedNs = 0n) => {
      if (waitedNs > WAITED_NS_MAX) onFault(stalled(waitedNs))
      if (sample.kind === 'label') observe(number(sample, waitedNs))
      else if (waitedNs <= WAITED_NS_MAX) {
        const unsure = { ...sample, accuracyNs: sample.accuracyNs + delay.uncertaintyNs }
        observe({ samples: [advance(unsure, delay)], faults: [] })
      }
    },
    pulse: (seen) => {
      const pulse = advance(seen, delay)
      observe(timeOfDay === 'none' ? counting.pulse(pulse, quality) : numbering.pulse(pulse, quality))
    },
    status: (status, now) => {
      quality = status.quality === 'unknown' ? 'unlocked' : status.quality
      // Two thermometers say two things of one oscillator: the configured one counts.
      nodeClock.setStatus(
        source.name,
        source.temperature === undefined ? status : { ...status, celsius: undefined },
        now,
      )
    },
  }
}

function stalled(waitedNs: bigint): Fault {
  return {
    code: 'host.stalled',
    message: `expected to read labels as they come, got them up to ${waitedNs} ns late: this process did not run`,
  }
}

function hasPulse({ pulseSocket, pulseDevice }: IntakeOptions['source']): boolean {
  return pulseSocket !== undefined || pulseDevice !== undefined
}
