import { ok, type Result } from '../../src/core/fault.ts'
import { all, expectFields, parseWhole } from './fields.ts'
import type { NmeaSentence } from './sentence.ts'
import type { Told } from './told.ts'

/**
 * MediaTek's `PMTK…` and Airoha's `PAIR…` (Quectel L70/L80 and LC29H manuals): answers to commands that somebody else sent, the greeting
 * after a start, and how the pulse is set. Every topic is one of these three, however many numbers there are. Fault: `nmea.field`.
 */
export function parseMediatek(sentence: NmeaSentence): Result<Told | undefined> {
  const message = /^(PMTK|PAIR)(\d{3})$/.exec(sentence.address)
  if (message === null) return ok(undefined)
  const [address, maker, number] = message
  if (number === '001') return parseAnswer(sentence, maker === 'PMTK' ? PMTK_RESULTS : PAIR_RESULTS)
  if (PULSE_SETTINGS.includes(address)) return parsePulse(sentence, address === 'PMTK424')
  return ok(STARTS.includes(address) ? { topic: 'start', alarms: [], details: { startedAgain: 'yes' } } : undefined)
}

const PMTK_RESULTS = ['invalid', 'unsupported', 'failed', 'done'] as const
const PAIR_RESULTS = ['done', 'failed', 'unsupported', 'invalid parameter', 'timed out'] as const
const STARTS = ['PMTK010', 'PAIR002']
const PULSE_SETTINGS = ['PMTK424', 'PAIR752', 'PAIR753']

/** `$PMTK001,command,result[,…]`, `$PAIR001,command,result`; gpsd has seen `-1` for a command that is none. */
function parseAnswer(sentence: NmeaSentence, results: readonly string[]): Result<Told> {
  const read = all([expectFields(sentence, 1), parseWhole(sentence, 1), parseWhole(sentence, 2)])
  if (!read.ok) return read
  const [, command, result] = read.value
  const inWords = result === undefined ? 'no result' : (results[result] ?? `result ${result}`)
  return ok({ topic: 'answer', alarms: [], details: { lastCommand: `${command ?? 'none'} ${inWords}` } })
}

const PAIR_PULSE_MODES = ['off', 'after the first fix', 'with a 3D fix', 'with a fix', 'always'] as const

/** `$PAIR752,mode,width ms`; `$PMTK424,TSIP,antenna,on,only with a fix,width` (Trimble Condor). */
function parsePulse(sentence: NmeaSentence, isCondor: boolean): Result<Told> {
  const read = all([parseWhole(sentence, isCondor ? 3 : 1), parseWhole(sentence, 4)])
  if (!read.ok) return read
  const [first, onlyWithFix] = read.value
  if (first === undefined) return ok({ topic: 'pulse', alarms: [], details: {} })
  const condor = first === 0 ? 'off' : onlyWithFix === 1 ? 'with a fix' : 'always'
  const pulseMode = isCondor ? condor : (PAIR_PULSE_MODES[first] ?? String(first))
  const reason = `${sentence.address}: expected the pulse to be on, got off`
  return ok({
    topic: 'pulse',
    alarms: pulseMode === 'off' ? [{ code: 'gnss.pulse-off', reason, doubtsLabels: false }] : [],
    details: { pulseMode },
  })
}
