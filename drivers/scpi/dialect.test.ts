import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '../../src/core/bytes.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { createScpiSession, type Dialect, QUIET_NS, type ScpiEvent, type ScpiRequest } from './session.ts'

const SECOND = NS_PER_SECOND
const PROBE = request('ID?', /^PRS10_/)
const STATUS = request('ST?', /^\d+(,\d+){5}$/)

function request(command: string, form: RegExp, replyLines?: number): ScpiRequest {
  const accepts = (lines: readonly string[]): boolean => form.test(lines.join('\n'))
  return { command, replyWithinNs: SECOND, accepts, ...(replyLines === undefined ? {} : { replyLines }) }
}

/** A session without prompts that its instrument has answered once. */
function ready(dialect: Partial<Dialect> = {}) {
  const session = createScpiSession({
    probe: PROBE,
    lineLengthMax: 80,
    linesMax: 8,
    dialect: { replyEnd: 'lines', refusal: (line) => (line.startsWith('?') ? -1 : undefined), ...dialect },
  })
  session.wake(monoNs(0n))
  const asked = session.wake(monoNs(QUIET_NS))
  const at = plus(monoNs(QUIET_NS), 1_000_000n)
  const answered = session.receive(utf8('PRS10_3.56_SN_107831\r'), at)
  return { session, asked, answered, at }
}

function written(events: readonly ScpiEvent[]): string {
  return events.map((event) => (event.type === 'write' ? Buffer.from(event.bytes).toString('latin1') : '')).join('')
}

test('without a prompt the probe alone opens the session, and ends in what the dialect says', () => {
  const { session, asked, answered } = ready({ commandEnd: '\r\n' })
  assert.equal(written(asked), 'ID?\r\n')
  assert.deepEqual(
    answered.map(({ type }) => type),
    ['reply'],
  )
  assert.ok(session.isReady())
})

test('a reply is complete with its lines, blank ones not counted', () => {
  const { session, at } = ready()
  session.send(request('TWO', /^a\nb$/, 2), at)
  assert.deepEqual(session.receive(utf8('a\n\n'), at), [])
  const [reply] = session.receive(utf8('b\n\n'), at)
  assert.ok(reply?.type === 'reply')
  assert.deepEqual(
    reply.lines.map(({ text }) => text),
    ['a', 'b'],
  )
  assert.ok(session.isReady())
})

test('a refusal ends the reply whatever it was to have, and says its code', () => {
  const { session, at } = ready()
  session.send(request('TWO', /^a\nb$/, 2), at)
  const [reply] = session.receive(utf8('?\r'), at)
  assert.ok(reply?.type === 'reply')
  assert.deepEqual([reply.lines, reply.errorCode], [[], -1])
  assert.ok(session.isReady())
})

test('what is not answered is done when it is sent', () => {
  const { session, at } = ready()
  const events = session.send(request('VB0', /^$/, 0), at)
  assert.deepEqual(
    events.map(({ type }) => type),
    ['write', 'reply'],
  )
  assert.ok(session.isReady())
})

test('a reply one late is found out, and the session gets in step again', () => {
  const { session, at } = ready()
  session.send(STATUS, at)
  let now: MonoNs = plus(at, SECOND)
  assert.deepEqual(
    session.wake(now).map((event) => event.type === 'fault' && event.fault.code),
    ['scpi.no-reply'],
  )
  session.receive(utf8('0,0,0,0,4,0\r'), now)
  now = plus(now, QUIET_NS)
  assert.equal(written(session.wake(now)), 'ID?\r')
  session.receive(utf8('PRS10_3.56_SN_107831\r'), now)
  assert.ok(session.isReady())
  session.send(STATUS, now)
  const [reply] = session.receive(utf8('1,0,0,0,4,0\r'), now)
  assert.ok(reply?.type === 'reply' && reply.lines[0]?.text === '1,0,0,0,4,0')
})

test('a greater-than sign is no prompt where there are none', () => {
  const { session, at } = ready()
  session.send(request('X', /^a scpi > b$/), at)
  assert.ok(session.receive(utf8('a scpi > b\r'), at)[0]?.type === 'reply')
})
