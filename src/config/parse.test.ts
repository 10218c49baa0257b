import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { clockFamilies, families, packetFamilies } from '../../drivers/index.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { parseConfiguration, readConfiguration, readUncalibrated } from './parse.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-config-'))
after(() => rmSync(folder, { recursive: true }))

const NODE = `
[node]
name = "ts0"
genesis = "genesis.cbor"
signingKey = "keys/signing.pem"
tlsKey = "/etc/keys/tls.pem"
stateDirectory = "state"
controlSocket = "state/control.sock"
`
const CLUSTER = `
[cluster]
listen = "192.0.2.10:7400"
rangingListen = "192.0.2.10:7401"

[[cluster.peers]]
name = "ts1"
address = "ts1.example:7400"
rangingAddress = "192.0.2.11:7401"
`
const GNSS = `
[[sources]]
name = "gnss0"
kind = "nmea-receiver"
class = "gnss"
domain = "gnss"
device = "/dev/ttyS0"
`
const GPSDO = `
[[sources]]
name = "gpsdo0"
kind = "smartclock"
class = "gpsdo"
domain = "gnss"
holdoverDomain = "gpsdo0"
device = "/dev/ttyS1"
pulseSocket = "state/gpsdo0.sock"
`

/** The sentences about a file with this text. */
function complaints(...parts: readonly string[]): readonly string[] {
  const fault = faultOf(parseConfiguration(parts.join(''), '/srv/ts0/config.toml'))
  assert.equal(fault.code, 'config.value')
  return fault.message.split('\n').map((line) => {
    assert.ok(line.startsWith('/srv/ts0/config.toml: '), line)
    return line.replace('/srv/ts0/config.toml: ', '')
  })
}

test('a whole configuration is read, with defaults filled in and paths taken from its folder', () => {
  const path = join(folder, 'config.toml')
  writeFileSync(path, NODE + CLUSTER + GNSS + GPSDO)
  const { node, oscillator, sources } = unwrap(readConfiguration(path))
  assert.equal(node.genesis, join(folder, 'genesis.cbor'))
  assert.equal(node.tlsKey, '/etc/keys/tls.pem')
  assert.equal(node.controlSocket, join(folder, 'state', 'control.sock'))
  assert.equal(node.leapSecondsList, undefined)
  assert.equal(oscillator.class, 'crystal')
  assert.deepEqual(
    sources.map(({ name, role, device, pulseSocket }) => [name, role, device, pulseSocket]),
    [
      ['gnss0', 'time', '/dev/ttyS0', undefined],
      ['gpsdo0', 'time', '/dev/ttyS1', join(folder, 'state', 'gpsdo0.sock')],
    ],
  )
  const listed = unwrap(parseConfiguration(`${NODE}leapSecondsList = "leap/list"\n${CLUSTER}${GNSS}`, path))
  assert.equal(listed.node.leapSecondsList, join(folder, 'leap', 'list'))
})

test('a value that is not allowed is told with its path, what was expected and what came', () => {
  for (const [line, expected] of [
    [
      'baudRate = 9601',
      'expected one of 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600, got 9601',
    ],
    ['parity = "mark"', 'expected one of none, odd, even, got "mark"'],
    ['dataBits = 9', 'expected one of 7, 8, got 9'],
    ['role = "leader"', 'expected one of time, frequency, label, got "leader"'],
    ['accuracyNs = -1', 'expected an integer from 0 to 10000000000, got -1'],
    ['accuracyNs = 0.5', 'expected an integer from 0 to 10000000000, got 0.5'],
    ['accuracyNs = "50"', 'expected an integer from 0 to 10000000000, got "50"'],
    ['authority = 0', 'expected a number from 0.001 to 1, got 0'],
    ['authority = nan', 'expected a number from 0.001 to 1, got NaN'],
    ['options = 1', 'expected a table, got 1'],
    [
      'temperature = ""',
      'expected a sensor of at most 300 characters, like "coretemp/Package id 0", or the path of a file, got ""',
    ],
    ['pulseSocket = ""', 'expected a path of 1 to 4096 characters, got ""'],
    ['holdoverDomain = "a@b"', 'expected a domain of at most 64 letters, digits, ".", "_", ":" and "-", got "a@b"'],
  ] as const) {
    const key = line.split(' ')[0]
    assert.deepEqual(complaints(NODE, CLUSTER, GPSDO.replace(/holdoverDomain.*\n/, ''), GNSS, line), [
      `sources[1].${key}: ${expected}`,
    ])
  }
})

const RUBIDIUM = `[[sources]]
name = "rb0"
kind = "microchip-sa5x"
class = "rubidium"
role = "frequency"
domain = "rb0"
device = "/dev/ttyS2"
`

test('steering is for instruments that can be steered and have a pulse, and has its limits', () => {
  const rubidium = `${RUBIDIUM}pulseSocket = "rb0.sock"\n`
  const read = unwrap(parseConfiguration(`${NODE}${CLUSTER}${rubidium}steering = { enabled = true }\n`, 'config.toml'))
  assert.deepEqual(read.sources[0]?.steering, {
    enabled: true,
    intervalSeconds: 14_400,
    stepMax: 1e-11,
    dayMax: 5e-11,
    offsetMax: 1e-9,
    changeMax: 5e-12,
  })
  for (const [source, steering, expected] of [
    [
      GNSS,
      '{ enabled = false }',
      /^sources\[0\]\.steering: expected a family that can be steered \(.*microchip-sa5x.*\), got/,
    ],
    [
      RUBIDIUM,
      '{ enabled = true }',
      /^sources\[0\]\.steering: expected a source with a pulseSocket or a pulseDevice, got one without$/,
    ],
    [rubidium, '{}', /^sources\[0\]\.steering\.enabled: expected true or false, got nothing$/],
    [
      rubidium,
      '{ enabled = true, intervalSeconds = 60 }',
      /intervalSeconds: expected an integer from 600 to 604800, got 60$/,
    ],
    [rubidium, '{ enabled = true, stepMax = 1 }', /stepMax: expected a number from 1e-15 to 1e-9, got 1$/],
  ] as const) {
    assert.match(complaints(NODE, CLUSTER, source, `steering = ${steering}`)[0] ?? 'none', expected)
  }
})

test('a ptp4l is told something only when it is named, and by its own clock', () => {
  const parsed = (...parts: readonly string[]) => parseConfiguration(parts.join('\n'), '/etc/quorumtime/config.toml')
  const without = parsed(NODE, CLUSTER, GNSS)
  assert.ok(without.ok)
  assert.deepEqual(without.value.outputs, {})
  const named = parsed(NODE, CLUSTER, GNSS, '[outputs.ptp4l]\nclock = "/dev/ptp0"\nreplySocket = "reply.sock"')
  assert.ok(named.ok)
  assert.deepEqual(named.value.outputs.ptp4l, {
    socket: '/var/run/ptp4l',
    replySocket: '/etc/quorumtime/reply.sock',
    domain: 0,
    transportSpecific: 0,
    clock: '/dev/ptp0',
  })
  assert.deepEqual(complaints(NODE, CLUSTER, GNSS, '[outputs.ptp4l]\nclock = "ptp0"\ndomain = 256'), [
    'outputs.ptp4l.domain: expected an integer from 0 to 255, got 256',
    'outputs.ptp4l.clock: expected "system", or a hardware clock like /dev/ptp0, got "ptp0"',
  ])
})

test('an unknown key is told with the keys that there are, a missing one as nothing', () => {
  assert.deepEqual(complaints(NODE, 'colour = "red"\n', CLUSTER, GNSS), [
    'node.colour: expected one of name, genesis, signingKey, tlsKey, nextSigningKey, nextTlsKey, stateDirectory, controlSocket, leapSecondsList, calibrations, got an unknown key',
  ])
  assert.deepEqual(complaints('[[watchdog]]\n', NODE, CLUSTER, GNSS), [
    'watchdog: expected one of node, cluster, oscillator, sources, outputs, attestation, got an unknown key',
  ])
  assert.deepEqual(complaints(NODE.replace(/tlsKey.*\n/, ''), CLUSTER, GNSS), [
    'node.tlsKey: expected a path, got nothing',
  ])
  assert.deepEqual(complaints(CLUSTER), [
    'node: expected a table, got nothing',
    'sources: expected a list of tables, got nothing',
  ])
})

test('addresses have a port, and ranging is done with literal ones of one kind', () => {
  for (const [from, to, expected] of [
    [
      'ts1.example:7400',
      'ts1.example',
      'cluster.peers[0].address: expected host:port with a port from 1 to 65535, got "ts1.example"',
    ],
    [
      'ts1.example:7400',
      '10.0.0.1:65536',
      'cluster.peers[0].address: expected host:port with a port from 1 to 65535, got "10.0.0.1:65536"',
    ],
    [
      '192.0.2.10:7400',
      '192.0.2.10:0',
      'cluster.listen: expected host:port with a port from 1 to 65535, got "192.0.2.10:0"',
    ],
    [
      '192.0.2.11:7401',
      'ts1.example:7401',
      'cluster.peers[0].rangingAddress: expected a literal IP address with its port, like 192.0.2.10:7401 or [2001:db8::a]:7401, got "ts1.example:7401"',
    ],
    [
      '192.0.2.11:7401',
      '[2001:db8::b]:7401',
      'cluster.peers[0].rangingAddress: expected an IPv4 address as in cluster.rangingListen, got "[2001:db8::b]:7401"',
    ],
  ] as const) {
    assert.deepEqual(complaints(NODE, CLUSTER.replace(from, to), GNSS), [expected])
  }
  const six = CLUSTER.replaceAll(/192\.0\.2\.\d+:/g, '[2001:db8::b]:')
  assert.ok(parseConfiguration(NODE + six + GNSS, 'config.toml').ok)
})

test('ranging has the best stamps unless it is told otherwise, and only an interface has a card that stamps', () => {
  const cluster = (more: string): string => CLUSTER.replace('rangingListen', `${more}\nrangingListen`)
  const read = (more: string) => unwrap(parseConfiguration(NODE + cluster(more) + GNSS, 'config.toml')).cluster
  assert.deepEqual([read('').rangingStamps, read('').rangingInterface], ['kernel', undefined])
  assert.equal(read('rangingStamps = "user"').rangingStamps, 'user')
  assert.equal(read('rangingInterface = "eth1"').rangingInterface, 'eth1')
  assert.deepEqual(complaints(NODE, cluster('rangingStamps = "card"'), GNSS), [
    'cluster.rangingStamps: expected one of kernel, user, got "card"',
  ])
  assert.deepEqual(complaints(NODE, cluster('rangingStamps = "user"\nrangingInterface = "eth1"'), GNSS), [
    'cluster.rangingInterface: expected none with rangingStamps = "user", got "eth1"',
  ])
})

test('names, devices and sockets are each used once, however their paths are written', () => {
  assert.deepEqual(complaints(NODE, CLUSTER, GNSS, GNSS.replace('/dev/ttyS0', '/dev/ttyS7')), [
    'sources[1].name: expected another value than sources[0].name has, got "gnss0" again',
  ])
  assert.deepEqual(complaints(NODE, CLUSTER, GNSS, GPSDO.replace('/dev/ttyS1', '/dev/../dev/ttyS0')), [
    'sources[1].device: expected another value than sources[0].device has, got "/dev/ttyS0" again',
  ])
  assert.deepEqual(complaints(NODE, CLUSTER, GPSDO.replace('gpsdo0.sock', 'control.sock')), [
    'sources[0].pulseSocket: expected another value than node.controlSocket has, got "/srv/ts0/state/control.sock" again',
  ])
  assert.deepEqual(complaints(NODE, CLUSTER, `${GPSDO}\npulseDevice = "/dev/pps0"`), [
    'sources[0].pulseDevice: expected none beside pulseSocket, for a source has one pulse, got "/dev/pps0"',
  ])
  const gpsdo = GPSDO.replace(/pulseSocket = .*/, 'pulseDevice = "/dev/ptp0"')
  assert.deepEqual(complaints(NODE, CLUSTER, `${GNSS}\npulseDevice = "/dev/ptp0"`, gpsdo), [
    'sources[1].pulseDevice: expected another value than sources[0].pulseDevice has, got "/dev/ptp0" again',
  ])
  assert.deepEqual(complaints(NODE, CLUSTER.replace('name = "ts1"', 'name = "ts0"'), GNSS), [
    'cluster.peers[0].name: expected another value than node.name has, got "ts0" again',
  ])
  const twin = CLUSTER.slice(CLUSTER.indexOf('[[')).replace('name = "ts1"', 'name = "ts2"')
  assert.deepEqual(complaints(NODE, CLUSTER, twin, GNSS), [
    'cluster.peers[1].address: expected another value than cluster.peers[0].address has, got "ts1.example:7400" again',
    'cluster.peers[1].rangingAddress: expected another value than cluster.peers[0].rangingAddress has, got "192.0.2.11:7401" again',
  ])
})

test('a socket path that the system could not bind is refused here already', () => {
  const long = `state/${'x'.repeat(120)}.sock`
  const [sentence] = complaints(NODE.replace('state/control.sock', long), CLUSTER, GNSS)
  assert.match(
    sentence ?? '',
    /^node\.controlSocket: expected a path of at most 107 bytes, as a socket needs, got 140: "/,
  )
})

test('a source is of a known kind and has options that its family knows', () => {
  assert.deepEqual(complaints(NODE, CLUSTER, GNSS.replace('nmea-receiver', 'sundial')), [
    `sources[0].kind: expected one of ${[...families, ...packetFamilies, ...clockFamilies].map(({ kind }) => kind).join(', ')}, got "sundial"`,
  ])
  assert.deepEqual(complaints(NODE, CLUSTER, GNSS, '[sources.options]\nsilenceSeconds = 1\n'), [
    'sources[0].options.silenceSeconds: expected an integer from 2 to 3600, got 1',
  ])
})

test('text that is no TOML is told with line and column, and in one line', () => {
  const fault = faultOf(parseConfiguration(`${NODE}name = "ts1"\n`, 'config.toml'))
  assert.equal(fault.code, 'config.toml')
  assert.match(fault.message, /^config\.toml:9:\d+: expected TOML, got a mistake: [^\n]+$/)
  assert.match(faultOf(parseConfiguration('[node\n', 'config.toml')).message, /^config\.toml:1:\d+: expected TOML/)
})

test('a file that can not be read is told with its reason', () => {
  const absent = join(folder, 'absent.toml')
  assert.deepEqual(faultOf(readConfiguration(absent)), {
    code: 'file.unreadable',
    message: `${absent}: expected a configuration file, got no such file`,
  })
  const directory = join(folder, 'directory.toml')
  mkdirSync(directory)
  assert.equal(
    faultOf(readConfiguration(directory)).message,
    `${directory}: expected a configuration file, got a folder`,
  )
  const huge = join(folder, 'huge.toml')
  writeFileSync(huge, '#'.repeat(1_048_577))
  assert.match(
    faultOf(readConfiguration(huge)).message,
    /huge\.toml: expected a configuration file of at most 1048576 bytes, got more$/,
  )
})

test('a delay that was recorded is taken over, and must not be stated otherwise', () => {
  const file = join(folder, 'calibrated.toml')
  const records = join(folder, 'calibrations.toml')
  const base = `${NODE}calibrations = "calibrations.toml"\n${CLUSTER}${GNSS}`
  const record = (at: string, delayNs: number): string =>
    `[[calibrations]]\nsource = "gnss0"\nmethod = "tdr"\nby = "me"\nat = "${at}"\ndelayNs = ${delayNs}\nuncertaintyNs = 3\n`
  writeFileSync(file, base)
  assert.equal(faultOf(readConfiguration(file)).code, 'file.unreadable')
  assert.equal(unwrap(readUncalibrated(file)).node.calibrations, records)
  writeFileSync(records, record('2026-02-01T00:00:00Z', 77) + record('2026-01-01T00:00:00Z', 60))
  const [source] = unwrap(readConfiguration(file)).sources
  assert.deepEqual([source?.delayNs, source?.delayUncertaintyNs], [77, 3])
  writeFileSync(file, `${base}delayNs = 77\n`)
  assert.equal(unwrap(readConfiguration(file)).sources[0]?.delayNs, 77)
  writeFileSync(file, `${base}delayNs = 80\n`)
  assert.equal(
    faultOf(readConfiguration(file)).message,
    `${file}: sources[0].delayNs: expected nothing, or 77 as measured by me at 2026-02-01T00:00:00Z, got 80`,
  )
})

test('a caesium standard tells the time only where its clock was set by somebody', () => {
  const caesium = GNSS.replace('nmea-receiver', 'hp5071a').replace('"gnss"\ndomain', '"caesium"\ndomain')
  assert.deepEqual(complaints(NODE, CLUSTER, caesium), [
    'sources[0].role: expected frequency, as hp5071a has pulses but no date, got time',
  ])
  const set = '[sources.options]\ntimeSet = { by = "me", at = "2026-11-20T12:00:00Z", against = "gnss0" }\n'
  assert.equal(unwrap(parseConfiguration(NODE + CLUSTER + caesium + set, '/srv/c.toml')).sources[0]?.role, 'time')
})

test('a clock that is read hangs on a device, has no line, and somebody else says how right it is', () => {
  const CLOCK = `
[[sources]]
name = "card0"
kind = "phc"
class = "ptp"
domain = "ptp:card0"
device = "/dev/ptp0"
accuracyNs = 500
`
  const { sources } = unwrap(parseConfiguration([NODE, CLUSTER, CLOCK].join(''), '/srv/ts0/config.toml'))
  assert.equal(sources[0]?.accuracyNs, 500)
  const wrong = CLOCK.replace('accuracyNs = 500', 'baudRate = 9600').replace(
    'device = "/dev/ptp0"',
    'interface = "eth0"',
  )
  assert.deepEqual(complaints(NODE, CLUSTER, wrong, '[sources.options]\nscale = "gps"\n'), [
    'sources[0].device: expected one, as phc hangs on it, got none',
    'sources[0].interface: expected none, as phc hangs on its device',
    'sources[0].accuracyNs: expected one, as phc does not say how right it is, got none',
    'sources[0].baudRate: expected none, as phc is a clock that is read',
    'sources[0].options.scale: expected one of tai, utc, got "gps"',
  ])
})

const ATTESTATION = `
[attestation]
provider = "tpm2"
enrolment = "attestation/enrolment.cbor"
`

test('what vouches for the appliance is a TPM by one way, with its paths resolved', () => {
  const read = (more: string) => {
    return unwrap(parseConfiguration(NODE + CLUSTER + GNSS + ATTESTATION + more, '/srv/ts0/config.toml')).attestation
  }
  assert.deepEqual(read('nextEnrolment = "next/e"\ndevice = "/dev/tpmrm0"\nkeyHandle = 0x81010020\neventLog = "log"'), {
    provider: 'tpm2',
    enrolment: '/srv/ts0/attestation/enrolment.cbor',
    nextEnrolment: '/srv/ts0/next/e',
    device: '/dev/tpmrm0',
    keyHandle: 0x8101_0020,
    eventLog: '/srv/ts0/log',
    refreshMinutes: 10,
  })
  assert.equal(read('swtpm = "127.0.0.1:2321"')?.swtpm, '127.0.0.1:2321')
  assert.equal(read('swtpm = "tpm/ts0.sock"')?.swtpm, '/srv/ts0/tpm/ts0.sock')
  assert.equal(unwrap(parseConfiguration(NODE + CLUSTER + GNSS, '/srv/ts0/config.toml')).attestation, undefined)
})

test('what vouches for the appliance must not contradict itself', () => {
  const about = (more: string) => complaints(NODE, CLUSTER, GNSS, '\n[attestation]\n', more)
  assert.deepEqual(about('provider = "tpm2"'), [
    'attestation.device: expected the way to a TPM, by this or by swtpm, got none',
    'attestation.enrolment: expected one with provider = "tpm2", got none',
  ])
  assert.deepEqual(about('provider = "tpm2"\nenrolment = "e"\ndevice = "/dev/tpm0"\nswtpm = "s"'), [
    'attestation.swtpm: expected none beside device, for an appliance has one TPM, got "/srv/ts0/s"',
  ])
  assert.deepEqual(about('provider = "none"\nenrolment = "e"\nnextEnrolment = "n"\nkeyHandle = 0x81000001'), [
    'attestation.keyHandle: expected none with provider = "none", got 2164260865',
    'attestation.enrolment: expected none with provider = "none", got /srv/ts0/e',
    'attestation.nextEnrolment: expected none with provider = "none", got /srv/ts0/n',
  ])
  assert.deepEqual(about('provider = "tpm2"\nenrolment = "e"\nswtpm = "tpm:70000"\nkeyHandle = 1'), [
    'attestation.swtpm: expected host:port of a software TPM, or the path of its socket, got "tpm:70000"',
    'attestation.keyHandle: expected an integer from 2164260864 to 2181038079, got 1',
  ])
})
