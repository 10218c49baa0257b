/**
 * The loop by which an emulated reference follows the pulse at its input: proportional and integral, critically damped,
 * one step a second. What a real unit's loop does beyond its time constant is not published.
 */
export interface EmulatedDiscipline {
  /** The frequency correction for the next second, 1e-15. `phaseNs`: own pulse ahead of the input's, ns. */
  step(phaseNs: number, tauSeconds: number): number
  /** Whether the phase has stayed within the threshold long enough. */
  isLocked(): boolean
  /** Begins anew from a correction, 1e-15. */
  restart(fromE15: number): void
}

/** An offset of 1e-15 is 1e-6 ns a second. */
const E15_PER_NS_A_SECOND = 1e6
const CALM_SECONDS = 5

export function createEmulatedDiscipline(thresholdNs: number, limitE15: number): EmulatedDiscipline {
  let integralE15 = 0
  let calmSeconds = 0
  const within = (value: number): number => Math.max(-limitE15, Math.min(limitE15, value))
  return {
    step(phaseNs, tauSeconds) {
      calmSeconds = Math.abs(phaseNs) <= thresholdNs ? calmSeconds + 1 : 0
      integralE15 = within(integralE15 - (phaseNs / tauSeconds ** 2) * E15_PER_NS_A_SECOND)
      return within(integralE15 - ((2 * phaseNs) / tauSeconds) * E15_PER_NS_A_SECOND)
    },
    isLocked: () => calmSeconds >= CALM_SECONDS,
    restart(fromE15) {
      integralE15 = within(fromE15)
      calmSeconds = 0
    },
  }
}
