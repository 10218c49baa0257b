import { ok, type Result } from '../core/fault.ts'
import { allocateForeign, type ForeignMemory } from './foreign-memory.ts'
import { SO_ATTACH_FILTER, SO_MEMINFO, SOL_SOCKET } from './socket-abi.ts'
import type { AddressParts } from './socket-address.ts'
import { parseAddress } from './socket-address.ts'
import { readOptionBytes, setOption } from './socket-options.ts'

/** Which packets a UDP socket takes; the kernel drops all others before anybody is woken for them. */
export interface PacketFilter {
  /** Literal addresses that they come from. */
  readonly from: readonly string[]
  /** How long each is. */
  readonly bytes: number
  /** What each begins with: four bytes, as a number in the order of the network. */
  readonly begins: number
}

/** `struct sock_filter`: code, two jumps, and a number (linux/filter.h). */
export interface Instruction {
  readonly code: number
  readonly ifTrue?: number
  readonly ifFalse?: number
  readonly k: number
}

const INSTRUCTION_BYTES = 8
/** `struct sock_fprog`: how many, and where. */
const PROGRAM_BYTES = 16
const UDP_HEADER_BYTES = 8

/** BPF_LD | BPF_W | BPF_LEN, BPF_LD | BPF_W | BPF_ABS, BPF_JMP | BPF_JEQ | BPF_K, BPF_RET | BPF_K (linux/bpf_common.h). */
const LOAD_LENGTH = 0x80
const LOAD_WORD = 0x20
const JUMP_IF_EQUAL = 0x15
const RETURN = 0x06
/** SKF_NET_OFF: offsets from here on count from the header of IP. */
const NETWORK_HEADER = 0xfff00000
/** Where the source stands in a header of IPv4 (RFC 791) and of IPv6 (RFC 8200). */
const SOURCE_AT = { 4: NETWORK_HEADER + 12, 6: NETWORK_HEADER + 8 } as const
const WHOLE = 0x7fffffff

const ACCEPT: Instruction = { code: RETURN, k: WHOLE }
const DROP: Instruction = { code: RETURN, k: 0 }

/** The program of classic BPF; of addresses, those of the socket's own family count. Fault `socket.address`. */
export function filterProgram(filter: PacketFilter, family: 4 | 6): Result<Uint8Array> {
  const sources: Uint8Array[] = []
  for (const address of filter.from) {
    const parsed = parseAddress(address)
    if (!parsed.ok) return parsed
    if (parsed.value.family === family) sources.push(parsed.value.bytes)
  }
  return ok(
    encode([
      { code: LOAD_LENGTH, k: 0 },
      ...unless(UDP_HEADER_BYTES + filter.bytes),
      { code: LOAD_WORD, k: UDP_HEADER_BYTES },
      ...unless(filter.begins),
      ...sources.flatMap((source) => acceptFrom(source, SOURCE_AT[family])),
      DROP,
    ]),
  )
}

/** Drops what is not this. */
function unless(k: number): readonly Instruction[] {
  return [{ code: JUMP_IF_EQUAL, k, ifTrue: 1 }, DROP]
}

/** Accepts what comes from this address, a word after the other, and goes on behind it otherwise. */
function acceptFrom(source: Uint8Array, at: number): readonly Instruction[] {
  const view = new DataView(source.buffer, source.byteOffset, source.byteLength)
  const words = source.length / 4
  const compared = Array.from({ length: words }, (_, word): readonly Instruction[] => [
    { code: LOAD_WORD, k: at + 4 * word },
    // Behind the words that are left, two instructions each, and the one that accepts.
    { code: JUMP_IF_EQUAL, k: view.getUint32(4 * word), ifFalse: 2 * (words - word - 1) + 1 },
  ])
  return [...compared.flat(), ACCEPT]
}

function encode(program: readonly Instruction[]): Uint8Array {
  const bytes = new Uint8Array(program.length * INSTRUCTION_BYTES)
  const view = new DataView(bytes.buffer)
  for (const [index, { code, ifTrue = 0, ifFalse = 0, k }] of program.entries()) {
    const at = index * INSTRUCTION_BYTES
    view.setUint16(at, code, true)
    view.setUint8(at + 2, ifTrue)
    view.setUint8(at + 3, ifFalse)
    view.setUint32(at + 4, k, true)
  }
  return bytes
}

/** The kernel copies what it is given: one place serves all sockets of a thread. */
let shared: ForeignMemory | undefined

/** A filter, or a program that sees the UDP header first and returns 0 for what is to be dropped. Faults `socket.address`, `socket.option`. */
export function attachFilter(
  fd: number,
  { family }: AddressParts,
  filter: PacketFilter | readonly Instruction[],
): Result<void> {
  const program = 'from' in filter ? filterProgram(filter, family) : ok(encode(filter))
  if (!program.ok) return program
  if (shared === undefined || shared.bytes.length < program.value.length) shared = allocateForeign(program.value.length)
  shared.bytes.set(program.value)
  const described = new Uint8Array(PROGRAM_BYTES)
  const view = new DataView(described.buffer)
  view.setUint16(0, program.value.length / INSTRUCTION_BYTES, true)
  view.setBigUint64(8, shared.address, true)
  return setOption(fd, [SOL_SOCKET, SO_ATTACH_FILTER], described, 'filter what comes')
}

/** SK_MEMINFO_DROPS (linux/sock_diag.h). */
const DROPS_AT = 8 * 4

/** How many packets the kernel has dropped at this socket, for want of room or by its filter; modulo 2^32. */
export function readDrops(fd: number): number | undefined {
  const counts = readOptionBytes(fd, [SOL_SOCKET, SO_MEMINFO], DROPS_AT + 4)
  return counts === undefined ? undefined : new DataView(counts.buffer).getUint32(DROPS_AT, true)
}
