import type { DriverFamily } from '../../drivers/driver.ts'
import { families } from '../../drivers/index.ts'
import { LINE_FAULTS } from '../../drivers/line/line-faults.ts'
import type { Bench } from './bench.ts'

/** One thing that goes wrong, of the instrument, its line or its host. */
export interface TrialFault {
  readonly name: string
  readonly of: 'instrument' | 'line' | 'host'
  /** What it does, for people. */
  readonly text: string
  /** Of the instrument and the line: it must show in bytes or pulses. */
  readonly shows: boolean
  switch(bench: Bench, on: boolean): void
}

const HOUR_NS = 3_600_000_000_000n

const HOST_FAULTS: readonly TrialFault[] = [
  {
    name: 'host-clock-step',
    of: 'host',
    text: "The system's clock is set, an hour ahead and then back.",
    shows: false,
    switch: (bench, on) => bench.desk.stepHostClock(on ? HOUR_NS + 123_456_789n : -HOUR_NS),
  },
  {
    name: 'host-reopens',
    of: 'host',
    text: 'The line is closed and opened again, in the middle of whatever goes on.',
    shows: false,
    switch: (bench) => {
      for (let again = 0; again < 3; again++) {
        bench.reopen()
        bench.run(0.37)
      }
    },
  },
]

/** Every fault that a family has to live through. */
export function faultsOf(family: DriverFamily<unknown>): readonly TrialFault[] {
  const own = Object.entries(family.faults).map(([name, text]) => emulated(name, text, 'instrument'))
  const onLine = Object.entries(LINE_FAULTS)
    .filter(([name]) => appliesTo(family, name))
    .map(([name, text]) => emulated(name, text, 'line'))
  return [...own, ...onLine, ...HOST_FAULTS]
}

/** The family that is swapped in for another: the next in the list. */
export function otherThan(family: DriverFamily<unknown>): DriverFamily<unknown> | undefined {
  const index = families.indexOf(family)
  return families.length < 2 ? undefined : families[(index + 1) % families.length]
}

function appliesTo(family: DriverFamily<unknown>, name: string): boolean {
  if (name === 'line-wrong-baud' || name === 'line-wrong-parity') return family.serial !== undefined
  return name !== 'line-swapped' || otherThan(family) !== undefined
}

function emulated(name: string, text: string, of: 'instrument' | 'line'): TrialFault {
  return {
    name,
    of,
    text,
    // Whether they do depends on what the instrument does: one that is never spoken to has no echo and no replies.
    shows: of === 'instrument',
    switch: (bench, on) => {
      const done = bench.emulator.setFault(name, on)
      if (!done.ok) throw new Error(done.fault.message)
      // What hung on an unplugged line is found anew.
      if (name === 'line-unplugged' && !on) bench.reopen()
    },
  }
}
