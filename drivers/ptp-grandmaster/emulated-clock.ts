import type { Prng } from '../../src/core/prng.ts'
import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus, type TaiNs } from '../../src/core/time.ts'
import type { EmulatorContext } from '../driver.ts'
import type { FaultName } from './emulator-faults.ts'

/** What the clock of an emulated grandmaster shows, with the noise of its stamps and with its faults. */
export interface EmulatedClock {
  timeAt(at: MonoNs): TaiNs
  /** A drift begins anew. */
  faultsChanged(): void
}

const STEP_NS = NS_PER_MILLISECOND
const DRIFT_PPB = 1_000n

export function createEmulatedClock(
  sky: EmulatorContext,
  isOn: (fault: FaultName) => boolean,
  prng: Prng,
  stampNoiseNs: number,
): EmulatedClock {
  let driftingSince: MonoNs | undefined
  return {
    timeAt: (at) => {
      let wrongNs = 0n
      if (isOn('step-ahead')) wrongNs += STEP_NS
      if (isOn('step-back')) wrongNs -= STEP_NS
      if (isOn('drift')) {
        driftingSince ??= at
        wrongNs += (between(driftingSince, at) * DRIFT_PPB) / NS_PER_SECOND
      }
      return plus(sky.skyTai(at), wrongNs + BigInt(Math.round(prng.nextNormal() * stampNoiseNs)))
    },
    faultsChanged: () => {
      driftingSince = undefined
    },
  }
}
