import { openSync, readSync, writeSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { PulseSample } from '../../../src/core/sample.ts'
import { createClockBridge } from '../../../src/device/clock-bridge.ts'
import { openPulseDevice } from '../../../src/device/pulse-device.ts'
import { readClockPair, readMonoNs, readRealtimeNs } from '../../../src/linux/clock.ts'
import { openControlled } from '../../../src/linux/ioctl.ts'
import { startPps } from '../../../src/linux/pps.ts'
import { unwrap } from './unwrap.ts'

type Say = (trial: string, outcome: object) => void

const PULSES = 4
const PAUSE_MS = 250

// The parallel port of a PC: a strobe makes the emulated printer acknowledge it, which is the interrupt that pps_parport
// stamps; reading the status takes the request back.
const STATUS_AT = 0x379
const CONTROL_AT = 0x37a
const READY = 0x1c
const STROBE = 0x1d

/** The kernel's own pulses: fetched directly, both edges, and through the device that the agent opens. */
export async function tryPulses(say: Say): Promise<void> {
  const strobe = createStrobe()
  const device = unwrap(openControlled('/dev/pps0'))
  const rising = unwrap(startPps(device, 'assert'))
  const falling = unwrap(startPps(device, 'clear'))
  const fetched = []
  for (let pulse = 0; pulse < PULSES; pulse++) {
    const earlier = unwrap(rising.newest()).sequence
    const before = readRealtimeNs()
    strobe()
    const after = readRealtimeNs()
    const { sequence, stampNs } = unwrap(rising.newest())
    const fall = unwrap(falling.newest())
    fetched.push({
      steps: sequence - earlier,
      inside: before <= stampNs && stampNs <= after,
      fallAfterNs: fall.stampNs - stampNs,
    })
  }
  say('fetched', { fetched })
  device.close()
  await tryDevice(say, strobe)
}

async function tryDevice(say: Say, strobe: () => void): Promise<void> {
  const seen: PulseSample[] = []
  const faults: string[] = []
  const pulses = openPulseDevice(
    { path: '/dev/pps0', edge: 'rising', channel: 0, source: 'guest', bridge: createClockBridge(readClockPair) },
    { onPulse: (sample) => seen.push(sample), onFault: ({ code }) => faults.push(code) },
  )
  // It is opened at its first look, and passes over the pulse that was there before.
  await sleep(PAUSE_MS)
  const windows: { readonly before: bigint; readonly after: bigint }[] = []
  for (let pulse = 0; pulse < PULSES; pulse++) {
    const before = readMonoNs()
    strobe()
    windows.push({ before, after: readMonoNs() })
    await sleep(PAUSE_MS)
  }
  pulses.close()
  const placed = windows.map(({ before, after }, index) => {
    const sample = seen[index]
    const inside =
      sample !== undefined &&
      sample.monoNs + sample.uncertaintyNs >= before &&
      sample.monoNs - sample.uncertaintyNs <= after
    return { inside, uncertaintyNs: sample?.uncertaintyNs, windowNs: after - before }
  })
  say('placed', { placed, seen: seen.length, faults })
}

function createStrobe(): () => void {
  const ports = openSync('/dev/port', 'r+')
  const write = (at: number, value: number): number => writeSync(ports, Uint8Array.of(value), 0, 1, at)
  return () => {
    write(CONTROL_AT, STROBE)
    write(CONTROL_AT, READY)
    readSync(ports, new Uint8Array(1), 0, 1, STATUS_AT)
  }
}
