import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Desk, openDesk } from '../../src/cli/demo/instruments.ts'
import { createWorld } from '../../src/cli/demo/world.ts'
import { readLeapTable } from '../../src/config/leap-seconds.ts'
import { readConfiguration } from '../../src/config/parse.ts'
import { NS_PER_SECOND, taiNs } from '../../src/core/time.ts'
import { readMonoNs } from '../../src/linux/clock.ts'
import { bindUnixDatagram } from '../../src/linux/unix-datagram.ts'
import {
  type AgentRun,
  type Ended,
  provision,
  quorumtime,
  type ReportedEvent,
  startAgent,
} from '../support/agent-process.ts'
import { unwrap } from '../support/results.ts'
import { mountTinyDisk } from '../support/tiny-disk.ts'

const scratch = mkdtempSync(join(tmpdir(), 'quorumtime-bad-input-'))
after(() => rmSync(scratch, { recursive: true, force: true }))

let folders = 0

/** A provisioned cluster of one appliance, which decides alone. */
async function newAppliance(sources: readonly object[] = []): Promise<{ folder: string; config: string }> {
  folders += 1
  const folder = join(scratch, `cluster-${folders}`)
  await provision({ folder, sources: [sources] })
  return { folder: join(folder, 'ts0'), config: join(folder, 'ts0', 'config.toml') }
}

function gnss(device: string): object {
  return {
    name: 'gnss0',
    kind: 'nmea-receiver',
    class: 'gnss',
    domain: 'gnss',
    device,
    pulseSocket: 'state/gnss0.sock',
  }
}

/** An agent that must not start: it ends by itself, with one sentence on standard error and nothing on standard output. */
async function refusal(t: TestContext, config: string): Promise<string> {
  const { code, stdout, stderr } = await startAgent(t, config).ended
  assert.equal(code, 1, stderr)
  assert.equal(stdout, '')
  return sentenceIn(stderr)
}

function sentenceIn(stderr: string): string {
  const match = /^quorumtime: ([^\n]+)\n$/.exec(stderr)
  assert.ok(match?.[1] !== undefined, `expected one sentence, got:\n${stderr}`)
  assert.match(match[1], /: expected .+, got /)
  return match[1]
}

async function endedBy(agent: AgentRun, signal: NodeJS.Signals): Promise<Ended> {
  agent.signal(signal)
  return agent.ended
}

test('an unknown configuration key is named, with those that there are', async (t) => {
  const { config } = await newAppliance()
  writeFileSync(config, readFileSync(config, 'utf8').replace('[node]', '[node]\ncolour = "red"'))
  assert.equal(
    await refusal(t, config),
    `${config}: node.colour: expected one of name, genesis, signingKey, tlsKey, nextSigningKey, nextTlsKey, stateDirectory, controlSocket, leapSecondsList, calibrations, got an unknown key`,
  )
})

test('a missing device is waited for: the agent runs, says so once, and ends when it is told to', async (t) => {
  const device = join(scratch, 'no-such-device')
  const { config } = await newAppliance([gnss(device)])
  const agent = startAgent(t, config)
  await agent.until(({ type }) => type === 'started')
  const names = (event: object): boolean => JSON.stringify(event).includes(device)
  const said = await agent.until(names)
  assert.deepEqual([said['type'], said['source'], said['state']], ['source', 'gnss0', 'down'])
  assert.match(
    String(said['reason']),
    /no-such-device at 9600 8N1: expected to open it, got .*; it is tried again until it opens$/,
  )
  // Long enough for several attempts to open it.
  await sleep(2_500)
  assert.equal(agent.events.filter(names).length, 1)
  const { code, stderr } = await endedBy(agent, 'SIGTERM')
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
})

describe('a genesis that does not match', () => {
  test('is refused when it is another cluster’s, with its own keys', async (t) => {
    const { folder, config } = await newAppliance()
    const other = await newAppliance()
    copyFileSync(join(other.folder, 'genesis.cbor'), join(folder, 'genesis.cbor'))
    assert.match(
      await refusal(t, config),
      /keys\/signing\.pem: expected the signing key that the genesis names for ts0, got another \([0-9a-f]+…\)$/,
    )
  })

  test('is refused when it does not name this appliance', async (t) => {
    const { config } = await newAppliance()
    writeFileSync(config, readFileSync(config, 'utf8').replace('name = "ts0"', 'name = "ts9"'))
    assert.equal(await refusal(t, config), 'node.name: expected a member of the genesis (ts0), got "ts9"')
  })

  test('is refused when the journal was kept under another one', async (t) => {
    const { folder, config } = await newAppliance()
    // The same keys in a cluster that was made anew.
    const again = join(scratch, `${folders}-again`)
    cpSync(join(folder, 'keys'), join(again, 'ts0', 'keys'), { recursive: true })
    chmodSync(join(again, 'ts0', 'keys'), 0o700)
    await provision({ folder: again, sources: [[]], cluster: 'other' })
    copyFileSync(join(again, 'genesis.cbor'), join(folder, 'genesis.cbor'))
    assert.match(
      await refusal(t, config),
      /state\/journal\.sqlite: expected a journal of membership [0-9a-f]+…, got one of [0-9a-f]+…$/,
    )
  })

  test('is refused when it is damaged or missing', async (t) => {
    const { folder, config } = await newAppliance()
    const genesis = join(folder, 'genesis.cbor')
    appendFileSync(genesis, 'x')
    assert.match(await refusal(t, config), /genesis\.cbor: genesis: expected canonical CBOR, got /)
    rmSync(genesis)
    assert.equal(await refusal(t, config), `${genesis}: expected a genesis file, got no such file`)
  })
})

describe('a port or socket in use', () => {
  test('by another process on the cluster port', async (t) => {
    const { config } = await newAppliance()
    const { listen } = unwrap(readConfiguration(config)).cluster
    const server = createServer()
    await new Promise<void>((resolve) => {
      server.listen(Number(listen.split(':')[1]), '127.0.0.1', resolve)
    })
    assert.equal(
      await refusal(t, config),
      `listen ${listen}: expected a free port, got one that another process listens on`,
    )
    server.close()
  })

  test('by another process on the ranging port', async (t) => {
    const { config } = await newAppliance()
    const { rangingListen } = unwrap(readConfiguration(config)).cluster
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => {
      socket.bind(Number(rangingListen.split(':')[1]), '127.0.0.1', resolve)
    })
    assert.equal(
      await refusal(t, config),
      `UDP socket ${rangingListen}: expected a free UDP port, got one that another process has bound`,
    )
    socket.close()
  })

  test('by another program on the pulse socket', async (t) => {
    const { folder, config } = await newAppliance([gnss(join(scratch, 'no-such-device'))])
    const path = join(folder, 'state', 'gnss0.sock')
    const socket = unwrap(bindUnixDatagram(path, 0o600))
    assert.equal(await refusal(t, config), `${path}: expected a free path, got a socket on which somebody listens`)
    socket.close()
  })

  test('by the same agent, which goes on', async (t) => {
    const { config } = await newAppliance()
    const first = startAgent(t, config)
    await first.until(({ type }) => type === 'started')
    assert.match(
      await refusal(t, config),
      /state\/journal\.sqlite: expected to .*, got a database that another process has open$/,
    )
    assert.equal((await endedBy(first, 'SIGTERM')).code, 0)
  })
})

describe('keys and their journal', () => {
  test('a key that others can read is refused', async (t) => {
    const { folder, config } = await newAppliance()
    const key = join(folder, 'keys', 'tls.pem')
    chmodSync(key, 0o644)
    assert.equal(await refusal(t, config), `${key}: expected mode 0600 or stricter, got 0644`)
  })

  test('a key without its journal never signs again', async (t) => {
    const { folder, config } = await newAppliance()
    rmSync(join(folder, 'state', 'journal.sqlite'))
    assert.match(
      await refusal(t, config),
      /expected the safety journal of member 0, got no file; a key whose journal is lost/,
    )
  })
})

describe('an appliance with instruments, alone in its cluster', () => {
  const disk = mountTinyDisk(16_384)
  const folder = join(scratch, 'alone')
  const genesis = join(folder, 'genesis.cbor')
  const config = join(folder, 'ts0', 'config.toml')
  const certificate = join(scratch, 'certificate.qtc')
  let desk: Desk

  before(async () => {
    const appliance = join(folder, 'ts0')
    mkdirSync(join(appliance, 'state'), { recursive: true })
    const world = unwrap(createWorld(unwrap(readLeapTable(undefined))))
    const startedAt = readMonoNs()
    desk = unwrap(openDesk(appliance, 1, world.sky(startedAt, 0n)))
    const now = world.truth(startedAt)
    await provision({ folder, sources: [desk.sources], genesisTai: taiNs(now - (now % NS_PER_SECOND)) })
    if ('absent' in disk) return
    // Records on a disk of their own; the pulse sockets stay where the instruments know them.
    renameSync(join(appliance, 'state', 'journal.sqlite'), join(scratch, 'journal.sqlite'))
    copyFileSync(join(scratch, 'journal.sqlite'), join(disk.folder, 'journal.sqlite'))
    const text = readFileSync(config, 'utf8')
    writeFileSync(config, text.replace('stateDirectory = "state"', `stateDirectory = "${disk.folder}"`))
  })

  after(async () => {
    await desk.close()
    if ('unmount' in disk) disk.unmount()
  })

  const isDecision = ({ type }: ReportedEvent): boolean => type === 'decision'

  test('ends with one sentence when its disk runs full, and goes on undamaged when there is space again', async (t) => {
    if ('absent' in disk) return t.skip(disk.absent)
    const first = startAgent(t, config)
    const decision = await first.until(isDecision)
    disk.fill()
    const { code, stderr } = await first.ended
    assert.equal(code, 1)
    assert.equal(
      sentenceIn(stderr),
      `${join(disk.folder, 'journal.sqlite')}: expected to write the safety journal, got a full disk`,
    )

    assert.equal(
      await refusal(t, config),
      `${join(disk.folder, 'journal.sqlite')}: expected to count a start in the safety journal, got a full disk`,
    )

    disk.drain()
    const second = startAgent(t, config)
    const started = await second.until(({ type }) => type === 'started')
    assert.equal(started['bootCount'], 2)
    const later = await second.until(isDecision)
    assert.ok(Number(later['epoch']) > Number(decision['epoch']))
    assert.equal((await endedBy(second, 'SIGTERM')).code, 0)
  })

  test('leaves a certificate that only verifies at its own length', async (t) => {
    const agent = startAgent(t, config)
    await agent.until(isDecision)
    const exported = await quorumtime('certificate', 'export', '--config', config, '--out', certificate)
    assert.equal(exported.code, 0, exported.stderr)
    await endedBy(agent, 'SIGTERM')
    const bytes = readFileSync(certificate)
    const verify = (file: string): Promise<Ended> => quorumtime('certificate', 'verify', file, '--genesis', genesis)
    assert.equal((await verify(certificate)).code, 0)
    for (const [name, other] of [
      ['shorter', bytes.subarray(0, -1)],
      ['longer', Buffer.concat([bytes, Buffer.of(0)])],
      ['empty', Buffer.of()],
    ] as const) {
      const path = join(scratch, `${name}.qtc`)
      writeFileSync(path, other)
      const { code, stdout, stderr } = await verify(path)
      assert.deepEqual([code, stdout], [1, ''])
      const sentence = sentenceIn(stderr)
      assert.ok(sentence.startsWith(`${path}: certificate`), sentence)
      assert.match(sentence, /: expected canonical CBOR, got /)
    }
  })
})
