import type { EmulatorContext } from '../../drivers/driver.ts'
import { abs, divCeil, divFloor } from '../../src/core/integer.ts'
import type { LabelSample, TimeSample } from '../../src/core/sample.ts'
import { NS_PER_SECOND } from '../../src/core/time.ts'

/** Whether a sample claims to be believed. */
export function isConfident(sample: LabelSample | TimeSample): boolean {
  return sample.kind === 'label' ? sample.valid : sample.quality !== 'unlocked'
}

/** Whether a sample says what the sky says: the second that it names, or the time within its own bound. */
export function isRight(sample: LabelSample | TimeSample, sky: EmulatorContext): boolean {
  if (sample.kind === 'time') {
    return abs(sample.taiNs - sky.skyTai(sample.monoNs)) <= sample.accuracyNs + sample.precisionNs
  }
  const tai = sky.skyTai(sample.firstByteAt)
  const second = sample.names === 'preceding-pulse' ? divFloor(tai, NS_PER_SECOND) : divCeil(tai, NS_PER_SECOND)
  return sample.firstByteAt <= sample.lastByteAt && sample.taiNs === second * NS_PER_SECOND
}
