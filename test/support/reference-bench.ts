import assert from 'node:assert/strict'
import type { DriverFamily, DriverStatus, Steering } from '../../drivers/driver.ts'
import { monoNs, NS_PER_SECOND } from '../../src/core/time.ts'
import { createLineRecord, createVirtualLine } from './virtual-line.ts'
import { createVirtualSky, taiOf } from './virtual-sky.ts'

const START_AT = monoNs(500n * NS_PER_SECOND)

/** A family without time of day with its emulator on a virtual line, for the family's own tests. */
export function openReference<O>(family: DriverFamily<O>, emulator: object = {}, seed = 1) {
  const options = family.parseOptions({ emulator }, 'options')
  assert.ok(options.ok, options.ok ? '' : options.fault.message)
  const sky = createVirtualSky({ monoAt: START_AT, taiAt: taiOf('2026-01-15T12:00:00') })
  const unit = family.emulate(options.value, seed, sky)
  const record = createLineRecord()
  const asked: string[] = []
  let understood = 0
  const line = createVirtualLine({
    createDriver: () => family.create(options.value, { source: 'reference0', leapTable: sky.leapTable }),
    emulator: unit,
    startAt: START_AT,
    hear: (event) => {
      record.hear(event)
      if (event.from !== 'driver') return
      if (event.action.type === 'write') asked.push(Buffer.from(event.action.bytes).toString('latin1'))
      if (event.action.type === 'understood') understood += 1
    },
  })
  const status = (): DriverStatus => record.statuses.at(-1) ?? assert.fail('expected a status')
  return {
    record,
    asked,
    understood: () => understood,
    run: (seconds: number): void => line.advance(BigInt(seconds) * NS_PER_SECOND),
    fault: (name: string, on: boolean): void => assert.ok(unit.setFault(name, on).ok, name),
    /** What the driver says to an order; its bytes go to the instrument as the shell sends them. */
    steer: (steering: Steering) => line.steer(steering),
    status,
    health: () => [status().quality, status().dependsOn, ...status().alarms],
    codes: (): string[] => [...new Set(record.faults.map((fault) => fault.code))].sort(),
    /** How fast the pulses of the last so many seconds ran against the sky, 1e-15. */
    pulseRateE15: (seconds: number): number => {
      const pulses = record.pulses.slice(-seconds - 1)
      const [first, last] = [pulses[0], pulses.at(-1)]
      assert.ok(first !== undefined && last !== undefined && pulses.length === seconds + 1)
      const skyNs = Number(sky.skyTai(last) - sky.skyTai(first))
      return ((seconds * 1e9 - skyNs) / (seconds * 1e9)) * 1e15
    },
  }
}
