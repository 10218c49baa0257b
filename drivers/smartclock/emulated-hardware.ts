import { bitsOf } from './condition-registers.ts'
import type { FaultName } from './emulator-faults.ts'
import type { Panel } from './panel.ts'

type HardwarePanel = Pick<
  Panel,
  'hardwareCondition' | 'efcPercent' | 'isAlarmLit' | 'clearAlarm' | 'antennaDelayNs' | 'setAntennaDelay'
>

/** What is wrong with the boxes behind the panel, and the lamp that tells of it until somebody puts it out. */
export interface EmulatedHardware extends HardwarePanel {
  /** Something has happened that lights the lamp by the factory's mask. */
  lightAlarm(): void
}

/** As recorded from a Z3805A. */
const EFC_PERCENT = -16.8528
const EFC_PERCENT_AT_LIMIT = 99.9756

export function createEmulatedHardware(faults: ReadonlySet<FaultName>, clearErrors: () => void): EmulatedHardware {
  let antennaDelayNs = 0
  let isLit = false
  const condition = (): number =>
    bitsOf(
      [4, faults.has('oven-supply')],
      [6, faults.has('efc-at-limit')],
      [7, faults.has('efc-at-limit')],
      [8, faults.has('gps-pulse-failure')],
    )
  return {
    hardwareCondition: condition,
    efcPercent: () => (faults.has('efc-at-limit') ? EFC_PERCENT_AT_LIMIT : EFC_PERCENT),
    isAlarmLit() {
      isLit ||= condition() !== 0
      return isLit
    },
    lightAlarm() {
      isLit = true
    },
    clearAlarm() {
      isLit = false
      clearErrors()
    },
    antennaDelayNs: () => antennaDelayNs,
    setAntennaDelay(ns) {
      antennaDelayNs = ns
    },
  }
}
