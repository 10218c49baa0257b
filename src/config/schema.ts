import { z } from 'zod'
import { choice, integer, number, table, yesOrNo } from '../../drivers/options.ts'
import { MEMBERS_MAX } from '../consensus/membership.ts'
import { SOURCE_CLASSES, SOURCES_MAX } from '../consensus/proposal.ts'
import { splitAddress } from './address.ts'
import { attestationSchema } from './attestation.ts'
import { keyPlace } from './key-place.ts'
import { outputsSchema, path } from './outputs.ts'

/**
 * The configuration file of one appliance, as an operator writes it: TOML, times with their unit in the key. Every
 * error text is what was expected.
 */

const ADDRESS = /^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9][A-Za-z0-9.-]*):(\d{1,5})$/
const address = z
  .string('host:port')
  .max(300, 'host:port of at most 300 characters')
  .refine(
    (text) => {
      const port = Number(ADDRESS.exec(text)?.[1])
      return port >= 1 && port <= 65_535
    },
    { error: 'host:port with a port from 1 to 65535', abort: true },
  )

export const ipAddress = z.union([z.ipv4(), z.ipv6()], 'an IP address')

/** Packets of ranging are sent at once, without looking up a name. */
const literalAddress = address.refine(
  (text) => ipAddress.safeParse(splitAddress(text).host).success,
  'a literal IP address with its port, like 192.0.2.10:7401 or [2001:db8::a]:7401',
)

/** Addresses that a peer dials from beside those that it is reached at, like one that a router gives it. */
const dialsFrom = z.array(ipAddress, 'a list of IP addresses').max(8, 'a list of at most 8 IP addresses').default([])

const EXPECTED_NAME = 'a name of at most 64 letters, digits, ".", "_" and "-"'
export const name = z.string(EXPECTED_NAME).regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, EXPECTED_NAME)

const EXPECTED_DOMAIN = 'a domain of at most 64 letters, digits, ".", "_", ":" and "-"'
const domain = z.string(EXPECTED_DOMAIN).regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/, EXPECTED_DOMAIN)

/** IFNAMSIZ less its terminating zero, and none of what the kernel refuses (dev_valid_name in net/core/dev.c). */
const networkInterface = z
  .string('the name of a network interface')
  .regex(/^(?!\.{1,2}$)[^\s/:\0]{1,15}$/, 'the name of a network interface, of 1 to 15 characters')

const nodeSchema = table({
  /** The name of this appliance in the genesis file. */
  name,
  genesis: path,
  /**
   * ML-DSA-87 key that signs messages, and the one of the TLS certificate: a file in PEM or sealed by a TPM, mode 0600, or
   * `credential:NAME` for what systemd gives the service.
   */
  signingKey: keyPlace,
  tlsKey: keyPlace,
  /** Keys that a coming membership names in their place: held beside them until it does. */
  nextSigningKey: keyPlace.optional(),
  nextTlsKey: keyPlace.optional(),
  /** Journal and decision log. */
  stateDirectory: path,
  /** Unix socket that `quorumtime status` asks. */
  controlSocket: path,
  /** IERS leap-seconds.list; absent: the system's, else the embedded table. */
  leapSecondsList: path.optional(),
  /** Where `quorumtime calibrate` records the delays of sources; absent: none are recorded. */
  calibrations: path.optional(),
})

const clusterSchema = table({
  /** TCP, for TLS between members. */
  listen: address,
  /** UDP, for ranging. */
  rangingListen: literalAddress,
  /** Who stamps the packets of ranging: "kernel" is the best that there is, "user" the agent itself. */
  rangingStamps: choice('kernel', 'user').default('kernel'),
  /** Ranging goes through this network interface alone, like `eth0`, whose card stamps where it can. */
  rangingInterface: networkInterface.optional(),
  peers: z
    .array(table({ name, address, rangingAddress: literalAddress, dialsFrom }), 'a list of tables')
    .max(MEMBERS_MAX - 1, `a list of at most ${MEMBERS_MAX - 1} peers`),
})

/** What drives CLOCK_MONOTONIC_RAW: sets the floor of its rate bound. */
export const oscillatorClass = choice('crystal', 'ocxo', 'rubidium', 'caesium').default('crystal')

/** A sensor of the kernel's hardware monitoring, by chip and label, or a file with thousandths of a degree. */
const temperatureSensor = z
  .string('a sensor')
  .regex(/^[^\0\n]{1,300}$/, 'a sensor of at most 300 characters, like "coretemp/Package id 0", or the path of a file')

const BAUD_RATES = [1_200, 2_400, 4_800, 9_600, 19_200, 38_400, 57_600, 115_200, 230_400, 460_800, 921_600] as const

/** Twice the longest fibre that a site has; more is a slip of the unit. Negative: the instrument advances too far. */
export const DELAY_NS_MAX = 10_000_000

/** Frequencies are fractions of the nominal: 1e-11 is a hundredth of a nanosecond a second. */
const steeringSchema = table({
  enabled: yesOrNo(),
  /** Measured for so long before every decision. */
  intervalSeconds: integer(600, 604_800).default(14_400),
  /** Most that one decision changes. */
  stepMax: number(1e-15, 1e-9).default(1e-11),
  /** Most that all decisions of 24 hours change. */
  dayMax: number(1e-15, 1e-8).default(5e-11),
  /** A source that is measured farther off than that is not steered. */
  offsetMax: number(1e-13, 1e-6).default(1e-9),
  /** What its oscillator may change by itself from one decision to the next. */
  changeMax: number(1e-14, 1e-9).default(5e-12),
})

const sourceSchema = table({
  name,
  /** A driver family: `quorumtime drivers` lists them. */
  kind: z.string('a driver family'),
  class: choice(...SOURCE_CLASSES),
  role: choice('time', 'frequency', 'label').default('time'),
  /** What makes it fail together with others. */
  domain,
  /** Its domain while it runs on its own oscillator. */
  holdoverDomain: domain.optional(),
  /** What it hangs on: a serial device, like `/dev/ttyS0`, or a clock, like `/dev/ptp0`. */
  device: path.optional(),
  /** Of kinds that are reached by packets, in place of a device: the network interface, like `eth0`. */
  interface: networkInterface.optional(),
  baudRate: choice(...BAUD_RATES).optional(),
  parity: choice('none', 'odd', 'even').optional(),
  dataBits: choice(7, 8).optional(),
  /** Where its pulses arrive as chrony-SOCK datagrams; absent: a serial time of day without pulse. */
  pulseSocket: path.optional(),
  /** Or a pulse input of the kernel, `/dev/ppsN`, or a hardware clock with an input for edges, `/dev/ptpN`. */
  pulseDevice: path.optional(),
  /** Which edge of `pulseDevice` is the second. */
  pulseEdge: choice('rising', 'falling').default('rising'),
  /** Which input of a hardware clock. */
  pulseChannel: integer(0, 15).default(0),
  /** What averaging cannot remove beside the delay's uncertainty, which is added; absent: its class's. */
  accuracyNs: integer(0, 10_000_000_000).optional(),
  /** Antenna, cables and converters together: its readings are put earlier by so much. Absent: as recorded, else 0. */
  delayNs: integer(-DELAY_NS_MAX, DELAY_NS_MAX).optional(),
  /** How far the delay may be from the truth; absent: as recorded, else 0. */
  delayUncertaintyNs: integer(0, DELAY_NS_MAX).optional(),
  /** Its weight beside the others of its appliance, to a thousandth. */
  authority: number(0.001, 1).optional(),
  /** How warm its oscillator is, where something else than the instrument says so. */
  temperature: temperatureSensor.optional(),
  /** Takes the frequency offset out of an instrument that can be steered, slowly; off unless it says `enabled = true`. */
  steering: steeringSchema.optional(),
  options: z.record(z.string(), z.unknown(), 'a table').default({}),
})

export const sources = z
  .array(sourceSchema, 'a list of tables')
  .max(SOURCES_MAX, `a list of at most ${SOURCES_MAX} sources`)

export const configurationSchema = table({
  node: nodeSchema,
  cluster: clusterSchema,
  oscillator: table({
    class: oscillatorClass,
    /** How warm it is. Absent: its rate alone carries it. */
    temperature: temperatureSensor.optional(),
  }).default({ class: 'crystal' }),
  sources,
  outputs: outputsSchema.default({}),
  attestation: attestationSchema.optional(),
})

export type Configuration = z.infer<typeof configurationSchema>
export type SourceConfiguration = Configuration['sources'][number]
export type SteeringConfiguration = NonNullable<SourceConfiguration['steering']>
