import type { PacketChannel, PacketLink, PacketSend } from '../../drivers/packet-driver.ts'
import type { Fault, Result } from '../core/fault.ts'
import { readMonoNs } from '../linux/clock.ts'
import { backoffMs } from './backoff.ts'
import { createSpeakers, type PacketToken, type SpeakerMaker, type Speakers } from './packet-speakers.ts'
import type { StampedSocket, StampedSocketEvents } from './stamped-socket.ts'
import type { WireEvent } from './wire.ts'

/** Opens one of the two sockets of a link, on its interface and in its group. */
export type OpenPacketSocket = (
  channel: PacketChannel,
  events: StampedSocketEvents<PacketToken>,
) => Promise<Result<StampedSocket<PacketToken>>>

/** One pair of sockets on one network interface, shared by all that speak over it. */
export interface PacketLinkShell {
  close(): Promise<void>
}

export interface PacketLinkOptions {
  readonly name: string
  readonly link: PacketLink
  readonly open: OpenPacketSocket
  /** Made anew each time the link comes up: what the last one waited for is lost with the sockets. */
  readonly speakers: readonly SpeakerMaker[]
  /** Opened anew when nothing has come for so long; undefined: whoever only answers may wait for ever. */
  readonly silenceMsMax: number | undefined
}

/** A group that was joined on an interface which has gone since is heard no more: after so long, it is joined anew. */
export const SILENCE_MS_MAX = 30_000

/** What there is while the link is up. */
interface Opened {
  readonly sockets: Readonly<Record<PacketChannel, StampedSocket<PacketToken>>>
  readonly speakers: Speakers
  readonly silence: NodeJS.Timeout | undefined
}

/** A link that fails, falls silent or cannot be opened yet is opened again for ever, with pauses. */
export function openPacketLink(options: PacketLinkOptions): PacketLinkShell {
  const { name, link, open, silenceMsMax } = options
  let opened: Opened | undefined
  let retry: NodeJS.Timeout | undefined
  let attempts = 0
  let closed = false
  let reported = ''
  let pending: Promise<void> = Promise.resolve()

  const tell = (event: WireEvent): void => {
    for (const { handlers } of options.speakers) handlers.onWire(event)
  }
  const events = (channel: PacketChannel): StampedSocketEvents<PacketToken> => ({
    onPacket: (bytes, from, received) => {
      attempts = 0
      opened?.silence?.refresh()
      opened?.speakers.hear({ channel, bytes, from: from.address, received })
    },
    onSent: (token, sent) => opened?.speakers.sent(token, sent),
    onFault: (fault) => {
      for (const { handlers } of options.speakers) handlers.onFault(fault)
    },
  })
  const comeUp = (sockets: Opened['sockets']): void => {
    reported = ''
    tell({ type: 'up', at: readMonoNs(), reason: `${name} is open` })
    const send = (packet: PacketSend, token: PacketToken): void =>
      sockets[packet.channel].send(packet.bytes, addressOf(link, packet), token)
    const speakers = createSpeakers(options.speakers, send)
    const silence = silenceMsMax === undefined ? undefined : setTimeout(goDown, silenceMsMax)
    opened = { sockets, speakers, silence }
    speakers.start()
  }
  const rest = async (): Promise<void> => {
    const last = opened
    opened = undefined
    clearTimeout(last?.silence)
    last?.speakers.stop()
    await Promise.all([last?.sockets.event.close(), last?.sockets.general.close()])
  }
  const goDown = (): void => {
    const message = `${name}: expected packets, got none for ${silenceMsMax} ms; it is opened anew`
    tell({ type: 'down', at: readMonoNs(), fault: { code: 'wire.silent', message } })
    pending = rest().then(() => (closed ? undefined : attempt()))
  }
  const attempt = async (): Promise<void> => {
    const event = await open('event', events('event'))
    const general = event.ok ? await open('general', events('general')) : event
    if (event.ok && general.ok && !closed) return comeUp({ event: event.value, general: general.value })
    if (event.ok) await event.value.close()
    if (general.ok) await general.value.close()
    else if (!closed) again(general.fault)
  }
  const again = (fault: Fault): void => {
    if (fault.message !== reported) tell({ type: 'fault', at: readMonoNs(), fault })
    reported = fault.message
    retry = setTimeout(start, backoffMs(attempts, Math.random()))
    attempts += 1
  }
  const start = (): void => {
    pending = attempt()
  }

  start()
  return {
    close: async () => {
      closed = true
      clearTimeout(retry)
      await pending
      await rest()
    },
  }
}

/** Where a packet goes: to the port of its channel, at its address or at the group of the link. */
function addressOf(link: PacketLink, { channel, to }: PacketSend): { address: string; port: number } {
  return { address: to ?? link.group ?? '', port: channel === 'event' ? link.eventPort : link.generalPort }
}
