import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DriverFamily } from '../../drivers/driver.ts'
import { families } from '../../drivers/index.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { commandLine } from '../support/command-line.ts'

/**
 * How many bytes of the recorded corpus each family's driver reads in a second of one core, from bytes to actions. A file is
 * repeated until there is enough of it, given in reads of 4096 bytes, at the virtual pace of 115,200 baud. Measured in CPU
 * time, the best of some rounds: what other work on the machine takes away is not the driver's.
 */
const FOLDER = process.env['QUORUMTIME_CAPTURES'] ?? join(import.meta.dirname, '../../../shared/captures')
const READ_BYTES = 4096
const ROUND_BYTES = 8_000_000
const ROUNDS = 5
const NS_PER_BYTE = (10n * NS_PER_SECOND) / 115_200n

const values = commandLine({
  command: 'npm run -s bench:decode',
  about: 'How many bytes of the recorded corpus each driver reads in a second of one core, from bytes to actions.',
  options: {
    kind: { kind: 'word', of: families.map(({ kind }) => kind), help: 'one family alone' },
    files: { kind: 'flag', help: 'each recording by itself too' },
    json: { kind: 'flag', help: 'one JSON array on standard output' },
  },
  examples: ['', '--kind ublox --files'],
})

interface Speed {
  readonly kind: string
  readonly file: string
  readonly megabytesPerSecond: number
}

const folder = join(FOLDER, 'gnss')
assert(existsSync(folder), `expected recorded data at ${folder}, got none`)
const logs = readdirSync(folder).filter((file) => file.endsWith('.log'))
const corpus = new Map(logs.map((file) => [file, withoutNotes(readFileSync(join(folder, file)))]))
const whole = Buffer.concat([...corpus.values()])
const measured = families.filter(({ kind }) => values.kind === undefined || values.kind === kind)

const speeds: Speed[] = []
for (const family of measured) {
  speeds.push({ kind: family.kind, file: 'all', megabytesPerSecond: speedOf(family, whole) })
  if (!values.files) continue
  for (const [file, bytes] of corpus) {
    speeds.push({ kind: family.kind, file, megabytesPerSecond: speedOf(family, bytes) })
  }
}
console.log(values.json ? JSON.stringify(speeds) : speeds.map(inWords).join('\n'))

/** MB/s of the best round. */
function speedOf(family: DriverFamily<unknown>, bytes: Uint8Array): number {
  const repeated = Buffer.concat(Array.from({ length: Math.ceil(ROUND_BYTES / bytes.length) }, () => bytes))
  const seconds = Array.from({ length: ROUNDS }, () => readingSeconds(family, repeated))
  return repeated.length / 1e6 / Math.min(...seconds)
}

function readingSeconds(family: DriverFamily<unknown>, bytes: Uint8Array): number {
  const options = family.parseOptions(family.recordingOptions ?? {}, 'options')
  assert(options.ok)
  const driver = family.create(options.value, { source: family.kind, leapTable: EMBEDDED_LEAP_TABLE })
  let now: MonoNs = monoNs(NS_PER_SECOND)
  const before = process.cpuUsage()
  for (let start = 0; start < bytes.length; start += READ_BYTES) {
    driver.receive(bytes.subarray(start, start + READ_BYTES), now)
    now = plus(now, BigInt(READ_BYTES) * NS_PER_BYTE)
  }
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1e6
}

/** The recorder's leading lines are not the instrument's. */
function withoutNotes(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1')
  return Buffer.from(text.replace(/^(?:#[^\n]*\n)*/, ''), 'latin1')
}

function inWords({ kind, file, megabytesPerSecond }: Speed): string {
  return `${kind.padEnd(20)} ${file.padEnd(40)} ${megabytesPerSecond.toFixed(1).padStart(7)} MB/s`
}
