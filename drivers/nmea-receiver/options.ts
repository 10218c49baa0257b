import { z } from 'zod'
import { fail, ok, type Result } from '../../src/core/fault.ts'

/** Every error text is what was expected; `parseOptions` adds where and what came. */
function integer(from: number, to: number) {
  const expected = `an integer from ${from} to ${to}`
  return z.int(expected).min(from, expected).max(to, expected)
}

function choice<const T extends string>(...names: readonly T[]) {
  return z.enum(names, `one of ${names.join(', ')}`)
}

function table<T extends z.core.$ZodLooseShape>(shape: T) {
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? `one of ${Object.keys(shape).join(', ')}` : 'a table'),
  })
}

/** GPS time begins here, so no receiver means a date before it. */
const GPS_EPOCH = '1980-01-06'

const yesOrNo = z.boolean('true or false')

/** What the emulated instrument does. */
const emulatorSchema = table({
  /** Two letters before every sentence; GSV keeps them too. */
  talker: z
    .string('two letters')
    .regex(/^[A-OQ-Z][A-Z]$/, 'two capital letters, the first not P')
    .default('GP'),
  /** One burst a second, in this order. */
  sentences: z
    .array(choice('RMC', 'ZDA', 'GGA', 'GSA', 'GSV'), 'a list of sentences')
    .min(1, 'at least one sentence')
    .max(5, 'at most five sentences')
    .default(['RMC', 'GGA', 'GSA', 'GSV', 'ZDA']),
  /** From the pulse to the first byte of the burst, ms, and the largest deviation from it. */
  firstByteAfterPulseMs: integer(1, 900).default(60),
  firstByteJitterMs: integer(0, 100).default(8),
  /** Paces the sentences of a burst; it does not set a port. */
  baudRate: integer(1200, 921_600).default(9600),
  /** Standard deviation of the white noise on the pulse, ns. */
  pulseNoiseNs: integer(0, 1_000_000).default(30),
  /** Half the height of the sawtooth that quantising to the receiver's own clock leaves on the pulse, ns. */
  pulseSawtoothNs: integer(0, 1_000_000).default(0),
  /** Without a fix and without a time for so long after the start. */
  coldStartSeconds: integer(0, 3600).default(1),
})

const schema = table({
  /** Which pulse the time in a sentence names; the preceding one with nearly all receivers. */
  names: choice('preceding-pulse', 'following-pulse').default('preceding-pulse'),
  /** No true date lies before it: an earlier one is a week rollover. null accepts all, for old recordings. */
  floorDate: z.iso
    .date('a date like 2025-01-01, or null')
    .refine((date) => date >= GPS_EPOCH, `a date since ${GPS_EPOCH}, or null`)
    .nullable()
    .default('2025-01-01'),
  /** Believe sentences without a checksum (58534A). */
  allowMissingChecksum: yesOrNo.default(false),
  /** Without a good sentence for so long, the instrument counts as silent. */
  silenceSeconds: integer(2, 3600).default(5),
  emulator: emulatorSchema.prefault({}),
})

export type NmeaReceiverOptions = Readonly<z.output<typeof schema>>

/**
 * Checks the `options` table of a source; `path` is where it stands. Fault: `config.value`, like
 * `sources[2].options.silenceSeconds: expected an integer from 2 to 3600, got 0`.
 */
export function parseOptions(input: unknown, path: string): Result<NmeaReceiverOptions> {
  const parsed = schema.safeParse(input)
  if (parsed.success) return ok(parsed.data)
  const issue = parsed.error.issues[0]
  const unknownKey = issue?.code === 'unrecognized_keys' ? issue.keys[0] : undefined
  const place = [...(issue?.path ?? []), ...(unknownKey === undefined ? [] : [unknownKey])]
  const got = unknownKey === undefined ? shown(valueAt(input, place)) : 'an unknown key'
  return fail(
    'config.value',
    `${path}${place.map(step).join('')}: expected ${issue?.message ?? 'other options'}, got ${got}`,
  )
}

function step(key: PropertyKey): string {
  return typeof key === 'number' ? `[${key}]` : `.${String(key)}`
}

function valueAt(input: unknown, place: readonly PropertyKey[]): unknown {
  return place.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], input)
}

function shown(value: unknown): string {
  const text = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? 'nothing')
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
