import type { Result } from '../src/core/fault.ts'
import type { TimeSample } from '../src/core/sample.ts'
import type { Stamp } from '../src/core/stamp.ts'
import type { MonoNs } from '../src/core/time.ts'
import type { DriverContext, DriverFault, DriverStatus, EmulatorContext } from './driver.ts'

/**
 * The contract between an instrument that is reached over a network and the rest of the agent: what `driver.ts` is for
 * lines. Packets and the instants at which they came or left go in, actions come out; the sockets, their stamps and the
 * timer are the shell's.
 */
export interface PacketDriver {
  receive(packet: ReceivedPacket): readonly PacketAction[]
  /** When the packet that was sent with this token left. It may come late, and of some packets never. */
  sent(token: number, stamp: Stamp): readonly PacketAction[]
  /** The instant asked for has come. A spurious wake is a no-op. */
  wake(now: MonoNs): readonly PacketAction[]
  /** The absolute instant of the next wake, or undefined for none. Ask again after every call. */
  nextWakeAt(): MonoNs | undefined
}

/** `event` packets are stamped as precisely as this machine can; of `general` ones only the content counts. */
export type PacketChannel = 'event' | 'general'

export interface ReceivedPacket {
  readonly channel: PacketChannel
  readonly bytes: Uint8Array
  /** The literal address that it came from. */
  readonly from: string
  readonly received: Stamp
}

export interface PacketSend {
  readonly type: 'send'
  readonly channel: PacketChannel
  readonly bytes: Uint8Array
  /** A literal address; undefined: the multicast group of the link. */
  readonly to: string | undefined
  /** Given where the instant of leaving is wanted; only `event` packets have one. */
  readonly token?: number
}

export type PacketAction =
  | PacketSend
  | { readonly type: 'sample'; readonly sample: TimeSample }
  | { readonly type: 'status'; readonly status: DriverStatus }
  | { readonly type: 'fault'; readonly fault: DriverFault }

/** Where packets of a family go: two UDP ports on one network interface, and the group that multicast ones are sent to. */
export interface PacketLink {
  readonly network: 'udp4' | 'udp6'
  readonly eventPort: number
  readonly generalPort: number
  /** Joined on the interface; undefined: unicast alone. */
  readonly group: string | undefined
}

/** A program of the classic Berkeley packet filter, over a UDP header and what follows it: 0 for packets that nobody wants. */
export type PacketFilter = readonly {
  readonly code: number
  /** How many instructions are skipped where a comparison holds, and where it does not; absent: none. */
  readonly ifTrue?: number
  readonly ifFalse?: number
  readonly k: number
}[]

/** What every packet driver and emulator needs beside its own options. */
export interface PacketContext extends DriverContext {
  /** Tells this one from every other speaker on the network: eight bytes of the machine, two of the source. */
  readonly port: { readonly clockIdentity: Uint8Array; readonly portNumber: number }
}

/** The far end of the same link, for memory on virtual time and for real sockets. */
export interface PacketEmulator {
  receive(packet: ReceivedPacket): readonly PacketSend[]
  sent(token: number, stamp: Stamp): readonly PacketSend[]
  wake(now: MonoNs): readonly PacketSend[]
  nextWakeAt(): MonoNs | undefined
  /** Switches a fault on or off by its name; the names are in the family's `faults`. */
  setFault(name: string, on: boolean): Result<void>
}

/** One family of instruments reached by packets: one folder, one line in `drivers/index.ts`. */
export interface PacketFamily<Options> {
  readonly kind: string
  /** One line for listings: which instruments. */
  readonly title: string
  readonly link: 'packets'
  /** Checks what the configuration's `options` table holds; `path` is where it stands, for the fault. */
  parseOptions(input: unknown, path: string): Result<Options>
  linkOf(options: Options): PacketLink
  /** What the kernel need not wake an appliance of this clock identity for; its drivers would pass it over themselves. */
  filterOf(clockIdentity: Uint8Array): PacketFilter
  create(options: Options, context: PacketContext): PacketDriver
  /** Names of the faults that the emulator can be told to show, each with a line on what it does. */
  readonly faults: Readonly<Record<string, string>>
  emulate(options: Options, seed: number, context: EmulatorContext & Pick<PacketContext, 'port'>): PacketEmulator
}
