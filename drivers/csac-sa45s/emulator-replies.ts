import type { MonoNs } from '../../src/core/time.ts'
import type { EmulatedReference } from '../oscillator/emulated-reference.ts'

const STEER_STEP_E15 = 1_000
const DELTA_E15_MAX = 20_000_000
const ABSOLUTE_E15_MAX = 2_000_000_000

/** The answer to a command, line end included; undefined for an empty one. `seconds` since power on. */
export function replyTo(
  reference: EmulatedReference,
  faults: ReadonlySet<string>,
  command: string,
  now: MonoNs,
  seconds: number,
): string | undefined {
  const fields = telemetry(reference, faults, now, seconds)
  switch (command) {
    case '!6':
    case '6':
      return line(fields.map(([name]) => name).join(','))
    case '!^':
    case '^':
      return line(fields.map(([, value]) => value).join(','))
    case '!F?':
    case 'F':
      return steer(reference)
    case '!M?':
    case 'M':
      return line(mode(reference, faults))
    case '!D?':
    case 'D':
      return line(String(reference.tauSeconds()))
    case '!MD':
    case '!Md':
      reference.setDisciplining(command === '!MD')
      return line(mode(reference, faults))
    default:
      return set(reference, command, now)
  }
}

function set(reference: EmulatedReference, command: string, now: MonoNs): string {
  const [, way, digits] = /^!F([AD])(-?\d{1,10})$/.exec(command) ?? []
  const asked = Number(digits)
  const tooFar = Math.abs(asked) > (way === 'A' ? ABSOLUTE_E15_MAX : DELTA_E15_MAX)
  if (way === undefined || tooFar) return line('?')
  const from = way === 'A' ? 0 : reference.tuningE15()
  reference.tune(Math.round((from + asked) / STEER_STEP_E15) * STEER_STEP_E15, now)
  return steer(reference)
}

function line(text: string): string {
  return `${text}\r\n`
}

/** `Steer = -123`, in 1e-12. */
function steer(reference: EmulatedReference): string {
  return line(`Steer = ${Math.round(reference.tuningE15() / STEER_STEP_E15)}`)
}

function hex(bits: number): string {
  return `0x${bits.toString(16).toUpperCase().padStart(4, '0')}`
}

function mode(reference: EmulatedReference, faults: ReadonlySet<string>): string {
  const discipline = disciplines(reference, faults) ? 0x0010 : 0
  return hex(discipline | (faults.has('auto-sync') ? 0x0008 : 0) | (faults.has('asleep') ? 0x0020 : 0))
}

function status(reference: EmulatedReference, faults: ReadonlySet<string>, now: MonoNs): number {
  if (faults.has('asleep')) return 9
  if (reference.isLocked(now)) return 0
  if (faults.has('unlocked')) return 3
  return Math.max(1, 8 - Math.floor(reference.warmth(now) * 8))
}

function alarms(faults: ReadonlySet<string>): number {
  const raised = (bit: number, name: string): number => (faults.has(name) ? bit : 0)
  return (
    raised(0x0001, 'contrast-low') |
    raised(0x0010, 'light-low') |
    raised(0x0080, 'heater-high') |
    raised(0x2000, 'laser-high') |
    raised(0x8000, 'unnamed-alarm')
  )
}

/** Names and values in the order in which this firmware tells them; the figures are those of the guide's example. */
function telemetry(
  reference: EmulatedReference,
  faults: ReadonlySet<string>,
  now: MonoNs,
  seconds: number,
): readonly (readonly [name: string, value: string])[] {
  const locked = reference.isLocked(now)
  const fields: readonly (readonly [string, string])[] = [
    ['Status', String(status(reference, faults, now))],
    ['Alarm', hex(alarms(faults))],
    ['SN', '1209CS00909'],
    ['Mode', mode(reference, faults)],
    ['Contrast', faults.has('contrast-low') ? '812' : locked ? '4381' : '0'],
    ['LaserI', faults.has('laser-high') ? '2.34' : '0.86'],
    ['TCXO', '1.573'],
    ['HeatP', faults.has('heater-high') ? '29.80' : '17.62'],
    ['Sig', faults.has('light-low') ? '0.104' : '0.996'],
    ['Temp', faults.has('wrong-units') ? '283' : '28.26'],
    ['Steer', String(Math.round(reference.tuningE15() / STEER_STEP_E15))],
    ['ATune', '---'],
    ['Phase', phase(reference, faults, now)],
    ['DiscOK', discipline(reference, faults)],
    ['TOD', String(seconds)],
    ['LTime', locked ? String(seconds) : '0'],
    ['Ver', '1.09'],
  ]
  if (!faults.has('other-firmware')) return fields
  const [first, second, ...others] = fields.filter(([name]) => name !== 'ATune')
  return first === undefined || second === undefined ? fields : [second, first, ...others]
}

/** A missing pulse shows in a unit that is to follow it alone, so the fault has it follow. */
function disciplines(reference: EmulatedReference, faults: ReadonlySet<string>): boolean {
  return reference.isDisciplining() || faults.has('no-pps-in')
}

function phase(reference: EmulatedReference, faults: ReadonlySet<string>, now: MonoNs): string {
  if (!disciplines(reference, faults)) return '---'
  const phaseNs = reference.phaseNs(now)
  return phaseNs === undefined ? 'NEEDREFPPS' : String(Math.round(phaseNs))
}

function discipline(reference: EmulatedReference, faults: ReadonlySet<string>): string {
  if (!disciplines(reference, faults)) return '---'
  if (!reference.hasPulseIn()) return '2'
  return reference.isDisciplineLocked() ? '1' : '0'
}
