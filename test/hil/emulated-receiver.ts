import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { families } from '../../drivers/index.ts'
import { createWorld } from '../../src/cli/demo/world.ts'
import { emulateUnit } from '../../src/cli/emulated-unit.ts'
import { assert } from '../../src/core/assert.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { readMonoNs } from '../../src/linux/clock.ts'

/**
 * A process of its own that is a GNSS receiver: `emulated-receiver.ts DEVICE PULSES` makes DEVICE a link to its pty, as
 * udev would, and tells its pulses to the chrony-SOCK socket PULSES. Its sky is the clock of this machine.
 */
const [device, sockPath] = process.argv.slice(2)
assert(device !== undefined && sockPath !== undefined, 'expected emulated-receiver.ts DEVICE PULSES')
const family = families.find(({ kind }) => kind === 'nmea-receiver')
assert(family !== undefined, 'expected the driver family nmea-receiver')
const world = createWorld(EMBEDDED_LEAP_TABLE)
assert(world.ok, 'expected the clock of this machine within the leap table')
const options = family.parseOptions({}, 'options')
assert(options.ok, 'expected a receiver to need no options')
const sky = world.value.sky(readMonoNs(), 0n)
// While its appliance is down nobody hears the instrument, and it goes on.
const instrument = emulateUnit({ family, options: options.value, seed: 1, sky, sockPath })(() => undefined)
assert(instrument.ok, 'expected a pseudo terminal')
mkdirSync(dirname(device), { recursive: true })
rmSync(device, { force: true })
symlinkSync(instrument.value.ptyPath, device)
