import { packetFamilies } from '../../drivers/index.ts'
import type { PacketFilter, PacketLink } from '../../drivers/packet-driver.ts'
import { CLOCK_IDENTITY_BYTES, localClockIdentity } from '../../drivers/ptp/port-identity.ts'
import type { SourceConfiguration } from '../config/schema.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { randomBytes } from '../crypto/random.ts'
import { openLinkSocket } from '../device/link-socket.ts'
import { openPacketLink, SILENCE_MS_MAX } from '../device/packet-link.ts'
import type { SpeakerMaker } from '../device/packet-speakers.ts'
import type { RunningSource, SourceWorld } from './running-source.ts'
import type { SourceAccount } from './source-account.ts'
import { openEntry } from './source-entry.ts'

export function isPacketSource({ kind }: SourceConfiguration): boolean {
  return packetFamilies.some((family) => family.kind === kind)
}

/** One source, before the link that it shares with others is opened. */
interface Prepared {
  readonly source: SourceConfiguration
  readonly interfaceName: string
  readonly link: PacketLink
  readonly filter: PacketFilter
  readonly account: SourceAccount
  readonly maker: SpeakerMaker
}

/**
 * The sources that are reached by packets, each with a driver of its own: they are compared, none is elected. Those on the
 * same ports of the same interface share its sockets. Faults: those of their options.
 */
export function openPacketSources(
  sources: readonly SourceConfiguration[],
  world: SourceWorld,
): Result<readonly RunningSource[]> {
  const clockIdentity = localClockIdentity(randomBytes(CLOCK_IDENTITY_BYTES))
  const prepared: Prepared[] = []
  for (const [index, source] of sources.entries()) {
    const next = prepare(source, world, { clockIdentity, portNumber: index + 1 })
    if (!next.ok) return next
    prepared.push(next.value)
  }
  const links = new Map<string, readonly Prepared[]>()
  for (const each of prepared) {
    const key = JSON.stringify([each.interfaceName, each.link, each.filter])
    links.set(key, [...(links.get(key) ?? []), each])
  }
  return ok([...links.values()].flatMap((sharing) => openSharing(sharing)))
}

function prepare(
  source: SourceConfiguration,
  world: SourceWorld,
  port: { readonly clockIdentity: Uint8Array; readonly portNumber: number },
): Result<Prepared> {
  const { name, kind, interface: interfaceName } = source
  const family = packetFamilies.find((known) => known.kind === kind)
  if (family === undefined || interfaceName === undefined) {
    return fail('source.kind', `source ${name}: expected a kind that is reached by packets, got "${kind}"`)
  }
  const options = family.parseOptions(source.options, `source ${name}`)
  if (!options.ok) return options
  const { account, intake, onStatus } = openEntry(source, 'label', world)
  const maker: SpeakerMaker = {
    create: () => family.create(options.value, { source: name, leapTable: world.leapTable, port }),
    handlers: {
      onSample: intake.sample,
      onStatus,
      onFault: account.complain,
      onWire: account.wire,
    },
  }
  const [link, filter] = [family.linkOf(options.value), family.filterOf(port.clockIdentity)]
  return ok({ source, interfaceName, link, filter, account, maker })
}

function openSharing(sharing: readonly Prepared[]): readonly RunningSource[] {
  const [first] = sharing
  if (first === undefined) return []
  const { interfaceName, link, filter } = first
  const shell = openPacketLink({
    name: interfaceName,
    link,
    open: async (channel, events) => {
      const opened = await openLinkSocket(interfaceName, link, channel, events, { filter, mayWait: true })
      if (opened.ok && channel === 'event') {
        const { kind, reason } = opened.value.stamping
        for (const { account } of sharing) account.stamping(kind, reason)
      }
      return opened
    },
    speakers: sharing.map(({ maker }) => maker),
    silenceMsMax: SILENCE_MS_MAX,
  })
  return sharing.map(({ source, account }) => ({
    name: source.name,
    listen: account.listen,
    report: account.report,
    steer: () => fail('driver.cannot-steer', `source ${source.name}: expected an instrument that can be steered`),
    close: shell.close,
  }))
}
