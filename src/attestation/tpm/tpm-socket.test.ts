import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { faultOf, unwrap } from '../../../test/support/results.ts'
import { createTpmSocket } from './tpm-socket.ts'

const hex = (text: string): Uint8Array => Uint8Array.fromHex(text.replaceAll(' ', ''))
const COMMAND = hex('8001 0000000c 0000017b 0004')
const RESPONSE = hex('8001 00000010 00000000 0004 01020304')

/** Something that listens where a TPM would; `serve` has each connection and its number. */
async function listen(t: TestContext, serve: (socket: Socket, number: number) => void): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'quorumtime-tpm-socket-'))
  const path = join(folder, 'tpm')
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    serve(socket, sockets.length)
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return path
}

test('a response in pieces is one response', async (t) => {
  const path = await listen(t, (socket) => {
    const send = (at: number): void => {
      if (at === RESPONSE.length) return
      socket.write(RESPONSE.subarray(at, at + 1))
      setImmediate(send, at + 1)
    }
    socket.on('data', () => send(0))
  })
  const transport = createTpmSocket({ path })
  for (let times = 0; times < 3; times++) assert.deepEqual(unwrap(await transport.transmit(COMMAND)), RESPONSE)
  await transport.close()
  assert.deepEqual(unwrap(await transport.transmit(COMMAND)), RESPONSE, 'it opens again')
  await transport.close()
})

test('closing does not wait for a TPM that hangs', async (t) => {
  const path = await listen(t, (socket) => {
    socket.once('data', () => socket.pause().write(RESPONSE))
  })
  const transport = createTpmSocket({ path })
  unwrap(await transport.transmit(COMMAND))
  await transport.close()
})

test('an answer that comes too late is not taken for that of the next command', async (t) => {
  let first: Socket | undefined
  const path = await listen(t, (socket) => {
    socket.on('error', () => undefined)
    first ??= socket
    if (socket !== first) socket.on('data', () => socket.write(RESPONSE))
  })
  const transport = createTpmSocket({ path }, 2_000)
  assert.equal(faultOf(await transport.transmit(COMMAND)).code, 'tpm.silent')
  const next = transport.transmit(COMMAND)
  first?.write(RESPONSE.with(RESPONSE.length - 1, 99))
  assert.deepEqual(unwrap(await next), RESPONSE)
  await transport.close()
})

for (const [what, answer] of [
  ['longer than any TPM makes', hex('8001 00001001')],
  ['of no length', hex('8001 00000000')],
  ['with a byte behind it', Uint8Array.of(...RESPONSE, 0)],
] as const) {
  test(`a response ${what} breaks the connection`, async (t) => {
    const path = await listen(t, (socket) => socket.on('data', () => socket.write(answer)))
    const transport = createTpmSocket({ path })
    assert.equal(faultOf(await transport.transmit(COMMAND)).code, 'tpm.broken')
    await transport.close()
  })
}

test('a connection that ends, one that is closed, and nobody who listens are faults', async (t) => {
  const path = await listen(t, (socket) => socket.on('data', () => socket.end()))
  const ended = createTpmSocket({ path })
  assert.equal(faultOf(await ended.transmit(COMMAND)).code, 'tpm.broken')
  const silent = createTpmSocket({ path: await listen(t, () => undefined) })
  const waiting = silent.transmit(COMMAND)
  assert.equal(faultOf(await silent.transmit(COMMAND)).code, 'tpm.busy')
  await silent.close()
  assert.equal(faultOf(await waiting).code, 'tpm.broken')
  assert.equal(faultOf(await createTpmSocket({ path: `${path}-absent` }).transmit(COMMAND)).code, 'tpm.absent')
})
