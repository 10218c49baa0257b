import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { openClockDevice } from './clock-device.ts'
import type { WireEvent } from './wire.ts'

/** What a clock that answers does is tried on a real kernel: test/hil/guest-kernel.test.ts. */

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-clock-device-'))
after(() => rmSync(folder, { recursive: true }))

test('what is missing, and what is no clock, is told once each and waited for', async () => {
  const path = join(folder, 'ptp0')
  const events: WireEvent[] = []
  const device = openClockDevice(path, {
    onReading: () => assert.fail('expected no reading of what is no clock'),
    onFault: () => assert.fail('expected no fault of what is not open'),
    onState: (event) => events.push(event),
  })
  const until = async (count: number): Promise<void> => {
    for (let waited = 0; waited < 200 && events.length < count; waited++) await sleep(100)
  }
  assert.equal(events.length, 0)
  await until(1)
  writeFileSync(path, 'no clock')
  await until(2)
  await sleep(1_500)
  device.close()
  assert.deepEqual(
    events.map((event) => (event.type === 'up' ? 'up' : event.fault.code)),
    ['linux.open', 'linux.ioctl'],
  )
})
