import { z } from 'zod'
import { fail, ok, type Result } from '../../src/core/fault.ts'

/** Every error text is what was expected; `parseOptions` adds where and what came. */
function number(from: number, to: number) {
  const expected = `a number from ${from} to ${to}`
  return z.number(expected).min(from, expected).max(to, expected)
}

function choice<const T extends string>(...names: readonly T[]) {
  return z.enum(names, `one of ${names.join(', ')}`)
}

function table<T extends z.core.$ZodLooseShape>(shape: T) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? `one of ${Object.keys(shape).join(', ')}` : 'a table'),
  })
}

/** The speeds that units of the family can be set to; the Z3801A knows only the last. */
const BAUD_RATES = [1200, 2400, 9600, 19_200] as const

/** What the emulated unit is and does. */
const emulatorSchema = table({
  model: choice('58503A', 'Z3801A', 'Z3805A').default('Z3805A'),
  /** Sends back every character; the factory setting of all models, which some units have lost. */
  echo: z.boolean('true or false').default(true),
  /** Paces the characters; it does not set a port. */
  baudRate: z.literal(BAUD_RATES, `one of ${BAUD_RATES.join(', ')}`).default(9600),
  timeCodeFormat: choice('T1', 'T2').default('T2'),
  /** From power on to the first lock; hours on a real unit. */
  powerUpSeconds: number(0, 86_400).default(3),
  /** From a lock to the end of `stabilizing frequency` (FFOM 1). */
  stabilizeSeconds: number(0, 86_400).default(20),
  /** How long the way back from holdover to lock takes once GPS is there again. */
  recoverySeconds: number(1, 86_400).default(10),
  /** Standard deviation of the white noise on the pulse in lock, ns. */
  pulseNoiseNs: number(0, 1_000_000).default(20),
  /** How much too fast the oscillator runs in holdover, ppb; too slow if negative. */
  holdoverDriftPpb: number(-100_000, 100_000).default(0.5),
})

const schema = table({
  /** A date 1024 weeks early: `report` believes no label, `repair` adds the weeks and raises an alarm. */
  weekRollover: choice('report', 'repair').default('report'),
  /** No true date lies before it: an earlier one is a week rollover. null looks for none, for old recordings. */
  floorDate: z.iso
    .date('a date like 2025-01-01, or null')
    .refine((date) => date >= '1980-01-06', 'a date since 1980-01-06, where GPS time begins, or null')
    .nullable()
    .default('2025-01-01'),
  emulator: emulatorSchema.prefault({}),
}).refine((options) => options.weekRollover === 'report' || options.floorDate !== null, {
  error: 'a date, from which the rollover is repaired',
  path: ['floorDate'],
})

export type SmartclockOptions = Readonly<z.output<typeof schema>>
export type SmartclockEmulatorOptions = SmartclockOptions['emulator']

/**
 * Checks the `options` table of a source; `path` is where it stands. Fault: `config.value`, like
 * `sources[2].options.weekRollover: expected one of report, repair, got "fix"`.
 */
export function parseOptions(input: unknown, path: string): Result<SmartclockOptions> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return ok(parsed.data)
  const issue = parsed.error.issues[0]
  const unknownKey = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const place = [...(issue?.path ?? []), ...(unknownKey === undefined ? [] : [unknownKey])]
  const got = unknownKey === undefined ? shown(valueAt(input, place)) : 'an unknown key'
  const where = [path, ...place.map(String)].join('.')
  return fail('config.value', `${where}: expected ${issue?.message ?? 'other options'}, got ${got}`)
}

function valueAt(input: unknown, place: readonly PropertyKey[]): unknown {
  return place.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], input)
}

function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'nothing')
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
