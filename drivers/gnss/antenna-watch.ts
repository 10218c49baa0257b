import { type MonoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'

/** A position on the ellipsoid, and the half-width of its error. */
export interface AntennaPosition {
  readonly latitudeDegrees: number
  readonly longitudeDegrees: number
  readonly accuracyMetres: number
}

/**
 * The antenna of a time appliance stands still. When its position leaves the place that it had at first, somebody has moved
 * it, or the signals are not those of the sky. A receiver with a fixed position tells that one whatever it hears.
 */
export interface AntennaWatch {
  note(position: AntennaPosition, at: MonoNs): void
  /** A sentence while something is wrong. */
  alarm(now: MonoNs): string | undefined
  forget(): void
}

const POSITIONS_LEARNT = 10
/** A position that is worse than this says nothing. */
const ACCURACY_METRES_MAX = 50
/** Single-frequency positions wander by some metres, with reflections by some tens. */
const AWAY_METRES_MIN = 100
const ACCURACIES_AWAY = 4
const POSITIONS_IN_A_ROW = 5
const HOLD_NS = 20n * NS_PER_SECOND
const METRES_PER_DEGREE = 111_320

export function createAntennaWatch(): AntennaWatch {
  let place: { latitudeDegrees: number; longitudeDegrees: number; count: number } | undefined
  let awayInARow = 0
  let alarm: { readonly text: string; readonly until: MonoNs } | undefined

  return {
    note(position, at) {
      if (!(position.accuracyMetres <= ACCURACY_METRES_MAX)) return
      if (place === undefined) {
        place = { ...position, count: 1 }
        return
      }
      const metres = distanceMetres(place, position)
      const away = metres > Math.max(AWAY_METRES_MIN, ACCURACIES_AWAY * position.accuracyMetres)
      awayInARow = away ? awayInARow + 1 : 0
      if (place.count < POSITIONS_LEARNT) {
        // The first positions have to agree among themselves before they are a place.
        if (away) place = { ...position, count: 1 }
        else mean(place, position)
      } else if (awayInARow >= POSITIONS_IN_A_ROW) {
        const text = `The antenna is ${Math.round(metres)} m from the place where it was at first.`
        alarm = { text, until: plus(at, HOLD_NS) }
      }
    },
    alarm: (now) => (alarm !== undefined && now < alarm.until ? alarm.text : undefined),
    forget() {
      place = undefined
      awayInARow = 0
      alarm = undefined
    },
  }
}

function mean(place: { latitudeDegrees: number; longitudeDegrees: number; count: number }, position: AntennaPosition) {
  place.count += 1
  place.latitudeDegrees += (position.latitudeDegrees - place.latitudeDegrees) / place.count
  place.longitudeDegrees += wrapped(position.longitudeDegrees - place.longitudeDegrees) / place.count
}

type Place = Pick<AntennaPosition, 'latitudeDegrees' | 'longitudeDegrees'>

/** On the tangential plane: right to a percent for what is near, and far for what is far. */
function distanceMetres(a: Place, b: Place): number {
  const north = b.latitudeDegrees - a.latitudeDegrees
  const east = wrapped(b.longitudeDegrees - a.longitudeDegrees) * Math.cos((a.latitudeDegrees * Math.PI) / 180)
  return Math.hypot(north, east) * METRES_PER_DEGREE
}

/** Across the antimeridian. */
function wrapped(degrees: number): number {
  return degrees > 180 ? degrees - 360 : degrees < -180 ? degrees + 360 : degrees
}
