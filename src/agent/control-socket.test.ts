import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { ORDER_BYTES_MAX } from '../consensus/membership-order.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { askAgent, type ControlSocket, giveOrder, openControlSocket, type TakeOrder } from './control-socket.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-control-'))
after(() => rmSync(folder, { recursive: true }))

let sockets = 0

function newPath(): string {
  sockets += 1
  return join(folder, `control-${sockets}.sock`)
}

async function takeNone(): Promise<Result<void>> {
  return fail('order.form', 'order: expected none, got one')
}

async function serving(path: string, work: () => Promise<void>, takeOrder: TakeOrder = takeNone): Promise<void> {
  const control: ControlSocket = unwrap(
    await openControlSocket(path, (question) => JSON.stringify({ question }), takeOrder),
  )
  try {
    await work()
  } finally {
    await control.close()
  }
}

/** Says something to a socket and returns everything that comes back until the other side ends. */
function say(path: string, ...parts: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    let heard = ''
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      heard += text
    })
    socket.once('error', reject)
    socket.once('close', () => resolve(heard))
    for (const part of parts) socket.write(part)
  })
}

/** A server that does with a connection what the test says. */
async function strange(path: string, answer: string): Promise<Server> {
  const server = createServer((socket) => socket.end(answer))
  await new Promise<void>((resolve) => {
    server.listen(path, resolve)
  })
  return server
}

/** A socket that is left behind when its process is killed. */
function leaveStaleSocket(path: string): void {
  const script = `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
  assert.throws(() => execFileSync(process.execPath, ['-e', script, path]))
  assert.equal(statSync(path).isSocket(), true)
}

test('each question is answered with one line', async () => {
  const path = newPath()
  await serving(path, async () => {
    for (const question of ['status', 'sources', 'peers'] as const) {
      assert.deepEqual(await askAgent(path, question), { ok: true, value: `{"question":"${question}"}` })
    }
  })
  assert.equal(existsSync(path), false)
})

test('anything else is told which questions there are, and only the first line counts', async () => {
  const path = newPath()
  const expected = '{"fault":"expected one of status, sources, peers, partitions, attestation"}\n'
  await serving(path, async () => {
    assert.equal(await say(path, 'stop\n'), expected)
    assert.equal(await say(path, 'x'.repeat(100)), expected)
    assert.equal(await say(path, '\n'), expected)
    assert.equal(await say(path, 'sta', 'tus\nsources\n', 'peers\n'), '{"question":"status"}\n')
  })
})

test('an order comes through whole, as long as it may be, and what is said of it goes back', async () => {
  const path = newPath()
  const lengths = [1, 2, 65_536, ORDER_BYTES_MAX]
  const taken: Uint8Array[] = []
  const takeOrder: TakeOrder = async (bytes) => {
    taken.push(bytes)
    return ok(undefined)
  }
  const orders = lengths.map((length) => Uint8Array.from({ length }, (_, index) => (index * 7 + length) % 256))
  await serving(
    path,
    async () => {
      for (const order of orders) unwrap(await giveOrder(path, order))
      assert.match(faultOf(await giveOrder(path, new Uint8Array(ORDER_BYTES_MAX + 3))).code, /^control\./)
      assert.equal(await say(path, 'order a+b=\n'), '{"fault":"order: expected base64url, got other characters"}\n')
      assert.match(await say(path, 'order \n'), /^{"fault":"order: expected base64url/)
    },
    takeOrder,
  )
  assert.deepEqual(taken, orders)
  await serving(path, async () => {
    assert.deepEqual(faultOf(await giveOrder(path, Uint8Array.of(1))), {
      code: 'control.order',
      message: `${path}: expected the agent to take the order, got {"fault":"order: expected none, got one"}`,
    })
  })
  assert.equal(faultOf(await giveOrder(path, Uint8Array.of(1))).code, 'control.no-agent')
})

test('closing does not wait for a connection that says nothing', async () => {
  const path = newPath()
  const control = unwrap(await openControlSocket(path, () => '{}', takeNone))
  const ended = say(path)
  await say(path, 'status\n')
  await control.close()
  assert.equal(await ended, '')
})

test('a socket that a killed agent left behind is replaced', async () => {
  const path = newPath()
  leaveStaleSocket(path)
  await serving(path, async () => assert.equal((await askAgent(path, 'status')).ok, true))
})

test('a socket on which somebody listens is another agent, which goes on', async () => {
  const path = newPath()
  await serving(path, async () => {
    const fault = faultOf(await openControlSocket(path, () => '{}', takeNone))
    assert.deepEqual(fault, {
      code: 'control.in-use',
      message: `${path}: expected to be the only agent here, got one that already listens`,
    })
    assert.deepEqual(await askAgent(path, 'peers'), { ok: true, value: '{"question":"peers"}' })
  })
})

test('a file that is no socket is never removed', async () => {
  const path = newPath()
  writeFileSync(path, 'precious')
  const fault = faultOf(await openControlSocket(path, () => '{}', takeNone))
  assert.equal(fault.code, 'control.not-a-socket')
  assert.equal(readFileSync(path, 'utf8'), 'precious')
})

test('a path where nothing can be made is a fault', async () => {
  const nowhere = join(folder, 'absent', 'control.sock')
  const fault = faultOf(await openControlSocket(nowhere, () => '{}', takeNone))
  assert.equal(fault.code, 'control.listen')
  assert.ok(fault.message.startsWith(`${nowhere}: expected to listen here, got listen E`), fault.message)
})

test('asking where no agent answers says what is there instead', async () => {
  const path = newPath()
  assert.equal(faultOf(await askAgent(path, 'status')).message, `${path}: expected a running agent, got no socket`)
  leaveStaleSocket(path)
  assert.equal(
    faultOf(await askAgent(path, 'status')).message,
    `${path}: expected a running agent, got a socket that nobody listens on`,
  )
  for (const [answer, got] of [
    ['', 'the end of the connection'],
    ['{"half":', 'half a line'],
  ] as const) {
    const other = newPath()
    const server = await strange(other, answer)
    assert.equal(
      faultOf(await askAgent(other, 'status')).message,
      `${other}: expected an answer from the agent, got ${got}`,
    )
    server.close()
  }
})
