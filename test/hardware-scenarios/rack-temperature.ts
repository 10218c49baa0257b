import type { Prng } from '../../src/core/prng.ts'

/** The air of a rack, and an oscillator in it that follows it late. */
export interface Rack {
  advance(seconds: number): void
  /** °C, of the air and of the oscillator. */
  air(): number
  oscillator(): number
}

const DAY_S = 86_400
const MEAN_C = 28
/** Air conditioning goes on and off. */
const COOLING_K = 0.4
const COOLING_S = 1_500
/** What is left is the load of the machines: it wanders, and forgets itself in hours. */
const LOAD_K = 0.7
const LOAD_S = 7_200

/** `swingK`: half of what lies between day and night; `lagS`: the oscillator's thermal mass. */
export function createRack(prng: Prng, swingK: number, lagS: number): Rack {
  const phase = prng.nextUnit() * 2 * Math.PI
  let elapsed = 0
  let load = LOAD_K * prng.nextNormal()
  const air = (): number =>
    MEAN_C +
    swingK * Math.sin((2 * Math.PI * elapsed) / DAY_S + phase) +
    COOLING_K * Math.sin((2 * Math.PI * elapsed) / COOLING_S) +
    load
  let inside = air()
  return {
    advance: (seconds) => {
      elapsed += seconds
      const kept = Math.exp(-seconds / LOAD_S)
      load = load * kept + LOAD_K * Math.sqrt(1 - kept * kept) * prng.nextNormal()
      inside += (air() - inside) * (lagS === 0 ? 1 : 1 - Math.exp(-seconds / lagS))
    },
    air,
    oscillator: () => inside,
  }
}

/** What a thermometer says at so many seconds, of the rack that it is in; undefined: nothing. */
export type Sensor = (second: number) => number | undefined

export interface SensorWorld {
  readonly rack: Rack
  readonly prng: Prng
  /** When the sky is lost. */
  readonly lostS: number
}

/** Thermometers, by what is the matter with them. Those that go bad do so when nobody can compare any more. */
export const SENSORS: Readonly<Record<string, (world: SensorWorld) => Sensor>> = {
  none: () => () => undefined,
  'of the air, to 0.1 K':
    ({ rack }) =>
    () =>
      rounded(rack.air(), 0.1),
  'of the air, to 1 K':
    ({ rack }) =>
    () =>
      rounded(rack.air(), 1),
  'of something else': ({ prng }) => {
    const other = createRack(prng, 4, 600)
    let before = 0
    return (second) => {
      other.advance(second - before)
      before = second
      return rounded(other.air() + 0.3 * prng.nextNormal(), 0.1)
    }
  },
  'of the air, stuck when the sky is lost': ({ rack, lostS }) => {
    let stuck = 0
    return (second) => {
      if (second <= lostS) stuck = rounded(rack.air(), 0.1)
      return stuck
    }
  },
  'of the air, 6 K higher an hour after':
    ({ rack, lostS }) =>
    (second) =>
      rounded(rack.air() + (second > lostS + 3_600 ? 6 : 0), 0.1),
  'of the air, the other way round after': ({ rack, lostS }) => {
    let atLoss = 0
    return (second) => {
      if (second <= lostS) atLoss = rack.air()
      return rounded(second <= lostS ? rack.air() : 2 * atLoss - rack.air(), 0.1)
    }
  },
  'of the air, silent two hours after':
    ({ rack, lostS }) =>
    (second) =>
      second > lostS + 7_200 ? undefined : rounded(rack.air(), 0.1),
}

function rounded(celsius: number, step: number): number {
  return Math.round(celsius / step) * step
}
