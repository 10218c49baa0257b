import type { DriverFamily, DriverStatus } from '../../drivers/driver.ts'
import type { SourceConfiguration } from '../config/schema.ts'
import type { Fault } from '../core/fault.ts'
import type { LabelSample, PulseSample, SampleQuality, TimeSample } from '../core/sample.ts'
import type { MonoNs } from '../core/time.ts'
import { createLabelClock } from '../fusion/label-clock.ts'
import type { NodeClock } from '../fusion/node-clock.ts'
import { advance } from '../fusion/path-delay.ts'
import { createPulseCount } from '../fusion/pulse-count.ts'
import { createPulseNumbering, type NumberingResult } from '../fusion/pulse-numbering.ts'
import { CLASS_DEFAULTS } from '../fusion/source-class.ts'

/** The way of one source into the node clock: what its driver says and its pulses become readings. */
export interface SourceIntake {
  sample(sample: LabelSample | TimeSample): void
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

export function createSourceIntake({ source, timeOfDay, nodeClock, onFault, onReading }: IntakeOptions): SourceIntake {
  const delay = { delayNs: BigInt(source.delayNs ?? 0), uncertaintyNs: BigInt(source.delayUncertaintyNs ?? 0) }
  const accuracyNs =
    source.accuracyNs === undefined ? CLASS_DEFAULTS[source.class].accuracyNs : BigInt(source.accuracyNs)
  const numbering = createPulseNumbering({ source: source.name, accuracyNs: accuracyNs + delay.uncertaintyNs })
  const counting = createPulseCount({ source: source.name })
  const labels = createLabelClock({ source: source.name })
  let quality: SampleQuality = 'unlocked'
  const observe = ({ samples, faults }: NumberingResult): void => {
    faults.forEach(onFault)
    for (const sample of samples) {
      onReading(sample)
      nodeClock.observe(sample).forEach(onFault)
    }
  }
  return {
    sample: (sample) => {
      if (sample.kind === 'time') {
        const unsure = { ...sample, accuracyNs: sample.accuracyNs + delay.uncertaintyNs }
        observe({ samples: [advance(unsure, delay)], faults: [] })
      } else observe(hasPulse(source) ? numbering.label(sample) : labels.label(sample))
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

function hasPulse({ pulseSocket, pulseDevice }: IntakeOptions['source']): boolean {
  return pulseSocket !== undefined || pulseDevice !== undefined
}
