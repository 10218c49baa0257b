import type { QueryName } from './protocol.ts'

/** What a unit measures of itself: how an answer is shown, and between which limits it is well. */
export interface Measurement {
  readonly query: QueryName
  /** By value of the answer. */
  readonly values: readonly MeasuredValue[]
  /** Raised when a value is beyond a limit: `hp5071a.` and this. */
  readonly alarm?: string
}

export interface MeasuredValue {
  /** The unit is in the name. */
  readonly detail: string
  /** From the unit of the answer to that of the name. */
  readonly scale: number
  readonly min?: number
  readonly max?: number
}

/**
 * Limits. Ion pump: above 50 µA the unit does not even warm up; electron multiplier: its supply gives 900 to 2500 V (both:
 * Assembly-Level Service Manual 05071-90040, "Cesium Beam Tube Block"). Temperature: 0 to 55 °C (data sheet). Beam current,
 * oscillator control and supplies: our own choice, until somebody says better.
 */
export const MEASUREMENTS: readonly Measurement[] = [
  { query: 'beam', alarm: 'beam', values: [{ detail: 'beamNanoamperes', scale: 1e9, min: 5 }] },
  { query: 'pump', alarm: 'ion-pump', values: [{ detail: 'ionPumpMicroamperes', scale: 1e6, max: 50 }] },
  { query: 'cField', values: [{ detail: 'cFieldMilliamperes', scale: 1e3 }] },
  { query: 'gain', values: [{ detail: 'gainPercent', scale: 100 }] },
  {
    query: 'rfAmplitude',
    values: [
      { detail: 'rfAmplitude1Percent', scale: 100 },
      { detail: 'rfAmplitude2Percent', scale: 100 },
    ],
  },
  { query: 'temperature', alarm: 'temperature', values: [{ detail: 'celsius', scale: 1, min: 0, max: 55 }] },
  { query: 'oven', values: [{ detail: 'beamTubeOvenVolts', scale: 1 }] },
  { query: 'multiplier', alarm: 'multiplier', values: [{ detail: 'multiplierVolts', scale: 1, min: 0, max: 2_450 }] },
  { query: 'ionizer', values: [{ detail: 'ionizerVolts', scale: 1 }] },
  { query: 'spectrometer', values: [{ detail: 'spectrometerVolts', scale: 1 }] },
  { query: 'oscillatorOven', values: [{ detail: 'oscillatorOvenVolts', scale: 1 }] },
  { query: 'control', alarm: 'control', values: [{ detail: 'controlPercent', scale: 1, min: -95, max: 95 }] },
  {
    query: 'loops',
    values: ['dro', 'saw', 'loop87', 'processor'].map((name) => ({ detail: `${name}TuningVolts`, scale: 1 })),
  },
  {
    query: 'supplies',
    alarm: 'supply-voltage',
    // The manual lists four values, units answer three.
    values: [
      { detail: 'supply5Volts', scale: 1, min: 4.5, max: 5.5 },
      { detail: 'supply12Volts', scale: 1, min: 10.8, max: 13.2 },
      { detail: 'supplyMinus12Volts', scale: 1, min: -13.2, max: -10.8 },
    ],
  },
]

/** A sentence for a value beyond its limits; the multiplier's voltage counts by its size, however it is signed. */
export function complaintOf({ detail, min, max }: MeasuredValue, value: number): string | undefined {
  const size = detail === 'multiplierVolts' ? Math.abs(value) : value
  if (min !== undefined && size < min) return `${detail}: expected at least ${min}, got ${value}`
  if (max !== undefined && size > max) return `${detail}: expected at most ${max}, got ${value}`
  return undefined
}
