import type { DriverFamily } from '../../drivers/driver.ts'
import { clockFamilies, families, packetFamilies } from '../../drivers/index.ts'
import { splitAddress } from './address.ts'
import { checkAttestation } from './attestation.ts'
import type { Configuration, SourceConfiguration } from './schema.ts'

/** The path of a socket may have so many bytes (sun_path less its terminating zero, unix(7)). */
const SOCKET_PATH_BYTES_MAX = 107

/** A value and where it stands, for the sentences. */
interface Placed {
  readonly at: string
  readonly value: string
}

/**
 * Rules between the keys of a configuration whose paths are resolved: what must be there once is there once, and every
 * source's options fit its family. A sentence for each mistake.
 */
export function checkAcross({ node, cluster, sources, attestation }: Configuration): readonly string[] {
  const own = (key: string, value: string): Placed => ({ at: key, value })
  const peers = (key: 'name' | 'address' | 'rangingAddress'): readonly Placed[] =>
    cluster.peers.map((peer, index) => ({ at: `cluster.peers[${index}].${key}`, value: peer[key] }))
  const sockets = [own('node.controlSocket', node.controlSocket), ...placed(sources, 'pulseSocket')]
  return [
    ...repetitions(placed(sources, 'name')),
    // Before Linux 6.7 whoever reads the edges of a hardware clock takes them from all others.
    ...repetitions([...placed(sources, 'device'), ...placed(sources, 'pulseDevice')]),
    ...sources.flatMap(twoPulses),
    ...repetitions(sockets),
    ...sockets.flatMap(tooLongForSocket),
    ...repetitions([own('node.name', node.name), ...peers('name')]),
    ...repetitions(peers('address')),
    ...repetitions(peers('rangingAddress')),
    ...otherFamilies(own('cluster.rangingListen', cluster.rangingListen), peers('rangingAddress')),
    ...stampedByNobody(cluster),
    ...checkSources(sources, 'sources'),
    ...checkAttestation(attestation),
  ]
}

/** The agent's own stamps are of no interface. */
function stampedByNobody({ rangingStamps, rangingInterface }: Configuration['cluster']): readonly string[] {
  if (rangingStamps === 'kernel' || rangingInterface === undefined) return []
  return [`cluster.rangingInterface: expected none with rangingStamps = "user", got "${rangingInterface}"`]
}

/** Whether each source is of a known kind, with options that its family knows; `path` is where they stand. */
export function checkSources(sources: readonly SourceConfiguration[], path: string): readonly string[] {
  return sources.flatMap((source, index) => {
    const { kind, role, options, steering, pulseSocket, pulseDevice } = source
    const packetFamily = packetFamilies.find((known) => known.kind === kind)
    if (packetFamily !== undefined) return checkPacketSource(source, packetFamily, `${path}[${index}]`)
    const clockFamily = clockFamilies.find((known) => known.kind === kind)
    if (clockFamily !== undefined) return checkClockSource(source, clockFamily, `${path}[${index}]`)
    const family = families.find((known) => known.kind === kind)
    if (family === undefined) {
      const known = [...families, ...packetFamilies, ...clockFamilies].map((each) => each.kind).join(', ')
      return [`${path}[${index}].kind: expected one of ${known}, got "${kind}"`]
    }
    const checked = family.parseOptions(options, `${path}[${index}].options`)
    const timeOfDay = checked.ok ? family.timeOfDayWith?.(checked.value) : undefined
    return [
      ...hangsOn(source, 'device', `${path}[${index}]`),
      ...((timeOfDay ?? family.timeOfDay) === 'none' ? withoutDate(`${path}[${index}].role`, kind, role) : []),
      ...(steering === undefined
        ? []
        : checkSteering(`${path}[${index}].steering`, family, (pulseSocket ?? pulseDevice) !== undefined)),
      ...(checked.ok ? [] : checked.fault.message.split('\n')),
    ]
  })
}

/** What is reached by packets has no line, no pulse and nothing that could be steered. */
function checkPacketSource(
  source: SourceConfiguration,
  family: (typeof packetFamilies)[number],
  path: string,
): readonly string[] {
  const checked = family.parseOptions(source.options, `${path}.options`)
  const foreign = WITHOUT_A_LINE.filter((key) => source[key] !== undefined)
  return [
    ...hangsOn(source, 'interface', path),
    ...foreign.map((key) => `${path}.${key}: expected none, as ${family.kind} is reached by packets`),
    ...(checked.ok ? [] : checked.fault.message.split('\n')),
  ]
}

/** What is read has no line, no pulse, nothing that could be steered, and nothing to say of how right it is. */
function checkClockSource(
  source: SourceConfiguration,
  family: (typeof clockFamilies)[number],
  path: string,
): readonly string[] {
  const checked = family.parseOptions(source.options, `${path}.options`)
  const foreign = WITHOUT_A_LINE.filter((key) => source[key] !== undefined)
  return [
    ...hangsOn(source, 'device', path),
    ...(source.accuracyNs === undefined
      ? [`${path}.accuracyNs: expected one, as ${family.kind} does not say how right it is, got none`]
      : []),
    ...foreign.map((key) => `${path}.${key}: expected none, as ${family.kind} is a clock that is read`),
    ...(checked.ok ? [] : checked.fault.message.split('\n')),
  ]
}

const WITHOUT_A_LINE = ['baudRate', 'parity', 'dataBits', 'pulseSocket', 'pulseDevice', 'steering'] as const

function hangsOn(source: SourceConfiguration, wanted: 'device' | 'interface', path: string): readonly string[] {
  const other = wanted === 'device' ? 'interface' : 'device'
  return [
    ...(source[wanted] === undefined
      ? [`${path}.${wanted}: expected one, as ${source.kind} hangs on it, got none`]
      : []),
    ...(source[other] === undefined
      ? []
      : [`${path}.${other}: expected none, as ${source.kind} hangs on its ${wanted}`]),
  ]
}

/** Pulses without a date mark seconds, but not which: they carry a time forward and cannot tell one. */
export function withoutDate(at: string, kind: string, role: SourceConfiguration['role']): readonly string[] {
  return role === 'frequency' ? [] : [`${at}: expected frequency, as ${kind} has pulses but no date, got ${role}`]
}

/** Only some families can be steered, and what is steered is measured by its pulse. */
function checkSteering(
  at: string,
  { kind, steering }: Pick<DriverFamily<unknown>, 'kind' | 'steering'>,
  hasPulse: boolean,
): readonly string[] {
  const able = families.filter((family) => family.steering !== undefined).map((family) => family.kind)
  return [
    ...(steering !== undefined
      ? []
      : [`${at}: expected a family that can be steered (${able.join(', ')}), got ${kind}, which cannot`]),
    ...(hasPulse ? [] : [`${at}: expected a source with a pulseSocket or a pulseDevice, got one without`]),
  ]
}

function placed(
  sources: readonly SourceConfiguration[],
  key: 'name' | 'device' | 'pulseSocket' | 'pulseDevice',
): readonly Placed[] {
  return sources.flatMap((source, index) => {
    const value = source[key]
    return value === undefined ? [] : [{ at: `sources[${index}].${key}`, value }]
  })
}

function twoPulses({ pulseSocket, pulseDevice }: SourceConfiguration, index: number): readonly string[] {
  if (pulseSocket === undefined || pulseDevice === undefined) return []
  return [
    `sources[${index}].pulseDevice: expected none beside pulseSocket, for a source has one pulse, got "${pulseDevice}"`,
  ]
}

function repetitions(values: readonly Placed[]): readonly string[] {
  return values.flatMap(({ at, value }, index) => {
    const first = values.findIndex((other) => other.value === value)
    return first === index ? [] : [`${at}: expected another value than ${values[first]?.at} has, got "${value}" again`]
  })
}

function tooLongForSocket({ at, value }: Placed): readonly string[] {
  const bytes = Buffer.byteLength(value)
  const expected = `a path of at most ${SOCKET_PATH_BYTES_MAX} bytes, as a socket needs`
  return bytes > SOCKET_PATH_BYTES_MAX ? [`${at}: expected ${expected}, got ${bytes}: "${value}"`] : []
}

/** One socket serves all peers, so all are reached by the same version of IP. */
function otherFamilies(listen: Placed, peers: readonly Placed[]): readonly string[] {
  const version = (address: string): string => (splitAddress(address).host.includes(':') ? 'IPv6' : 'IPv4')
  const expected = version(listen.value)
  return peers
    .filter(({ value }) => version(value) !== expected)
    .map(({ at, value }) => `${at}: expected an ${expected} address as in ${listen.at}, got "${value}"`)
}
