import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { keepPtyNumber } from '../../test/support/pty-number.ts'
import { utf8 } from '../core/bytes.ts'
import { openPty, type Pty } from '../linux/pty.ts'
import { openSerialWire, type SerialLine } from './serial.ts'
import type { Wire, WireEvent } from './wire.ts'

const folder = mkdtempSync(join(tmpdir(), 'serial-'))
after(() => rmSync(folder, { recursive: true }))

interface Instrument {
  readonly pty: Pty
  heard(): string
}

function plugIn(t: TestContext, link?: string): Instrument {
  const chunks: Uint8Array[] = []
  const opened = openPty({ onBytes: (bytes) => chunks.push(bytes), onFault: (fault) => assert.fail(fault.message) })
  assert.ok(opened.ok)
  const pty = opened.value
  // Unplugged, its name must not stand for an instrument of another test.
  keepPtyNumber(t, pty.path)
  t.after(() => pty.close())
  if (link !== undefined) symlinkSync(pty.path, link)
  return { pty, heard: () => Buffer.concat(chunks).toString('latin1') }
}

interface Host {
  readonly wire: Wire
  readonly events: readonly WireEvent[]
  /** Codes of faults, and `up`. */
  story(): string
  heard(): string
}

function connect(t: TestContext, line: Partial<SerialLine> & { path: string }): Host {
  const events: WireEvent[] = []
  const chunks: Uint8Array[] = []
  const wire = openSerialWire(
    { baudRate: 9600, parity: 'none', dataBits: 8, ...line },
    { onBytes: (bytes) => chunks.push(bytes), onState: (event) => events.push(event) },
  )
  t.after(() => wire.close())
  return {
    wire,
    events,
    story: () => events.map((event) => (event.type === 'up' ? 'up' : `${event.type} ${event.fault.code}`)).join(', '),
    heard: () => Buffer.concat(chunks).toString('latin1'),
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2)
}

test('bytes pass both ways once the line is up', async (t) => {
  const instrument = plugIn(t)
  const host = connect(t, { path: instrument.pty.path })
  const early = host.wire.write(utf8('early'))
  assert.ok(!early.ok && early.fault.code === 'wire.down')
  await until(() => host.story() === 'up')
  assert.deepEqual(host.events[0], { ...host.events[0], reason: `${instrument.pty.path} at 9600 8N1 is open` })
  assert.ok(host.wire.write(utf8('*IDN?\r')).ok)
  await until(() => instrument.heard() === '*IDN?\r')
  assert.ok(instrument.pty.write(Uint8Array.from([0, 13, 10, 17, 19, 127, 255])).ok)
  await until(() => host.heard() === '\x00\r\n\x11\x13\x7f\xff')
  await host.wire.close()
  assert.equal(host.story(), 'up')
})

test('what the instrument said before the line was opened is not taken for news', async (t) => {
  const instrument = plugIn(t)
  for (let line = 0; line < 100; line++) instrument.pty.write(utf8('$GPZDA,000000.00,01,01,2020,00,00*60\r\n'))
  const host = connect(t, { path: instrument.pty.path })
  await until(() => host.story() === 'up')
  await sleep(50)
  instrument.pty.write(utf8('news'))
  await until(() => host.heard().length > 0)
  assert.equal(host.heard(), 'news')
})

test('a device that vanishes is told of, and the next one behind the same name is taken up', async (t) => {
  const link = join(folder, 'gnss')
  const first = plugIn(t, link)
  const host = connect(t, { path: link })
  await until(() => host.story() === 'up')
  await first.pty.close()
  await until(() => host.events.length >= 2)
  assert.match(host.story(), /^up, down serial\.(vanished|lost)/)
  unlinkSync(link)
  const second = plugIn(t, link)
  await until(() => host.story().endsWith('up') && host.events.length > 2)
  second.pty.write(utf8('back'))
  await until(() => host.heard() === 'back')
})

test('a name that comes to stand for another device is followed, though the old one is still there', async (t) => {
  const link = join(folder, 'moved')
  plugIn(t, link)
  const host = connect(t, { path: link })
  await until(() => host.story() === 'up')
  unlinkSync(link)
  const second = plugIn(t, link)
  await until(() => host.story() === 'up, down serial.replaced, up')
  second.pty.write(utf8('here'))
  await until(() => host.heard() === 'here')
})

test('a write into a line that was hung up on ends it', async (t) => {
  const instrument = plugIn(t)
  const host = connect(t, { path: instrument.pty.path })
  await until(() => host.story() === 'up')
  await instrument.pty.close()
  host.wire.write(utf8('anyone?'))
  await until(() => host.events.length >= 2)
  assert.match(host.story(), /^up, down serial\./)
  const late = host.wire.write(utf8('anyone?'))
  assert.ok(!late.ok && late.fault.code === 'wire.down')
})

test('a missing device is a fault, told once, until it appears', async (t) => {
  const link = join(folder, 'late')
  const host = connect(t, { path: link })
  await until(() => host.events.length > 0)
  // Long enough for it to be tried again.
  await sleep(700)
  assert.equal(host.story(), 'fault serial.open')
  const [event] = host.events
  assert.ok(event?.type === 'fault')
  assert.match(event.fault.message, /late at 9600 8N1: expected to open it, got .*[Nn]o such file/)
  plugIn(t, link)
  await until(() => host.story() === 'fault serial.open, up')
})

test('a file that is no terminal and a line that another process holds are faults', async (t) => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  const onFile = connect(t, { path: file })
  const instrument = plugIn(t)
  const holder = connect(t, { path: instrument.pty.path })
  await until(() => holder.story() === 'up')
  const rival = connect(t, { path: instrument.pty.path, parity: 'odd', dataBits: 7 })
  await until(() => onFile.story() === 'fault serial.open' && rival.story() === 'fault serial.open')
  const [event] = rival.events
  assert.ok(event?.type === 'fault')
  assert.match(event.fault.message, /at 9600 7O1: expected to open it, got .*lock/)
})

test('a line that falls silent is opened afresh, ever more slowly', async (t) => {
  const instrument = plugIn(t)
  const host = connect(t, { path: instrument.pty.path, silenceNsMax: 100_000_000n })
  // It may be silent again before anybody looks.
  await until(() => host.story().startsWith('up, down serial.silent, up, down serial.silent, up'))
  const at = host.events.map((event) => event.at)
  assert.ok((at[2] ?? 0n) - (at[1] ?? 0n) >= 250_000_000n)
  assert.ok((at[4] ?? 0n) - (at[3] ?? 0n) >= 500_000_000n)
})

test('a restart that was asked for closes the line and opens it again', async (t) => {
  const instrument = plugIn(t)
  const host = connect(t, { path: instrument.pty.path })
  await until(() => host.story() === 'up')
  host.wire.reopen('the instrument answered three questions late')
  assert.equal(host.story(), 'up, down wire.restarted')
  await until(() => host.story() === 'up, down wire.restarted, up')
})

test('more than can be sent is refused, not kept', async (t) => {
  const instrument = plugIn(t)
  const host = connect(t, { path: instrument.pty.path })
  await until(() => host.story() === 'up')
  // In one turn, so that nobody reads: the kernel takes what it has room for, the queue its 4096 bytes.
  let accepted = ''
  let refused: string | undefined
  for (let block = 0; refused === undefined && block < 1_000; block++) {
    const text = `${block} `.repeat(200)
    const written = host.wire.write(utf8(text))
    if (written.ok) accepted += text
    else refused = written.fault.code
  }
  assert.equal(refused, 'serial.queue-full')
  await until(() => instrument.heard().length >= accepted.length)
  assert.equal(instrument.heard(), accepted)
})

test('a line closed while it opens, while it waits and twice is closed', async (t) => {
  const instrument = plugIn(t)
  const opening = connect(t, { path: instrument.pty.path })
  await opening.wire.close()
  await opening.wire.close()
  const waiting = connect(t, { path: join(folder, 'nowhere') })
  await until(() => waiting.events.length === 1)
  await waiting.wire.close()
  assert.equal(opening.story(), '')
  const next = connect(t, { path: instrument.pty.path })
  await until(() => next.story() === 'up')
})

test('bytes do not lie unread in a process that has nothing else to do', async (t) => {
  let answer = (): void => undefined
  const opened = openPty({ onBytes: () => answer(), onFault: (fault) => assert.fail(fault.message) })
  assert.ok(opened.ok)
  const pty = opened.value
  t.after(() => pty.close())
  const program = `import { openSerialWire } from ${JSON.stringify(import.meta.resolve('./serial.ts'))}
    const line = { path: ${JSON.stringify(pty.path)}, baudRate: 9600, parity: 'none', dataBits: 8 }
    const wire = openSerialWire(line, { onBytes: (bytes) => wire.write(bytes), onState: (event) => process.send(event.type) })`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  t.after(() => child.kill('SIGKILL'))
  await new Promise((resolve) => child.once('message', resolve))
  // Unhelped, each byte would wait for the timer that watches the device, twice a second; a busy machine may keep some waiting.
  const tookMs: number[] = []
  for (let count = 0; count < 40; count++) {
    const answered = new Promise<void>((resolve) => {
      answer = resolve
    })
    const from = performance.now()
    pty.write(utf8('?'))
    await answered
    tookMs.push(performance.now() - from)
  }
  const quick = tookMs.filter((ms) => ms < 250)
  assert.ok(
    quick.length >= 10,
    `${quick.length} of ${tookMs.length} were answered in a quarter of a second: ${tookMs.map(Math.round).join()}`,
  )
})
