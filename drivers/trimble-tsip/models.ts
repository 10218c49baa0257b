import type { LineSettings } from '../driver.ts'
import type { TrimbleTsipEmulatorOptions } from './options.ts'

/** What tells the emulated models apart on the line. */
export interface Model {
  /** Its oscillator is disciplined: holdover and recovery, and no quantization error. */
  readonly disciplined: boolean
  /** Sent in 1C-83; undefined for models that refuse 1C. */
  readonly component: { readonly hardwareCode: number; readonly product: string } | undefined
  readonly reportsQuantization: boolean
  /** Refuses 5C and 6D, and has 5D and 6C for more than one constellation. */
  readonly multiGnss: boolean
  /** From the pulse to the first byte of 8F-AB, ms: what NTP's driver assumes less the length of the packet. */
  readonly packetAfterPulseMs: number
  /** 8F-AB in UTC or in GPS time as it leaves the factory, and the scale of the pulse. */
  readonly timeScaleBits: number
  readonly line: LineSettings
  /** Bytes 7 on of 8F-A9. */
  readonly surveyRest: Uint8Array
}

const LINE_8N1: LineSettings = { baudRate: 9600, parity: 'none', dataBits: 8 }
const LINE_8O1: LineSettings = { baudRate: 9600, parity: 'odd', dataBits: 8 }

const THUNDERBOLT: Model = {
  disciplined: true,
  component: undefined,
  reportsQuantization: false,
  multiGnss: false,
  packetAfterPulseMs: 15,
  timeScaleBits: 0b11,
  line: LINE_8N1,
  surveyRest: new Uint8Array(4),
}

const RESOLUTION: Model = {
  ...THUNDERBOLT,
  disciplined: false,
  reportsQuantization: true,
  packetAfterPulseMs: 380,
  timeScaleBits: 0,
  line: LINE_8O1,
}

/** Two singles of 100: how uncertain a surveyed place may be, as a RES SMT 360 said it. */
const UNCERTAINTIES = Uint8Array.of(0x42, 0xc8, 0, 0, 0x42, 0xc8, 0, 0)

const SMT_360: Model = {
  ...RESOLUTION,
  reportsQuantization: false,
  multiGnss: true,
  surveyRest: UNCERTAINTIES,
}

/** Hardware codes from gpsd's driver; 3023 was recorded with its name, the names of the others are ours. */
export const MODELS: Readonly<Record<TrimbleTsipEmulatorOptions['model'], Model>> = {
  thunderbolt: THUNDERBOLT,
  'thunderbolt-e': { ...THUNDERBOLT, component: { hardwareCode: 3007, product: 'ThunderBolt E' } },
  'resolution-t': { ...RESOLUTION, component: { hardwareCode: 3002, product: 'Resolution T' } },
  'resolution-smt': { ...RESOLUTION, component: { hardwareCode: 3009, product: 'Resolution SMT' } },
  'resolution-smtx': { ...RESOLUTION, component: { hardwareCode: 3017, product: 'Resolution SMTx' } },
  'res-smt-360': { ...SMT_360, component: { hardwareCode: 3023, product: 'ResSMT 360' } },
  'icm-smt-360': { ...SMT_360, disciplined: true, component: { hardwareCode: 3026, product: 'IcmSMT 360' } },
  'acutime-360': {
    ...SMT_360,
    packetAfterPulseMs: 30,
    line: { baudRate: 115_200, parity: 'odd', dataBits: 8 },
    component: { hardwareCode: 3032, product: 'Acutime 360' },
  },
}
