import { encodeFrame, UBX } from './frame.ts'
import type { UbloxEmulatorOptions } from './options.ts'

interface Model {
  readonly software: string
  readonly hardware: string
  readonly extensions: readonly string[]
  /** The raster that its pulses fall on, ns. */
  readonly tickNs: number
  /** How its clock runs against the satellites, ns a second, as recorded. */
  readonly clockDriftNs: number
  /** `srcOfCurrLs` once a satellite has told. */
  readonly leapSource: number
  /** How far its amplifier is open under a clear sky, 0 to 1. */
  readonly gain: number
}

/** The strings of a ZED-F9T are on record (gpsd's ublox-zed-f9t); those of a NEO-M8T are as its release notes have them. */
export const MODELS: Readonly<Record<UbloxEmulatorOptions['model'], Model>> = {
  'NEO-M8T': {
    software: 'EXT CORE 3.01 (111141)',
    hardware: '00080000',
    extensions: [
      'ROM BASE 2.01 (75331)',
      'FWVER=TIM 1.10',
      'PROTVER=22.00',
      'MOD=NEO-M8T-0',
      'FIS=0xEF4015 (100111)',
      'GPS;GLO;GAL;BDS',
      'SBAS;IMES;QZSS',
    ],
    tickNs: 1000 / 48,
    clockDriftNs: -181,
    leapSource: 2,
    gain: 0.42,
  },
  'ZED-F9T': {
    software: 'EXT CORE 1.00 (535349)',
    hardware: '00190000',
    extensions: [
      'ROM BASE 0x3BFC8935',
      'FWVER=TIM 2.25',
      'PROTVER=29.25',
      'MOD=ZED-F9T',
      'GPS;GLO;GAL;BDS',
      'SBAS;QZSS',
    ],
    tickNs: 8,
    clockDriftNs: 63,
    leapSource: 2,
    gain: 0.6,
  },
}

const SOFTWARE_BYTES = 30
const HARDWARE_BYTES = 10
const EXTENSION_BYTES = 30

export function versionFrame({ software, hardware, extensions }: Model): Uint8Array {
  const payload = new Uint8Array(SOFTWARE_BYTES + HARDWARE_BYTES + EXTENSION_BYTES * extensions.length)
  const put = (text: string, at: number): void => {
    for (let index = 0; index < text.length; index++) payload[at + index] = text.charCodeAt(index)
  }
  put(software, 0)
  put(hardware, SOFTWARE_BYTES)
  for (const [index, extension] of extensions.entries()) {
    put(extension, SOFTWARE_BYTES + HARDWARE_BYTES + EXTENSION_BYTES * index)
  }
  return encodeFrame(UBX.monVer, payload)
}

/** What it says of itself when it starts. */
export function bannerLines({ software, hardware, extensions }: Model): readonly string[] {
  return ['u-blox AG - www.u-blox.com', `HW UBX ${hardware}`, software, ...extensions, 'ANTSUPERV=AC SD PDoS SR']
}
