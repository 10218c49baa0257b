import { readdirSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Stamp } from '../../../src/core/stamp.ts'
import { openKernelSocket } from '../../../src/device/kernel-stamped-socket.ts'
import { startInterface, writeSetting } from './system-calls.ts'
import { unwrap } from './unwrap.ts'

type Say = (trial: string, outcome: object) => void

const PACKETS = 8
const GROUP = '224.0.1.129'
const EVENT_PORT = 319
const WAIT_MS = 10_000

/** A Sync message of PTP version 2: cards look for its first two bytes at this port. */
function syncMessage(sequence: number): Uint8Array {
  const message = Buffer.alloc(44)
  message[1] = 2
  message.writeUInt16BE(message.length, 2)
  message.writeUInt16BE(sequence, 30)
  return message
}

/** Two cards on one wire, each with a clock of its own: packets from one to the other carry the stamps of both. */
export async function tryCards(say: Say): Promise<void> {
  const [from, to] = readdirSync('/sys/class/net').filter((name) => driverOf(name) === 'igb')
  if (from === undefined || to === undefined) {
    say('cards', { absent: 'expected two cards of igb' })
    return
  }
  startInterface('lo', '127.0.0.1')
  for (const [name, address] of [
    [from, '10.0.1.1'],
    [to, '10.0.2.1'],
  ] as const) {
    startInterface(name, address)
    // What comes from the machine's own other card is no forgery here.
    writeSetting(`/proc/sys/net/ipv4/conf/${name}/accept_local`, '1')
    writeSetting(`/proc/sys/net/ipv4/conf/${name}/rp_filter`, '0')
  }
  const left = new Map<number, Stamp>()
  const came = new Map<number, Stamp>()
  const faults: string[] = []
  const common = { hardware: { prefer: 'ptp' }, groups: [GROUP], reuseAddress: true } as const
  const onFault = ({ code, message }: { code: string; message: string }): number => faults.push(`${code}: ${message}`)
  const sender = unwrap(
    await openKernelSocket<number>(
      { ...common, local: { address: '0.0.0.0', port: EVENT_PORT }, interface: from },
      { onPacket: () => undefined, onSent: (token, stamp) => left.set(token, stamp), onFault },
    ),
  )
  const receiver = unwrap(
    await openKernelSocket<number>(
      { ...common, local: { address: '0.0.0.0', port: EVENT_PORT }, interface: to },
      {
        onPacket: (bytes, _from, stamp) => came.set(Buffer.from(bytes).readUInt16BE(30), stamp),
        onSent: () => undefined,
        onFault,
      },
    ),
  )
  for (let waitedMs = 0, sequence = 1; waitedMs < WAIT_MS && came.size < PACKETS; waitedMs += 100, sequence++) {
    sender.send(syncMessage(sequence), { address: GROUP, port: EVENT_PORT }, sequence)
    await sleep(100)
  }
  await sleep(500)
  const flights = [...came].flatMap(([sequence, arrival]) => {
    const departure = left.get(sequence)
    if (departure === undefined) return []
    return [
      {
        kinds: [departure.kind, arrival.kind],
        tookNs: arrival.at - departure.at,
        errorNs: arrival.errorNs + departure.errorNs,
      },
    ]
  })
  say('cards', {
    stamping: [sender.stamping, receiver.stamping],
    flights,
    lost: [Object.fromEntries(sender.lost()), Object.fromEntries(receiver.lost())],
    faults,
  })
}

function driverOf(name: string): string | undefined {
  try {
    return /[^/]+$/.exec(readlinkSync(`/sys/class/net/${name}/device/driver`))?.[0]
  } catch {
    return undefined
  }
}
