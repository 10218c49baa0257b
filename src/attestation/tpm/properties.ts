import { concatBytes } from '../../core/bytes.ts'
import type { Result } from '../../core/fault.ts'
import { u32 } from '../tpm-writer.ts'
import { ask, type Tpm } from './tpm.ts'

const TPM_CC_GET_CAPABILITY = 0x0000_017a
const TPM_CAP_TPM_PROPERTIES = 6
/** TPM_PT_FIXED (part 2, 6.13): family, manufacturer, four pieces of a name, and the firmware's version in two. */
const PT_FAMILY_INDICATOR = 0x100
const PT_MANUFACTURER = 0x105
const PT_VENDOR_STRINGS = [0x106, 0x107, 0x108, 0x109]
const PT_FIRMWARE_VERSION_1 = 0x10b
const PT_FIRMWARE_VERSION_2 = 0x10c
const PROPERTIES_ASKED = PT_FIRMWARE_VERSION_2 - PT_FAMILY_INDICATOR + 1

/** What a TPM says it is. */
export interface TpmProperties {
  /** `2.0`, or what came instead. */
  readonly family: string
  /** Four characters of the TCG's registry of vendors, as `IBM` or `NTC`. */
  readonly manufacturer: string
  readonly model: string
  /** As the quotes of this TPM show it. */
  readonly firmwareVersion: bigint
}

/** TPM2_GetCapability(TPM_CAP_TPM_PROPERTIES). */
export function readProperties(tpm: Tpm): Promise<Result<TpmProperties>> {
  const command = {
    name: 'TPM2_GetCapability',
    code: TPM_CC_GET_CAPABILITY,
    handles: [],
    authorizations: [],
    parameters: concatBytes(u32(TPM_CAP_TPM_PROPERTIES), u32(PT_FAMILY_INDICATOR), u32(PROPERTIES_ASKED)),
  }
  return ask(tpm, command, (from) => {
    from.u8()
    from.u32()
    const count = from.u32()
    if (count > PROPERTIES_ASKED) from.refuse(`at most ${PROPERTIES_ASKED} properties`, `${count}`)
    const values = new Map<number, number>()
    for (let index = 0; index < Math.min(count, PROPERTIES_ASKED); index++) values.set(from.u32(), from.u32())
    const wordOf = (property: number): number => values.get(property) ?? 0
    const version = [PT_FIRMWARE_VERSION_1, PT_FIRMWARE_VERSION_2].map((part) => BigInt(wordOf(part)))
    return {
      family: textOf([wordOf(PT_FAMILY_INDICATOR)]),
      manufacturer: textOf([wordOf(PT_MANUFACTURER)]),
      model: textOf(PT_VENDOR_STRINGS.map(wordOf)),
      firmwareVersion: ((version[0] ?? 0n) << 32n) | (version[1] ?? 0n),
    }
  })
}

/** Four characters a word, of which some TPMs leave the last ones zero or blank; what is not printable, and blanks in a row, are left out. */
function textOf(words: readonly number[]): string {
  const bytes = concatBytes(...words.map((word) => u32(word)))
  return String.fromCharCode(...bytes.filter((byte) => byte >= 0x20 && byte < 0x7f))
    .replaceAll(/ +/g, ' ')
    .trim()
}
