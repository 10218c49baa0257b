import type { UbloxOptions } from './options.ts'

/** A survey of the antenna's position, in the receivers' units. */
export function surveyOf({ surveyIn }: UbloxOptions) {
  if (surveyIn === undefined) return undefined
  return { minSeconds: surveyIn.minSeconds, accuracyMm: Math.round(1000 * surveyIn.accuracyMetres) }
}

/** The antenna's position, in the receivers' units. */
export function fixedPositionOf({ fixedPosition }: UbloxOptions) {
  if (fixedPosition === undefined) return undefined
  const { latitudeDegrees, longitudeDegrees, heightMetres, accuracyMetres } = fixedPosition
  return {
    latitudeE7: Math.round(1e7 * latitudeDegrees),
    longitudeE7: Math.round(1e7 * longitudeDegrees),
    heightCm: Math.round(100 * heightMetres),
    accuracyMm: Math.round(1000 * accuracyMetres),
  }
}
