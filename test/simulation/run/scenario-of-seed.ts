import { createPrng, type Prng } from '../../../src/core/prng.ts'
import { type MonoNs, monoNs, NS_PER_MILLISECOND } from '../../../src/core/time.ts'
import type { VirtualAttestation } from '../../support/virtual-attestation.ts'
import { describeAttestation, drawAttestation } from '../world/attestation.ts'
import { type Crashes, drawCrashes } from '../world/crash.ts'
import { createDisk, type Disk } from '../world/disk.ts'
import { drawHardware, type Hardware } from '../world/hardware.ts'
import { createNetwork, members, type Network } from '../world/network.ts'
import { createOscillator, type SimulatedOscillator } from '../world/oscillator.ts'
import type { RangingClimate } from '../world/ranging.ts'
import { findWander, type Wander } from '../world/wander.ts'
import { type Cast, type CastOptions, describeCast, drawCast } from './cast.ts'

/** What decides a run. */
export interface SeedOptions extends CastOptions {
  readonly n: number
  readonly seed: number
  readonly epochs: number
}

/** Everything that a seed means. */
export interface Scenario {
  readonly cast: Cast
  /** From here on the network is whole, disks keep what they are given, and who was down comes back. */
  readonly calmAt: MonoNs
  readonly network: Network
  readonly disk: Disk
  readonly crashes: Crashes
  readonly oscillators: readonly SimulatedOscillator[]
  readonly hardware: readonly Hardware[]
  readonly ranging: RangingClimate
  readonly latenessNsMax: bigint
  /** Undefined: the membership asks for no attestation. */
  readonly attestation: VirtualAttestation | undefined
  /** For everything that is drawn while the run goes on. */
  readonly prng: Prng
  /** For people. */
  readonly forecast: string
}

const WANDER: Wander = findWander()
export const WANDER_ORIGIN = WANDER.origin

/** The storm takes this part of the epochs, and no longer than so many seconds. */
const STORM_PART = 0.35
const STORM_SECONDS_MAX = 10
/** How long a run may last beyond its epochs: until the calm has shown. */
const SECONDS_AFTER = 30

export function scenarioOfSeed({ n, seed, epochs, ...options }: SeedOptions): Scenario {
  const prng = createPrng(seed * 128 + n)
  const cast = drawCast(prng, n, options)
  const stormSeconds = Math.min(STORM_SECONDS_MAX, Math.max(2, epochs * STORM_PART)) * (0.4 + 0.6 * prng.nextUnit())
  const calmAt = monoNs(options.calm ? 0n : BigInt(Math.floor(stormSeconds * 1e9)))
  const seconds = epochs + SECONDS_AFTER + STORM_SECONDS_MAX
  const restless = members(n).filter((id) => !cast.dead.includes(id))
  const network = createNetwork(prng, { n, calmAt, lossMax: 0.3, duplicationMax: 0.2, cutsMax: 4, partitionsMax: 2 })
  const disk = createDisk(prng, calmAt)
  const oscillators = members(n).map(() => createOscillator(prng, WANDER, seconds))
  const hardware = members(n).map((id) =>
    drawHardware(prng, epochs, cast.wrong.get(id), cast.spoofed.includes(id) ? cast.sky : undefined),
  )
  const attestation = drawAttestation(seed, cast)
  const latenessNsMax = BigInt(prng.nextBelow(6)) * NS_PER_MILLISECOND
  return {
    cast,
    calmAt,
    network,
    disk,
    crashes: drawCrashes(prng, calmAt, options.calm ? [] : restless, cast.dead),
    oscillators,
    hardware,
    ranging: { wayNsMax: 10 ** (3 + 3 * prng.nextUnit()), gaps: 0.1 * prng.nextUnit() },
    latenessNsMax,
    attestation,
    prng,
    forecast: [
      describeCast(cast),
      `calm after ${(Number(calmAt) / 1e9).toFixed(1)} s`,
      network.forecast,
      disk.forecast,
      `timers up to ${latenessNsMax / NS_PER_MILLISECOND} ms late`,
      describeAttestation(attestation),
      ...hardware.map(({ forecast }, id) => `node ${id}: ${forecast}`),
    ].join(', '),
  }
}
