import { PORTS, type Port } from './configuration-keys.ts'
import { encodeFrame, UBX } from './frame.ts'
import { keySettings } from './key-settings.ts'
import {
  messageSetting,
  rateSetting,
  timeMode2Setting,
  timeMode3Setting,
  timePulseSetting,
} from './message-settings.ts'
import type { Version } from './monitor-messages.ts'
import type { UbloxOptions } from './options.ts'
import type { UbxMessage } from './protocol.ts'
import type { Setting } from './setting.ts'
import { dialectOf, wantedMessages } from './wanted-messages.ts'

/** What a receiver of one version, on one of its ports, is to be set to. */
export interface ConfigurationPlan {
  readonly settings: readonly Setting[]
  /** The messages that must come every second once it is so set; TIM-TP may wait for a fix. */
  readonly needed: readonly number[]
  /** What was set is to be kept, and it takes CFG-CFG to do so. */
  readonly savesByMessage: boolean
}

export function planConfiguration(version: Version, port: Port, options: UbloxOptions): ConfigurationPlan {
  const wanted = wantedMessages(version, options)
  const needed = wanted.flatMap(({ key, epochs, required }) =>
    required && epochs === 1 && key !== UBX.timTp ? [key] : [],
  )
  if (dialectOf(version) === 'keys') {
    return { settings: keySettings(wanted, port, options), needed, savesByMessage: false }
  }
  // High-precision receivers of generation 8 have a time mode with decimals.
  const timeMode = version.firmware?.startsWith('HPG') === true ? timeMode3Setting(options) : timeMode2Setting(options)
  const settings = [
    rateSetting(),
    ...wanted.map((message) => messageSetting(message, PORTS.indexOf(port))),
    ...(options.timePulse === 'keep' || !hasTimePulse5(version) ? [] : [timePulseSetting(options.timePulse)]),
    ...(timeMode === undefined ? [] : [timeMode]),
  ]
  return { settings, needed, savesByMessage: options.save }
}

/** Generation 6, by its hardware. What came before has an older CFG-TP, which is left as it is. */
const HARDWARE_6 = '00040007'

function hasTimePulse5({ protocol, hardware }: Version): boolean {
  return protocol !== undefined || hardware >= HARDWARE_6
}

const PRT_BYTES = 20

/** The port that a CFG-PRT without a port's number is answered for: the one that was asked on. */
export function portOf(message: UbxMessage): Port | undefined {
  if (message.type !== 'setting' || message.key !== UBX.cfgPrt || message.payload.length !== PRT_BYTES) return undefined
  return PORTS[message.payload[0] ?? PORTS.length]
}

/** CFG-CFG: saves all sections, to battery-backed memory and flash. */
export const SAVE = encodeFrame(UBX.cfgCfg, Uint8Array.of(0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0x03))
