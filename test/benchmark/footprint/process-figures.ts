import { readdirSync, readFileSync } from 'node:fs'

/** What a process has taken so far, and takes now. */
export interface ProcessFigures {
  /** User and system, of all threads, s. */
  readonly cpuS: number
  /** Resident, of which so much is nobody else's and cannot be dropped. */
  readonly residentMiB: number
  readonly anonymousMiB: number
  readonly threads: number
}

/** Ticks of `/proc/PID/stat` in a second: USER_HZ, 100 on every Linux that Node runs on. */
const TICKS = 100
const KIB_PER_MIB = 1_024

/** proc(5). Throws when there is no such process. */
export function readProcess(pid: number): ProcessFigures {
  const { utime, stime } = timesOf(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? Number.NaN)
  return {
    cpuS: (utime + stime) / TICKS,
    residentMiB: field('VmRSS') / KIB_PER_MIB,
    anonymousMiB: field('RssAnon') / KIB_PER_MIB,
    threads: field('Threads'),
  }
}

/** The same by the names of its threads, s: which of them it is. */
export function readThreads(pid: number): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const text = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
    const { name, utime, stime } = timesOf(text)
    const key = Number(thread) === pid ? 'main' : name
    sums.set(key, (sums.get(key) ?? 0) + (utime + stime) / TICKS)
  }
  return sums
}

/** The name stands in parentheses and may hold anything; fields are counted behind it. */
function timesOf(stat: string): { readonly name: string; readonly utime: number; readonly stime: number } {
  const end = stat.lastIndexOf(')')
  const fields = stat.slice(end + 2).split(' ')
  return { name: stat.slice(stat.indexOf('(') + 1, end), utime: Number(fields[11]), stime: Number(fields[12]) }
}
