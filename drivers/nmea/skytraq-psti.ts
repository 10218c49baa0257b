import { ok, type Result } from '../../src/core/fault.ts'
import { all, expectFields, parseChoice, parseDecimal, parseWhole } from './fields.ts'
import type { NmeaSentence } from './sentence.ts'
import type { Told } from './told.ts'

const TIMING_MODES = ['0', '1', '2'] as const
const NAMES = { '0': 'navigation', '1': 'survey', '2': 'hold' } as const
/** No receiver has ticks so long; a larger number is none that anybody should correct by. */
const QUANTIZATION_NS_MAX = 1000
const PS_PER_NS = 1000

/**
 * SkyTraq timing receivers: `$PSTI,00,timing mode,survey length,quantization error ns`, like `$PSTI,00,1,1985,-12.4`. The error is
 * taken as that of the pulse before the sentence, positive for late. No document at hand says so, and one measurement (a PX1125T)
 * found it to follow the length of the second and not the phase: whoever corrects by it must have seen that it helps. Fault: `nmea.field`.
 */
export function parsePsti(sentence: NmeaSentence): Result<Told | undefined> {
  if (sentence.fields[1] !== '00') return ok(undefined)
  const read = all([
    expectFields(sentence, 4),
    parseChoice(sentence, 2, TIMING_MODES),
    parseWhole(sentence, 3),
    parseDecimal(sentence, 4),
  ])
  if (!read.ok) return read
  const [, mode, surveyLength, errorNs] = read.value
  const isPlausible = errorNs !== undefined && Math.abs(errorNs) <= QUANTIZATION_NS_MAX
  return ok({
    topic: 'PSTI,00',
    ...(isPlausible ? { pulseLatePs: BigInt(Math.round(errorNs * PS_PER_NS)) } : {}),
    alarms: [],
    details: {
      positionMode: NAMES[mode],
      ...(surveyLength === undefined ? {} : { surveySeconds: surveyLength }),
      ...(isPlausible ? { quantizationErrorNs: errorNs } : {}),
    },
  })
}
