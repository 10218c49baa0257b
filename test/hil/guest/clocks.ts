import { readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Result } from '../../../src/core/fault.ts'
import type { PhcNs } from '../../../src/core/time.ts'
import type { ClockPair } from '../../../src/linux/clock.ts'
import { type ControlledDevice, openControlled } from '../../../src/linux/ioctl.ts'
import { PHC_READINGS, readPhcPair, startPhc } from '../../../src/linux/phc.ts'
import { readPosixClock } from './system-calls.ts'
import { unwrap } from './unwrap.ts'

type Say = (trial: string, outcome: object) => void

const ROUNDS = 5
/** A tenth of a thousandth: what two oscillators may be apart. */
const RATE_SHARE = 10_000n

/** Hardware clocks of network cards: every way to compare them, held against the clock read as a POSIX clock. */
export async function tryClocks(say: Say): Promise<void> {
  for (const name of readdirSync('/sys/class/ptp')) {
    const [driver] = /[^/]+$/.exec(readlinkSync(`/sys/class/ptp/${name}/device/driver`)) ?? []
    const device = unwrap(openControlled(`/dev/${name}`))
    const input = startPhc(device, 0, 'rising')
    const outcome = {
      driver,
      inputs: input.ok ? 'some' : input.fault.code,
      precise: await compare(device, PHC_READINGS.precise),
      raw: await compare(device, PHC_READINGS.raw),
      extended: await compare(device, PHC_READINGS.extended),
      plain: await compare(device, PHC_READINGS.plain),
      best: await compare(device, readPhcPair),
      ratePpm: await rateOf(device),
    }
    say('clock', outcome)
    device.close()
  }
}

/**
 * How far a pair is from the same clock read right after it in another way, beyond what the two readings leave open:
 * 0n, or more when one is wrong. The clock is taken to run about as the oscillator does in between.
 */
async function compare(device: ControlledDevice, read: (device: ControlledDevice) => Result<ClockPair<PhcNs>>) {
  let offNs = 0n
  let bracketNs = 0n
  for (let round = 0; round < ROUNDS; round++) {
    const pair = read(device)
    if (!pair.ok) return { refused: pair.fault.message }
    const { from, shownNs, to } = readPosixClock(device.fd)
    const expectedNs = pair.value.shownNs + (from - pair.value.monoNs)
    const carriedNs = (from - pair.value.monoNs) / RATE_SHARE
    const openNs = pair.value.bracketNs / 2n + (to - from) + carriedNs + 1n
    const apartNs = shownNs > expectedNs ? shownNs - expectedNs : expectedNs - shownNs
    if (apartNs - openNs > offNs) offNs = apartNs - openNs
    if (round === 0 || pair.value.bracketNs < bracketNs) bracketNs = pair.value.bracketNs
    await sleep(20)
  }
  return { offNs, bracketNs }
}

/** How much faster than the oscillator it runs, beyond what the readings leave open: that of a busy machine's guest is a lot. */
async function rateOf(device: ControlledDevice): Promise<number> {
  const first = unwrap(readPhcPair(device))
  await sleep(500)
  const second = unwrap(readPhcPair(device))
  const spanNs = Number(second.monoNs - first.monoNs)
  const gainNs = Number(second.shownNs - first.shownNs) - spanNs
  const openNs = Number(first.bracketNs + second.bracketNs) / 2
  return (Math.sign(gainNs) * Math.max(0, Math.abs(gainNs) - openNs) * 1e6) / spanNs
}
