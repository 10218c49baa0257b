import { chmodSync, chownSync, mkdirSync, symlinkSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { families } from '../../drivers/index.ts'
import { createWorld } from '../../src/cli/demo/world.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { hostEmulator } from '../../src/device/emulated-instrument.ts'
import { readMonoNs } from '../../src/linux/clock.ts'

/** A GNSS receiver on the desk: */
const { values } = parseArgs({ options: { device: { type: 'string' }, pulses: { type: 'string' }, group: { type: 'string' } } })
const device = values.device ?? ''
const family = families.find(({ kind }) => kind === 'nmea-receiver')
const world = createWorld(EMBEDDED_LEAP_TABLE)
if (!family || !world.ok) throw new Error('x')
const options = family.parseOptions({}, 'x')
if (!options.ok) throw new Error('x')
const instrument = hostEmulator({ emulator: family.emulate(options.value, 7, world.value.sky(readMonoNs(), 0n)), sockPath: values.pulses ?? '' }, () => undefined)
if (!instrument.ok) throw new Error(instrument.fault.message)
chownSync(instrument.value.ptyPath, 0, Number(values.group))
chmodSync(instrument.value.ptyPath, 0o660)
mkdirSync(dirname(device), { recursive: true })
symlinkSync(instrument.value.ptyPath, device)
