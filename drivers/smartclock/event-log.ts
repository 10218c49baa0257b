import { fail, ok, type Result } from '../../src/core/fault.ts'

/** One line of the unit's diagnostic log. Its clock is the unit's own: before the first fix it counts from a date in the firmware. */
export interface LogEntry {
  /** From 1. */
  readonly number: number
  /** `2005-05-29T18:15:30` on the unit's calendar, which may be 1024 weeks early. */
  readonly at: string
  readonly text: string
}

/** The unit numbers with three digits; a 58503A holds 222 entries, a Z3805A 225. */
const ENTRY = /^Log (\d{3}):(\d{4})(\d\d)(\d\d)\.(\d\d:\d\d:\d\d): {1,2}(\S.{0,79})$/

/** The answer to `:DIAG:LOG:READ? n`: `"Log 001:20050528.00:00:00: Log cleared"`. Fault: `smartclock.log`. */
export function parseLogAnswer(text: string): Result<LogEntry> {
  const quoted = /^"([^"]*)"$/.exec(text)?.[1]
  const entry = quoted === undefined ? undefined : entryOf(quoted)
  if (entry !== undefined) return ok(entry)
  return fail(
    'smartclock.log',
    `expected an entry like "Log 001:20050528.00:00:00: Log cleared", got ${JSON.stringify(text.slice(0, 80))}`,
  )
}

export interface LogListing {
  /** No entry is lost while it is `false`; a full log stops or overwrites. */
  readonly isFull: boolean
  readonly entries: readonly LogEntry[]
}

/**
 * The answer to `:DIAG:LOG:READ:ALL?`: `Log status: Full` or `Log status: 222 entries (overwriting)`, a blank line, then
 * the entries without quotes and with two spaces. Faults: `smartclock.log` for the first line that is none of these.
 */
export function parseLogListing(lines: readonly string[]): Result<LogListing> {
  const [status = '', ...rest] = lines
  if (!/^Log status:\s*\S/.test(status)) {
    return fail('smartclock.log', `expected Log status: and its state, got ${JSON.stringify(status.slice(0, 80))}`)
  }
  const entries: LogEntry[] = []
  for (const line of rest) {
    if (line.trim() === '') continue
    const entry = entryOf(line.trimEnd())
    if (entry === undefined) {
      return fail('smartclock.log', `expected an entry of the log, got ${JSON.stringify(line.slice(0, 80))}`)
    }
    entries.push(entry)
  }
  return ok({ isFull: /full|overwriting/i.test(status), entries })
}

export function formatLogEntry({ number, at, text }: LogEntry, form: 'answer' | 'listing'): string {
  const [date = '', time = ''] = at.split('T')
  const head = `Log ${String(number).padStart(3, '0')}:${date.replaceAll('-', '')}.${time}:`
  return form === 'answer' ? `"${head} ${text}"` : `${head}  ${text}`
}

function entryOf(line: string): LogEntry | undefined {
  const [, number, year, month, day, time, text] = ENTRY.exec(line) ?? []
  if (number === undefined || text === undefined) return undefined
  return { number: Number(number), at: `${year}-${month}-${day}T${time}`, text }
}
