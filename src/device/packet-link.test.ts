import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PacketLink, ReceivedPacket } from '../../drivers/packet-driver.ts'
import { ok, type Result } from '../core/fault.ts'
import type { Stamp } from '../core/stamp.ts'
import { plus } from '../core/time.ts'
import { readMonoNs } from '../linux/clock.ts'
import { type OpenPacketSocket, openPacketLink } from './packet-link.ts'
import type { PacketToken, Speaker } from './packet-speakers.ts'
import type { SocketAddress, StampedSocket, StampedSocketEvents } from './stamped-socket.ts'

const LINK: PacketLink = { network: 'udp4', eventPort: 319, generalPort: 320, group: '224.0.1.129' }
const stamp = (): Stamp => ({ at: readMonoNs(), errorNs: 10n, kind: 'user' })

/** Sockets in memory; what is sent stays here. */
function memorySockets(refusals = 0) {
  const sent: { readonly bytes: Uint8Array; readonly to: SocketAddress; readonly token: PacketToken }[] = []
  const channels = new Map<string, StampedSocketEvents<PacketToken>>()
  const counts = { opened: 0, closed: 0, refused: 0 }
  const open: OpenPacketSocket = (channel, events): Promise<Result<StampedSocket<PacketToken>>> => {
    if (channel === 'event' && counts.refused < refusals) {
      counts.refused += 1
      return Promise.resolve({ ok: false, fault: { code: 'linux.bind', message: 'eth9: expected it to exist' } })
    }
    counts.opened += 1
    channels.set(channel, events)
    return Promise.resolve(
      ok({
        local: { address: '0.0.0.0', port: 319 },
        send: (bytes, to, token) => {
          sent.push({ bytes, to, token })
          events.onSent(token, stamp())
        },
        close: () => {
          counts.closed += 1
          return Promise.resolve()
        },
      }),
    )
  }
  return { open, sent, channels, counts }
}

/** Answers each packet to whom it came from, and asks the group whenever it is woken. */
function parrot(heard: string[]): Speaker {
  let next = plus(readMonoNs(), 1_000_000n)
  return {
    receive: ({ channel, bytes, from }: ReceivedPacket) => {
      heard.push(`${channel} ${bytes[0]} from ${from}`)
      return [{ type: 'send', channel: 'general', bytes, to: from }]
    },
    sent: (token) => {
      heard.push(`sent ${token}`)
      return []
    },
    wake: (now) => {
      next = plus(now, 3_600_000_000_000n)
      return [{ type: 'send', channel: 'event', bytes: Uint8Array.of(7), to: undefined, token: 42 }]
    },
    nextWakeAt: () => next,
  }
}

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 2))
}

test('each speaker hears every packet and its own transmit stamps, and what it sends goes where it says', async () => {
  const { open, sent, channels, counts } = memorySockets()
  const heard: string[][] = [[], []]
  const events: string[] = []
  const shell = openPacketLink({
    name: 'veth0',
    link: LINK,
    open,
    silenceMsMax: undefined,
    speakers: heard.map((mine) => ({
      create: () => parrot(mine),
      handlers: { onFault: ({ code }) => events.push(code), onWire: ({ type }) => events.push(type) },
    })),
  })
  await until(() => heard.every((mine) => mine.length === 1))
  channels.get('event')?.onPacket(Uint8Array.of(5), { address: '192.0.2.9', port: 319 }, stamp())
  assert.deepEqual(heard, [
    ['sent 42', 'event 5 from 192.0.2.9'],
    ['sent 42', 'event 5 from 192.0.2.9'],
  ])
  assert.deepEqual(
    sent.map(({ bytes, to }) => `${bytes[0]} to ${to.address}:${to.port}`),
    ['7 to 224.0.1.129:319', '7 to 224.0.1.129:319', '5 to 192.0.2.9:320', '5 to 192.0.2.9:320'],
  )
  await shell.close()
  assert.deepEqual([events, counts], [['up', 'up'], { opened: 2, closed: 2, refused: 0 }])
})

test('a link that cannot be opened is told once and tried again', async () => {
  const { open, channels } = memorySockets(2)
  const events: string[] = []
  const shell = openPacketLink({
    name: 'eth9',
    link: LINK,
    open,
    silenceMsMax: undefined,
    speakers: [
      { create: () => parrot([]), handlers: { onFault: () => undefined, onWire: ({ type }) => events.push(type) } },
    ],
  })
  await until(() => channels.size === 2 && events.includes('up'))
  await shell.close()
  assert.deepEqual(events, ['fault', 'up'])
})

test('a link on which nothing comes any more is opened anew, with a new speaker', async () => {
  const { open, counts } = memorySockets()
  const events: string[] = []
  let made = 0
  const shell = openPacketLink({
    name: 'veth0',
    link: LINK,
    open,
    silenceMsMax: 5,
    speakers: [
      {
        create: () => {
          made += 1
          return parrot([])
        },
        handlers: { onFault: () => undefined, onWire: ({ type }) => events.push(type) },
      },
    ],
  })
  await until(() => made >= 3)
  await shell.close()
  assert.deepEqual(events.slice(0, 5), ['up', 'down', 'up', 'down', 'up'])
  assert.equal(counts.opened, counts.closed)
})
