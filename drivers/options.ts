import { z } from 'zod'
import { fail, ok, type Result } from '../src/core/fault.ts'

/**
 * What operators write, checked: the pieces that schemas are made of, and the one place that says what is wrong. Every
 * error text of a schema is what was expected; `checkOptions` and `explain` add where, and what came.
 */

export function integer(from: number, to: number) {
  const expected = `an integer from ${from} to ${to}`
  return z.int(expected).min(from, expected).max(to, expected)
}

export function number(from: number, to: number) {
  const expected = `a number from ${from} to ${to}`
  return z.number(expected).min(from, expected).max(to, expected)
}

export function choice<const T extends string | number>(...values: readonly T[]) {
  return z.literal(values, `one of ${values.join(', ')}`)
}

export function yesOrNo() {
  return z.boolean('true or false')
}

/** A table with these keys and no others. */
export function table<T extends z.core.$ZodLooseShape>(shape: T) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? `one of ${Object.keys(shape).join(', ')}` : 'a table'),
  })
}

/** A date since GPS time began, before which no receiver means one; null accepts all dates. */
export function floorDate() {
  return z.iso
    .date('a date like 2025-01-01, or null')
    .refine((date) => date >= '1980-01-06', 'a date since 1980-01-06, where GPS time begins, or null')
    .nullable()
}

/** What every emulated atomic reference is and does, for the `emulator` table of its family. */
export function emulatedReference(habits: {
  readonly warmUpSeconds: number
  readonly fractionE15: number
  readonly ageingE15PerDay: number
}) {
  return {
    /** From power on to the lock on its atoms; minutes on a real unit. */
    warmUpSeconds: number(0, 86_400).default(habits.warmUpSeconds),
    /** Its own frequency offset when it is made, 1e-15; positive runs fast. */
    fractionE15: number(-1e9, 1e9).default(habits.fractionE15),
    ageingE15PerDay: number(-1e6, 1e6).default(habits.ageingE15PerDay),
    /** Standard deviation of the white noise on its pulse, ns. */
    pulseNoiseNs: number(0, 1_000_000).default(0.5),
    /** Its first pulse, ahead of the sky's, ns. */
    pulseOffsetNs: number(-500_000_000, 500_000_000).default(0),
  }
}

/**
 * Checks an `options` table; `path` is where it stands. Fault `config.value`: a line for each mistake, like
 * `sources[2].options.silenceSeconds: expected an integer from 2 to 3600, got 0`.
 */
export function checkOptions<T>(schema: z.ZodType<T>, input: unknown, path: string): Result<T> {
  const parsed = schema.safeParse(input)
  return parsed.success ? ok(parsed.data) : fail('config.value', explain(parsed.error, input, path).join('\n'))
}

/** A sentence for each mistake that zod found in `input`, which stands at `path`; '' is the top of a file. */
export function explain(error: z.ZodError, input: unknown, path: string): readonly string[] {
  return error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') {
      const came = valueAt(input, issue.path)
      return [`${joined(path, issue.path)}: expected ${issue.message}, got ${shown(came)}`]
    }
    return issue.keys.map(
      (key) => `${joined(path, [...issue.path, key])}: expected ${issue.message}, got an unknown key`,
    )
  })
}

function joined(path: string, steps: readonly PropertyKey[]): string {
  return steps.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`
    return text === '' ? String(step) : `${text}.${String(step)}`
  }, path)
}

function valueAt(input: unknown, steps: readonly PropertyKey[]): unknown {
  return steps.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], input)
}

const SHOWN_CHARACTERS_MAX = 60

/** Not JSON.stringify alone: it turns infinities into null and refuses bigints. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  const text = JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? Number(item) : item))
  return text.length > SHOWN_CHARACTERS_MAX ? `${text.slice(0, SHOWN_CHARACTERS_MAX)}…` : text
}
