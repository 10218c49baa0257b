import { readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ClockAction, ClockReading } from '../../../drivers/clock-driver.ts'
import { createDriver } from '../../../drivers/phc/driver.ts'
import { EMBEDDED_LEAP_TABLE } from '../../../src/core/leap-table.ts'
import { openClockDevice } from '../../../src/device/clock-device.ts'
import { readClockPair } from '../../../src/linux/clock.ts'
import { openControlled } from '../../../src/linux/ioctl.ts'
import { advancePosixClock } from './system-calls.ts'
import { unwrap } from './unwrap.ts'

type Say = (trial: string, outcome: object) => void

const STEADY_SECONDS = 9
const AFTER_STEP_SECONDS = 4
const STEP_NS = 1_000_000n

/** Hardware clocks as sources: read by the agent's device once a second, judged by its driver; then set ahead. */
export async function tryClockSources(say: Say): Promise<void> {
  const names = readdirSync('/sys/class/ptp')
  const sources = names.map((name) => watch(name))
  await sleep(STEADY_SECONDS * 1_000)
  const steady = sources.map(({ heard }) => heard.length)
  for (const name of names) {
    const device = unwrap(openControlled(`/dev/${name}`))
    advancePosixClock(device.fd, STEP_NS)
    device.close()
  }
  await sleep(AFTER_STEP_SECONDS * 1_000)
  for (const [index, { driver, heard, states, close }] of sources.entries()) {
    close()
    const [before, after] = [heard.slice(0, steady[index]), heard.slice(steady[index])]
    say('clock source', {
      driver,
      states,
      before: { samples: before.flatMap(offsetOf), faults: codesOf(before) },
      after: { samples: after.flatMap(offsetOf), faults: codesOf(after) },
    })
  }
}

function watch(name: string) {
  // The drivers of these cards start their clocks on the system's time.
  const options = { scale: 'utc', floorDate: null } as const
  const driver = createDriver(options, { source: name, leapTable: EMBEDDED_LEAP_TABLE, accuracyNs: 0n })
  const heard: ClockAction[] = []
  const states: string[] = []
  const device = openClockDevice(`/dev/${name}`, {
    onReading: (reading: ClockReading) => heard.push(...driver.read(reading)),
    onFault: ({ code }) => states.push(code),
    onState: ({ type }) => states.push(type),
  })
  const [card] = /[^/]+$/.exec(readlinkSync(`/sys/class/ptp/${name}/device/driver`)) ?? []
  return { driver: card, heard, states, close: device.close }
}

function codesOf(actions: readonly ClockAction[]): readonly string[] {
  return actions.flatMap((action) => (action.type === 'fault' ? [action.fault.code] : []))
}

/** How far a sample is from the system's clock, which these clocks were set by when they started; and how sure it is. */
function offsetOf(action: ClockAction): readonly { readonly offNs: bigint; readonly openNs: bigint }[] {
  if (action.type !== 'sample') return []
  const { monoNs, shownNs, bracketNs } = readClockPair()
  const { taiNs, monoNs: at, precisionNs } = action.sample
  const systemTai = shownNs + 37_000_000_000n - (monoNs - at)
  return [{ offNs: taiNs - systemTai, openNs: precisionNs + bracketNs }]
}
