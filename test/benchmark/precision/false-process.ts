import { fileURLToPath } from 'node:url'
import type { Distortion } from './distortion.ts'

const PRELOAD = fileURLToPath(new URL('preload.ts', import.meta.url))
/** `false-clock.ts` reads it; it is not imported from there, which would need a distortion here. */
export const DISTORTION_VARIABLE = 'QUORUMTIME_BENCHMARK_DISTORTION'

/** The environment in which a program of ours has a false clock, with all its threads. */
export function falseEnvironment(distortion: Distortion): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--import ${PRELOAD}`, [DISTORTION_VARIABLE]: JSON.stringify(distortion) }
}

/** The words of a command line that runs a program with a false clock. */
export function withFalseClock(distortion: Distortion, program: readonly string[]): readonly string[] {
  const settings = Object.entries(falseEnvironment(distortion)).map(([name, value]) => `${name}=${value}`)
  return ['env', ...settings, process.execPath, ...program]
}
