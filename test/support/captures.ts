import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DriverAction, DriverFamily, DriverFault, DriverStatus } from '../../drivers/driver.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import type { LabelSample } from '../../src/core/sample.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { unwrap } from './results.ts'

/**
 * Recorded bytes of real instruments, which stand beside the project and are no part of it. `QUORUMTIME_CAPTURES` says
 * where they are if not there; tests that need them skip where they are absent.
 */
export const captureFolder = process.env['QUORUMTIME_CAPTURES'] ?? join(import.meta.dirname, '../../../shared/captures')
const folder = join(captureFolder, 'gnss')

export const capturesPresent = existsSync(folder)
/** For `skip` of a test. */
export const withoutCaptures: string | false = capturesPresent ? false : `no recorded data at ${folder}`

/** The names of all recordings of GNSS receivers, without their ending. */
export function captureNames(): readonly string[] {
  return capturesPresent
    ? readdirSync(folder).flatMap((file) => (file.endsWith('.log') ? [file.slice(0, -'.log'.length)] : []))
    : []
}

/** What the instrument sent: without the recorder's leading lines. */
function readCapture(name: string): Uint8Array {
  const text = readFileSync(join(folder, `${name}.log`), 'latin1')
  return Buffer.from(text.replace(/^(?:#[^\n]*\n)*/, ''), 'latin1')
}

/** Recorded status screens of SCPI instruments, with the recorder's names. */
export function readScreens(): readonly { readonly file: string; readonly text: string }[] {
  const screens = join(captureFolder, 'scpi')
  if (!existsSync(screens)) return []
  const files = readdirSync(screens).filter((file) => file.endsWith('.txt'))
  return files.map((file) => ({
    file: file.slice(0, -'.txt'.length),
    text: readFileSync(join(screens, file), 'latin1'),
  }))
}

/** What gpsd makes of a recording: the seconds of its TPV reports with a fix, `2024-03-05T22:35:17`, in order. */
export function gpsdSeconds(name: string): readonly string[] {
  const seconds = new Set<string>()
  for (const line of readFileSync(join(folder, `${name}.log.chk`), 'latin1').split('\n')) {
    if (!line.startsWith('{"class":"TPV"')) continue
    const report = JSON.parse(line) as { mode?: number; time?: string }
    if ((report.mode ?? 0) >= 2 && report.time !== undefined) seconds.add(report.time.slice(0, 19))
  }
  return [...seconds].sort()
}

export interface Replayed {
  readonly bytes: number
  readonly labels: readonly LabelSample[]
  readonly faults: readonly DriverFault[]
  /** As long as the recording ran: that it ends is no news of the instrument. */
  readonly statuses: readonly DriverStatus[]
}

/**
 * A recording through a family's driver, 64 bytes at a time at the pace of 115200 baud or evenly over the seconds that gpsd
 * found in it, with the family's options for recordings; a minute later the driver gives up what is unfinished. What it writes goes nowhere.
 */
export function replayCapture(family: DriverFamily<unknown>, name: string, input?: object, pace?: 'evenly'): Replayed {
  const options = unwrap(family.parseOptions(input ?? family.recordingOptions ?? {}, 'options'))
  const driver = family.create(options, { source: name, leapTable: EMBEDDED_LEAP_TABLE })
  const bytes = readCapture(name)
  const lineNs = (BigInt(bytes.length) * 10n * NS_PER_SECOND) / 115_200n
  const wholeNs = pace === 'evenly' ? BigInt(gpsdSeconds(name).length) * NS_PER_SECOND : lineNs
  const actions: DriverAction[] = []
  let now: MonoNs = monoNs(NS_PER_SECOND)
  const wakeUntil = (end: MonoNs): void => {
    for (let at = driver.nextWakeAt(); at !== undefined && at <= end; at = driver.nextWakeAt()) {
      now = at > now ? at : now
      actions.push(...driver.wake(now))
    }
    now = end
  }
  for (let start = 0; start < bytes.length; start += 64) {
    actions.push(...driver.receive(bytes.subarray(start, start + 64), now))
    wakeUntil(plus(now, (64n * wholeNs) / BigInt(bytes.length)))
  }
  const statuses = actions.flatMap((it) => (it.type === 'status' ? [it.status] : []))
  wakeUntil(plus(now, 60n * NS_PER_SECOND))
  return {
    bytes: bytes.length,
    labels: actions.flatMap((it) => (it.type === 'sample' && it.sample.kind === 'label' ? [it.sample] : [])),
    faults: actions.flatMap((it) => (it.type === 'fault' ? [it.fault] : [])),
    statuses,
  }
}

export function countByCode(faults: readonly DriverFault[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { code } of faults) counts[code] = (counts[code] ?? 0) + 1
  return counts
}
