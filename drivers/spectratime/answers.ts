import { ok, type Result } from '../../src/core/fault.ts'
import type { MonoNs } from '../../src/core/time.ts'
import type { Readings } from './health.ts'
import { parseMonitor, parseState, type QueryName } from './protocol.ts'

type Answered = Exclude<QueryName, 'timeBefore' | 'date' | 'timeAfter'>

/** What is known once a question has been answered; the form of the answer has been checked. Fault: `spectratime.reply`. */
export function takeAnswer(readings: Readings, name: Answered, text: string, at: MonoNs): Result<Readings> {
  switch (name) {
    case 'state': {
      const state = parseState(text)
      return state.ok ? ok({ ...readings, state: { value: state.value, at } }) : state
    }
    case 'monitor': {
      const monitor = parseMonitor(text)
      return monitor.ok ? ok({ ...readings, monitor: monitor.value }) : monitor
    }
    case 'tracking':
      return ok(detailed({ ...readings, isTracking: text === '1' }, 'tracking', text === '1'))
    case 'frequency':
      return ok({ ...readings, frequencySteps: Number(text) })
    case 'synchronization':
      return ok(detailed(readings, 'synchronizes', text === '1'))
    case 'saving':
      return ok(detailed(readings, 'savesFrequency', text))
    case 'delay':
      // Question marks where there is no reference.
      return ok(text.includes('?') ? readings : detailed(readings, 'outputDelayNs', Number(text)))
    case 'pulseWidth':
      return ok(detailed(readings, 'pulseWidthNs', Number(text)))
    case 'alignment':
      return ok(detailed(readings, 'rawAdjust', Number(text)))
    case 'serial':
      return ok(detailed(readings, 'serial', text))
  }
}

function detailed(readings: Readings, name: string, value: string | number | boolean): Readings {
  return { ...readings, details: { ...readings.details, [name]: value } }
}
