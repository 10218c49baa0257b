import { lstatSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { ORDER_BYTES_MAX } from '../consensus/membership-order.ts'
import { type Fault, fail, ok, type Result } from '../core/fault.ts'

/**
 * Questions that a running agent answers on its control socket: one word a line, one JSON object a line back. Beside them it
 * takes `order` and a membership order in base64url, answered with `{"accepted":true}` or a fault.
 */
export const QUESTIONS = ['status', 'sources', 'peers', 'partitions', 'attestation'] as const
export type Question = (typeof QUESTIONS)[number]

export interface ControlSocket {
  close(): Promise<void>
}

const LINE_CHARACTERS_MAX = 64
const ORDER_WORD = 'order '
const ORDER_CHARACTERS_MAX = ORDER_WORD.length + Math.ceil((ORDER_BYTES_MAX * 4) / 3)
const CONNECTIONS_MAX = 16
const ANSWER_CHARACTERS_MAX = 16_777_216
const PATIENCE_MS = 5_000

/** What becomes of an encoded membership order that came on the socket. */
export type TakeOrder = (bytes: Uint8Array) => Promise<Result<void>>

/**
 * Serves `answer` and `takeOrder` on a Unix stream socket. A socket that nobody listens on any more is replaced. Faults:
 * `control.in-use` (another agent runs with this configuration), `control.not-a-socket` (the file there is left as it
 * is), `control.listen`.
 */
export async function openControlSocket(
  path: string,
  answer: (question: Question) => string,
  takeOrder: TakeOrder,
): Promise<Result<ControlSocket>> {
  const cleared = await clearStaleSocket(path)
  if (cleared !== undefined) return { ok: false, fault: cleared }
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    serve(socket, (line) => answerLine(line, answer, takeOrder))
  })
  server.maxConnections = CONNECTIONS_MAX
  const fault = await listen(server, path)
  if (fault !== undefined) return fail('control.listen', `${path}: expected to listen here, got ${fault.message}`)
  return ok({
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  })
}

/** One line, one answer: whatever else comes on the connection is not read. */
function serve(socket: Socket, answerTo: (line: string) => Promise<string>): void {
  let text = ''
  socket.setEncoding('utf8')
  socket.setTimeout(PATIENCE_MS, () => socket.destroy())
  socket.on('error', () => socket.destroy())
  const hear = (part: string): void => {
    const end = part.indexOf('\n')
    text += end < 0 ? part : part.slice(0, end)
    const charactersMax = text.startsWith(ORDER_WORD) ? ORDER_CHARACTERS_MAX : LINE_CHARACTERS_MAX
    const tooLong = text.length > charactersMax
    if (end < 0 && !tooLong) return
    socket.off('data', hear)
    answerTo(tooLong ? '' : text).then((answered) => socket.end(`${answered}\n`), rethrow)
  }
  socket.on('data', hear)
}

/** A broken invariant ends the process, also where nobody waits for it. */
function rethrow(error: unknown): never {
  throw error
}

async function answerLine(line: string, answer: (question: Question) => string, takeOrder: TakeOrder): Promise<string> {
  if (line.startsWith(ORDER_WORD)) {
    const order = line.slice(ORDER_WORD.length)
    if (!/^[A-Za-z0-9_-]+$/.test(order)) return '{"fault":"order: expected base64url, got other characters"}'
    const taken = await takeOrder(new Uint8Array(Buffer.from(order, 'base64url')))
    return JSON.stringify(taken.ok ? { accepted: true } : { fault: taken.fault.message })
  }
  const question = QUESTIONS.find((known) => known === line)
  return question === undefined ? `{"fault":"expected one of ${QUESTIONS.join(', ')}"}` : answer(question)
}

function listen(server: Server, path: string): Promise<Error | undefined> {
  return new Promise((resolve) => {
    server.once('error', resolve)
    server.listen(path, () => resolve(undefined))
  })
}

/** Only a refused connection proves that nobody is there; only a socket is ever removed. */
async function clearStaleSocket(path: string): Promise<Fault | undefined> {
  try {
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (found === undefined) return undefined
    if (!found.isSocket()) {
      return fail('control.not-a-socket', `${path}: expected a free path or a socket, got another kind of file`).fault
    }
    if ((await connectionFault(path)) !== 'ECONNREFUSED') {
      return fail('control.in-use', `${path}: expected to be the only agent here, got one that already listens`).fault
    }
    rmSync(path, { force: true })
    return undefined
  } catch (error) {
    return fail('control.listen', `${path}: expected a free path, got ${(error as Error).message}`).fault
  }
}

/** The system's code for a connection that does not come about. */
function connectionFault(path: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(undefined)
    })
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code))
  })
}

/** Asks a running agent; its answer is one JSON object. Faults: `control.no-agent`, `control.answer`. */
export function askAgent(path: string, question: Question): Promise<Result<string>> {
  return exchange(path, question)
}

/**
 * Hands an encoded membership order to a running agent, which verifies it before it shows it to its cluster. Faults:
 * `control.no-agent`, `control.answer`, `control.order` when the agent does not take it.
 */
export async function giveOrder(path: string, bytes: Uint8Array): Promise<Result<void>> {
  const answered = await exchange(path, `${ORDER_WORD}${Buffer.from(bytes).toString('base64url')}`)
  if (!answered.ok) return answered
  if (answered.value === '{"accepted":true}') return ok(undefined)
  return fail('control.order', `${path}: expected the agent to take the order, got ${answered.value}`)
}

function exchange(path: string, line: string): Promise<Result<string>> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(path)
    const misanswer = (got: string): void => {
      socket.destroy()
      resolve(fail('control.answer', `${path}: expected an answer from the agent, got ${got}`))
    }
    socket.setEncoding('utf8')
    socket.setTimeout(PATIENCE_MS, () => misanswer(`none within ${PATIENCE_MS / 1_000} s`))
    socket.on('data', (part: string) => {
      text += part
      if (text.length > ANSWER_CHARACTERS_MAX) misanswer(`more than ${ANSWER_CHARACTERS_MAX} characters`)
    })
    socket.once('error', ({ code, message }: NodeJS.ErrnoException) => {
      resolve(fail('control.no-agent', `${path}: expected a running agent, got ${REASONS[code ?? ''] ?? message}`))
    })
    socket.once('close', () => {
      if (text.endsWith('\n')) resolve(ok(text.trim()))
      else misanswer(text === '' ? 'the end of the connection' : 'half a line')
    })
    socket.write(`${line}\n`)
  })
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no socket',
  ECONNREFUSED: 'a socket that nobody listens on',
  EACCES: 'a socket that may not be used',
}
