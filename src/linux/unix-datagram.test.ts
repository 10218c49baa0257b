import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { utf8 } from '../core/bytes.ts'
import type { Result } from '../core/fault.ts'
import { bindUnixDatagram, openUnixDatagram, SOCKET_PATH_BYTES_MAX, type UnixDatagramSocket } from './unix-datagram.ts'

const folder = mkdtempSync(join(tmpdir(), 'unix-datagram-'))
after(() => rmSync(folder, { recursive: true }))

const path = (name: string): string => join(folder, name)

function open(result: Result<UnixDatagramSocket>): UnixDatagramSocket {
  assert.ok(result.ok, result.ok ? '' : result.fault.message)
  return result.value
}

function faultOf(result: Result<unknown>): string {
  assert.ok(!result.ok)
  return `${result.fault.code}: ${result.fault.message}`
}

test('datagrams arrive whole and in order, and an empty queue is not a fault', () => {
  const receiver = open(bindUnixDatagram(path('order'), 0o600))
  const sender = open(openUnixDatagram())
  const into = new Uint8Array(16)
  assert.deepEqual(receiver.receive(into), { ok: true, value: undefined })
  for (const text of ['first', '', 'third'])
    assert.deepEqual(sender.sendTo(path('order'), utf8(text)), { ok: true, value: undefined })
  const texts: string[] = []
  for (let i = 0; i < 3; i++) {
    const length = receiver.receive(into)
    assert.ok(length.ok && length.value !== undefined)
    texts.push(Buffer.from(into.subarray(0, length.value)).toString())
  }
  assert.deepEqual(texts, ['first', '', 'third'])
  assert.deepEqual(receiver.receive(into), { ok: true, value: undefined })
  receiver.close()
  sender.close()
})

test('a datagram too long for the buffer reports the length it had', () => {
  const receiver = open(bindUnixDatagram(path('long'), 0o600))
  const sender = open(openUnixDatagram())
  assert.ok(sender.sendTo(path('long'), new Uint8Array(41)).ok)
  assert.deepEqual(receiver.receive(new Uint8Array(40)), { ok: true, value: 41 })
  receiver.close()
  sender.close()
})

test('a view into a larger buffer receives at its own offset', () => {
  const receiver = open(bindUnixDatagram(path('view'), 0o600))
  const sender = open(openUnixDatagram())
  const whole = new Uint8Array(8)
  assert.ok(sender.sendTo(path('view'), utf8('..ab..').subarray(2, 4)).ok)
  assert.deepEqual(receiver.receive(whole.subarray(3, 7)), { ok: true, value: 2 })
  assert.deepEqual([...whole], [0, 0, 0, 97, 98, 0, 0, 0])
  receiver.close()
  sender.close()
})

test('the socket file has the mode asked for whatever the umask, and goes with the socket', () => {
  const umask = process.umask(0o077)
  const socket = open(bindUnixDatagram(path('mode'), 0o660))
  process.umask(umask)
  assert.equal(statSync(path('mode')).mode & 0o777, 0o660)
  socket.close()
  assert.ok(!existsSync(path('mode')))
})

test('a socket left behind by a killed process is replaced', async () => {
  const program = `import { bindUnixDatagram } from ${JSON.stringify(import.meta.resolve('./unix-datagram.ts'))}
    console.log(bindUnixDatagram(${JSON.stringify(path('stale'))}, 0o600).ok)
    setInterval(() => undefined, 1000)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program])
  const printed = await new Promise((resolve) => child.stdout.once('data', resolve))
  assert.equal(String(printed).trim(), 'true')
  assert.match(
    faultOf(bindUnixDatagram(path('stale'), 0o600)),
    /^unix\.in-use: .*stale: expected a free path, got a socket/,
  )
  child.kill('SIGKILL')
  await new Promise((resolve) => child.once('exit', resolve))
  assert.ok(existsSync(path('stale')))
  open(bindUnixDatagram(path('stale'), 0o600)).close()
})

test('a file that is not a socket is left alone', () => {
  writeFileSync(path('file'), 'precious')
  assert.match(faultOf(bindUnixDatagram(path('file'), 0o600)), /^unix\.not-a-socket: /)
  assert.ok(existsSync(path('file')))
})

test('paths up to 107 bytes bind, longer, empty and zero-holding ones are refused', () => {
  const longest = path('x'.repeat(SOCKET_PATH_BYTES_MAX - folder.length - 1))
  open(bindUnixDatagram(longest, 0o600)).close()
  for (const bad of [`${longest}x`, '', path('a\0b'), '\0abstract'])
    assert.match(faultOf(bindUnixDatagram(bad, 0o600)), /^unix\.path: /)
})

test('a missing folder and a missing receiver are faults that name the errno in words', () => {
  assert.match(
    faultOf(bindUnixDatagram(path('no/such'), 0o600)),
    /^unix\.bind: .*no\/such.* ENOENT \(no such file or directory\)$/,
  )
  const sender = open(openUnixDatagram())
  assert.match(faultOf(sender.sendTo(path('nobody'), utf8('x'))), /^unix\.send: .*nobody.* ENOENT /)
  sender.close()
})

test('a receiver that does not read costs the sender a fault, not a wait', () => {
  const receiver = open(bindUnixDatagram(path('full'), 0o600))
  const sender = open(openUnixDatagram())
  const results = Array.from({ length: 10_000 }, () => sender.sendTo(path('full'), utf8('x')))
  const refused = results.find((result) => !result.ok)
  assert.ok(refused !== undefined)
  assert.match(faultOf(refused), /EAGAIN/)
  receiver.close()
  sender.close()
})

test('closing leaves a successor alone', () => {
  const first = open(bindUnixDatagram(path('heir'), 0o600))
  rmSync(path('heir'))
  const second = open(bindUnixDatagram(path('heir'), 0o600))
  first.close()
  assert.ok(existsSync(path('heir')))
  second.close()
})

const pythonAnswers = spawnSync('python3', ['--version']).status === 0

test('a name in the abstract namespace is reached', {
  skip: pythonAnswers ? false : 'python3 is not installed',
}, async () => {
  const name = `\0unix-datagram-${process.pid}`
  const program = `
import socket, sys
sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sock.bind('\\0' + sys.argv[1])
print('bound', flush=True)
print(sock.recv(100).decode(), flush=True)
`
  const child = spawn('python3', ['-c', program, name.slice(1)], { stdio: ['ignore', 'pipe', 'inherit'] })
  // By lines, for print may hand over text and line end one after the other.
  const said = createInterface(child.stdout)[Symbol.asyncIterator]()
  assert.equal((await said.next()).value, 'bound')
  const sender = open(openUnixDatagram())
  assert.deepEqual(sender.sendTo(name, utf8('READY=1')), { ok: true, value: undefined })
  assert.equal((await said.next()).value, 'READY=1')
  sender.close()
})
