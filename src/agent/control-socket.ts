import { existsSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { fail, ok, type Result } from '../core/fault.ts'

/** Questions that a running agent answers on its control socket: one word a line, one JSON object a line back. */
export const QUESTIONS = ['status', 'sources', 'peers'] as const
export type Question = (typeof QUESTIONS)[number]

export interface ControlSocket {
  close(): Promise<void>
}

const LINE_BYTES_MAX = 64
const CONNECTIONS_MAX = 16
const PATIENCE_MS = 5_000

/**
 * Serves `answer` on a Unix stream socket. A socket file that nobody listens on is replaced; one that somebody listens
 * on is a fault: another agent runs with this configuration.
 */
export async function openControlSocket(
  path: string,
  answer: (question: Question) => string,
): Promise<Result<ControlSocket>> {
  if (existsSync(path)) {
    if (await isAnswered(path))
      return fail('control.in-use', `${path}: expected to be the only agent here, got one that already listens`)
    rmSync(path)
  }
  const server = createServer((socket) => {
    let line = ''
    socket.setEncoding('utf8')
    socket.setTimeout(PATIENCE_MS, () => socket.destroy())
    socket.on('error', () => socket.destroy())
    socket.on('data', (text: string) => {
      line += text
      const end = line.indexOf('\n')
      if (end < 0 && line.length <= LINE_BYTES_MAX) return
      const question = QUESTIONS.find((known) => known === line.slice(0, end))
      socket.end(
        question === undefined ? `{"fault":"expected one of ${QUESTIONS.join(', ')}"}\n` : `${answer(question)}\n`,
      )
    })
  })
  server.maxConnections = CONNECTIONS_MAX
  const fault = await new Promise<Error | undefined>((resolve) => {
    server.once('error', resolve)
    server.listen(path, () => resolve(undefined))
  })
  if (fault !== undefined) return fail('control.listen', `${path}: expected to listen here, got ${fault.message}`)
  return ok({
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
      }),
  })
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** Asks a running agent. Fault: none answers there. */
export function askAgent(path: string, question: Question): Promise<Result<string>> {
  return new Promise((resolve) => {
    let text = ''
    const socket = connect(path)
    socket.setEncoding('utf8')
    socket.setTimeout(PATIENCE_MS, () => socket.destroy(new Error('no answer within 5 s')))
    socket.on('data', (part: string) => {
      text += part
    })
    socket.once('error', (error) => {
      resolve(
        fail(
          'control.no-agent',
          `${path}: expected a running agent, got ${(error as NodeJS.ErrnoException).code ?? error.message}`,
        ),
      )
    })
    socket.once('end', () => resolve(ok(text.trim())))
    socket.write(`${question}\n`)
  })
}
