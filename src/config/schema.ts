import { z } from 'zod'

/** The configuration file of one appliance, as an operator writes it: TOML, times with their unit in the key. */

const nanoseconds = z.number().int().min(0).max(10_000_000_000)
const addressPattern = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/
const address = z
  .string()
  .refine(
    (text) => Number(addressPattern.exec(text)?.[1] ?? 0) >= 1 && Number(addressPattern.exec(text)?.[1]) <= 65_535,
    {
      message: 'host:port with a port from 1 to 65535',
    },
  )
const path = z.string().min(1).max(4_096)
const name = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, { message: 'a name of letters, digits, ".", "_" and "-"' })

const nodeSchema = z.strictObject({
  /** The name of this appliance in the genesis file. */
  name,
  genesis: path,
  /** ML-DSA-87 key that signs messages, and the one of the TLS certificate; both PEM, mode 0600. */
  signingKey: path,
  tlsKey: path,
  /** Journal and decision log. */
  stateDirectory: path,
  /** Unix socket that `quorumtime status` asks. */
  controlSocket: path,
  /** IERS leap-seconds.list; absent: the system's, else the embedded table. */
  leapSecondsList: path.optional(),
})

const clusterSchema = z.strictObject({
  /** TCP, for TLS between members. */
  listen: address,
  /** UDP, for ranging. */
  rangingListen: address,
  peers: z.array(z.strictObject({ name, address, rangingAddress: address })).max(99),
})

const oscillatorSchema = z.strictObject({
  /** What drives CLOCK_MONOTONIC_RAW: sets the floor of its rate bound. */
  class: z.enum(['crystal', 'ocxo', 'rubidium', 'caesium']).default('crystal'),
})

export const sourceSchema = z.strictObject({
  name,
  /** A driver family: `quorumtime drivers` lists them. */
  kind: z.string().min(1),
  class: z.enum(['caesium', 'rubidium', 'gpsdo', 'gnss', 'ptp', 'serial']),
  role: z.enum(['time', 'frequency', 'label']).default('time'),
  /** What makes it fail together with others. */
  domain: name,
  /** Its domain while it runs on its own oscillator. */
  holdoverDomain: name.optional(),
  device: path,
  baudRate: z
    .union([4_800, 9_600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600].map((rate) => z.literal(rate)))
    .optional(),
  parity: z.enum(['none', 'odd', 'even']).optional(),
  dataBits: z.union([z.literal(7), z.literal(8)]).optional(),
  /** Where its pulses arrive as chrony-SOCK datagrams; absent: a serial time of day without pulse. */
  pulseSocket: path.optional(),
  /** What averaging cannot remove (cable, antenna, claimed accuracy); absent: its class's. */
  accuracyNs: nanoseconds.optional(),
  authority: z.number().gt(0).max(1).optional(),
  options: z.record(z.string(), z.unknown()).default({}),
})

export const configurationSchema = z.strictObject({
  node: nodeSchema,
  cluster: clusterSchema,
  oscillator: oscillatorSchema.default({ class: 'crystal' }),
  sources: z.array(sourceSchema).max(64),
})

export type Configuration = z.infer<typeof configurationSchema>
export type SourceConfiguration = Configuration['sources'][number]
