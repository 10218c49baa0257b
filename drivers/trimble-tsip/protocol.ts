import { ok, type Result } from '../../src/core/fault.ts'
import type { PacketPiece } from './framing.ts'
import {
  type Identity,
  parseFirmware,
  parseHardware,
  parseManufacturing,
  parseProduction,
  parseVersion,
} from './identity.ts'
import { packetName, sizedData } from './packet-fields.ts'
import { type PrimaryTiming, parsePrimaryTiming } from './primary-timing.ts'
import {
  type BroadcastMask,
  parseBroadcastMask,
  parseSurvey,
  parseTimeScale,
  type SurveySetting,
  type TimeScaleSetting,
} from './settings.ts'
import { parseSupplementalTiming, type SupplementalTiming } from './supplemental-timing.ts'

/** What a receiver says, one packet at a time. */
export type TsipReport =
  | { readonly type: 'primary'; readonly timing: PrimaryTiming }
  | { readonly type: 'supplemental'; readonly timing: SupplementalTiming }
  | { readonly type: 'identity'; readonly identity: Identity }
  | { readonly type: 'broadcast-mask'; readonly mask: BroadcastMask }
  | { readonly type: 'time-scale'; readonly scale: TimeScaleSetting }
  | { readonly type: 'survey'; readonly survey: SurveySetting }
  /** 6C, 6D: how many satellites the fix is made of. */
  | { readonly type: 'satellites'; readonly used: number }
  /** 13: a command that the receiver cannot make out, or does not know. */
  | { readonly type: 'refusal'; readonly of: string }
  | { readonly type: 'other' }

/** Understands a packet; what is not for timing is `other`. Faults: `tsip.length`, `tsip.field`. */
export function parseReport({ id, data }: PacketPiece): Result<TsipReport> {
  switch (id) {
    case 0x8f:
      return parseSuperPacket(data)
    case 0x45:
      return identity(parseVersion(data))
    case 0x1c:
      if (data[0] === 0x81) return identity(parseFirmware(data))
      return data[0] === 0x83 ? identity(parseHardware(data)) : ok({ type: 'other' })
    case 0x6d: {
      // The upper half of the first byte is the number of satellites, whose numbers follow the four DOPs.
      const used = (data[0] ?? 0) >> 4
      const view = sizedData('6D', data, 17 + used)
      return view.ok ? ok({ type: 'satellites', used }) : view
    }
    case 0x6c: {
      const used = data[17] ?? 0
      const view = sizedData('6C', data, 18 + used)
      return view.ok ? ok({ type: 'satellites', used }) : view
    }
    case 0x13:
      return ok({ type: 'refusal', of: commandKey(data) })
    default:
      return ok({ type: 'other' })
  }
}

function parseSuperPacket(data: Uint8Array): Result<TsipReport> {
  switch (data[0]) {
    case 0xab: {
      const timing = parsePrimaryTiming(data)
      return timing.ok ? ok({ type: 'primary', timing: timing.value }) : timing
    }
    case 0xac: {
      const timing = parseSupplementalTiming(data)
      return timing.ok ? ok({ type: 'supplemental', timing: timing.value }) : timing
    }
    case 0xa5: {
      const mask = parseBroadcastMask(data)
      return mask.ok ? ok({ type: 'broadcast-mask', mask: mask.value }) : mask
    }
    case 0xa2: {
      const scale = parseTimeScale(data)
      return scale.ok ? ok({ type: 'time-scale', scale: scale.value }) : scale
    }
    case 0xa9: {
      const survey = parseSurvey(data)
      return survey.ok ? ok({ type: 'survey', survey: survey.value }) : survey
    }
    case 0x41:
      return identity(parseManufacturing(data))
    case 0x42:
      return identity(parseProduction(data))
    default:
      return ok({ type: 'other' })
  }
}

function identity(parsed: Result<Identity>): Result<TsipReport> {
  return parsed.ok ? ok({ type: 'identity', identity: parsed.value }) : parsed
}

/** Packets whose first byte of data says which of several it is. */
const WITH_SUBCODE: readonly number[] = [0x1c, 0x8e, 0x8f, 0xbb]

/** `1F`, `8E-A5`: what a command is called; `body` begins with its id. */
export function commandKey(body: Uint8Array): string {
  const [id = 0, subcode] = body
  return packetName(id, WITH_SUBCODE.includes(id) ? subcode : undefined)
}

/** The name of a report, for a question that waits for it. */
export function reportKey({ id, data }: PacketPiece): string {
  return packetName(id, WITH_SUBCODE.includes(id) ? data[0] : undefined)
}
