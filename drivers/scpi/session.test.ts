import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { utf8 } from '../../src/core/bytes.ts'
import { max } from '../../src/core/integer.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { createScpiSession, QUIET_NS, type ScpiEvent, type ScpiRequest, type ScpiSession } from './session.ts'

const MS = 1_000_000n
const PROBE: ScpiRequest = {
  command: '*IDN?',
  replyWithinNs: 3n * NS_PER_SECOND,
  accepts: (lines) => lines.length === 1 && lines[0] === 'ME,ONE,2,3',
}

function query(command: string, answer = /^\+\d+$/): ScpiRequest {
  const accepts = (lines: readonly string[]): boolean => lines.length === 1 && answer.test(lines[0] ?? '')
  return { command, replyWithinNs: 3n * NS_PER_SECOND, accepts }
}

function createSession(): ScpiSession {
  return createScpiSession({ probe: PROBE, lineLengthMax: 100, linesMax: 4 })
}

function written(events: readonly ScpiEvent[]): string {
  return events.map((event) => (event.type === 'write' ? Buffer.from(event.bytes).toString('latin1') : '')).join('')
}

function faultCodes(events: readonly ScpiEvent[]): readonly string[] {
  return events.flatMap((event) => (event.type === 'fault' ? [event.fault.code] : []))
}

function replies(events: readonly ScpiEvent[]): readonly (readonly [string, readonly string[], number])[] {
  return events.flatMap((event) =>
    event.type === 'reply'
      ? [[event.request.command, event.lines.map((line) => line.text), event.errorCode] as const]
      : [],
  )
}

/** A session that is in step, at 10 s. */
function readySession(): { session: ScpiSession; now: MonoNs } {
  const session = createSession()
  session.wake(monoNs(8n * NS_PER_SECOND))
  const now = monoNs(10n * NS_PER_SECOND)
  assert.equal(written(session.wake(now)), '\r')
  assert.equal(written(session.receive(utf8('scpi > '), now)), '*IDN?\r')
  assert.deepEqual(replies(session.receive(utf8('ME,ONE,2,3\r\nscpi > '), now)), [['*IDN?', ['ME,ONE,2,3'], 0]])
  assert.ok(session.isReady())
  return { session, now }
}

test('a session waits for quiet, sends an empty line, and probes before it is ready', () => {
  const session = createSession()
  assert.equal(session.nextWakeAt(), 0n)
  session.wake(monoNs(5n))
  assert.equal(session.nextWakeAt(), 5n + QUIET_NS)
  session.receive(utf8('ME,ONE,2,3\r\nscpi > '), monoNs(700n * MS))
  assert.equal(session.nextWakeAt(), 700n * MS + QUIET_NS)
  assert.equal(written(session.wake(monoNs(700n * MS + QUIET_NS))), '\r')
  assert.ok(!session.isReady())
})

test('the command that a glitch on the line eats is the empty one', () => {
  const session = createSession()
  session.wake(monoNs(0n))
  session.wake(monoNs(QUIET_NS))
  assert.equal(written(session.receive(utf8('E-362> '), monoNs(QUIET_NS))), '*IDN?\r')
  assert.deepEqual(replies(session.receive(utf8('ME,ONE,2,3\r\nE-362> '), monoNs(QUIET_NS))), [
    ['*IDN?', ['ME,ONE,2,3'], -362],
  ])
})

test('a reply is told without its echo and with the code of its prompt', () => {
  for (const echo of ['', ':X?\r\n']) {
    const { session, now } = readySession()
    assert.equal(written(session.send(query(':X?'), now)), ':X?\r')
    assert.deepEqual(replies(session.receive(utf8(`${echo}+3\r\nE-113> `), now)), [[':X?', ['+3'], -113]])
    assert.ok(session.isReady())
  }
})

test('a refusal is a bare prompt', () => {
  const { session, now } = readySession()
  session.send(query(':X?'), now)
  assert.deepEqual(replies(session.receive(utf8(':X?\r\nE-230> '), now)), [[':X?', [], -230]])
})

test('replies of several lines keep their blanks, up to the limit', () => {
  const { session, now } = readySession()
  session.send({ ...query(':X?'), accepts: () => true }, now)
  assert.deepEqual(replies(session.receive(utf8('  a\r\n\r\nb\r\nscpi > '), now)), [[':X?', ['  a', '', 'b'], 0]])
  session.send({ ...query(':X?'), accepts: () => true }, now)
  assert.deepEqual(faultCodes(session.receive(utf8('1\r\n2\r\n3\r\n4\r\n5\r\n'), now)), ['scpi.bad-reply'])
})

test('a reply that is none leads through quiet, empty line and probe', () => {
  for (const reply of [
    'LOCK\r\nscpi > ',
    '+\xff\r\nscpi > ',
    '+3scpi > ',
    '+1\r\n+2\r\nscpi > ',
    '+1\r\n:X?\r\n+2\r\n',
  ]) {
    const { session, now } = readySession()
    session.send(query(':X?'), now)
    const events = session.receive(Uint8Array.from(Buffer.from(reply, 'latin1')), now)
    assert.deepEqual(faultCodes(events), ['scpi.bad-reply'], reply)
    assert.deepEqual(replies(events), [])
    assert.ok(!session.isReady())
    assert.equal(session.nextWakeAt(), plus(now, QUIET_NS))
  }
})

test('a fault says what was asked, what was expected and what came, on which line', () => {
  const { session, now } = readySession()
  session.send(query(':X?'), now)
  const [event] = session.receive(utf8('LOCK\r\nscpi > '), now)
  const message = ':X?: expected an answer to it, got "LOCK"'
  assert.deepEqual(event, { type: 'fault', fault: { code: 'scpi.bad-reply', message, line: 2 } })
})

test('a reply that comes after its time is drained, never told', () => {
  const { session, now } = readySession()
  session.send(query(':X?'), now)
  const late = plus(now, 3n * NS_PER_SECOND)
  assert.equal(session.nextWakeAt(), late)
  assert.deepEqual(faultCodes(session.wake(late)), ['scpi.no-reply'])
  assert.deepEqual(session.receive(utf8('+7\r\nscpi > '), late), [])
  const quiet = plus(late, QUIET_NS)
  assert.equal(written(session.wake(quiet)), '\r')
  assert.equal(written(session.receive(utf8('scpi > '), quiet)), '*IDN?\r')
})

test('half a line that never ended does not spoil the next', () => {
  const { session, now } = readySession()
  session.send(query(':X?'), now)
  session.receive(utf8('+'), now)
  const late = plus(now, 3n * NS_PER_SECOND)
  const [event] = session.wake(late)
  const message = ':X?: expected a reply within 3000 ms, got the beginning of a line'
  assert.deepEqual(event, { type: 'fault', fault: { code: 'scpi.no-reply', message } })
  const quiet = plus(late, QUIET_NS)
  session.wake(quiet)
  assert.equal(written(session.receive(utf8('scpi > '), quiet)), '*IDN?\r')
})

test('a reply that comes instead of the bare prompt keeps the session out of step', () => {
  const { session, now } = readySession()
  session.send(query(':X?'), now)
  session.wake(plus(now, 3n * NS_PER_SECOND))
  const nudged = plus(now, 3n * NS_PER_SECOND + QUIET_NS)
  session.wake(nudged)
  assert.deepEqual(faultCodes(session.receive(utf8('+7\r\nscpi > '), nudged)), ['scpi.bad-reply'])
  assert.equal(written(session.receive(utf8('scpi > '), nudged)), '')
  assert.ok(!session.isReady())
})

test('bytes that nobody asked for put the session out of step', () => {
  for (const text of ['ME,ONE,2,3\r\nscpi > ', 'scpi > ', 'x', '\r\n']) {
    const { session, now } = readySession()
    assert.deepEqual(faultCodes(session.receive(utf8(text), now)), ['scpi.unsolicited'], JSON.stringify(text))
    assert.ok(!session.isReady())
  }
})

test('the late space of a prompt is nobody’s', () => {
  const { session, now } = readySession()
  session.send(query(':X?'), now)
  session.receive(utf8('+3\r\nscpi >'), now)
  assert.deepEqual(session.receive(utf8(' '), now), [])
  assert.ok(session.isReady())
})

test('a line that is never quiet is complained about, seldom', () => {
  const session = createSession()
  let faults = 0
  for (let second = 0n; second < 50n; second++) {
    faults += faultCodes(session.receive(utf8('x'.repeat(300)), monoNs(second * NS_PER_SECOND))).length
  }
  assert.equal(faults, 4)
})

test('after a minute out of step the link is to be opened afresh, once', () => {
  const session = createSession()
  const resets: MonoNs[] = []
  session.wake(monoNs(0n))
  for (let at = session.nextWakeAt(); at !== undefined && at < 100n * NS_PER_SECOND; at = session.nextWakeAt()) {
    if (session.wake(at).some((event) => event.type === 'reset')) resets.push(at)
  }
  assert.equal(resets.length, 1)
  assert.ok(resets[0]! >= 60n * NS_PER_SECOND && resets[0]! < 65n * NS_PER_SECOND)
})

test('a command that would be two is a bug', () => {
  const { session, now } = readySession()
  for (const command of ['*IDN?;*CLS', 'a\r', 'ü', '', 'x'.repeat(81)]) {
    assert.throws(() => session.send(query(command), now), { name: 'InvariantError' })
  }
  session.send(query(':X?'), now)
  assert.throws(() => session.send(query(':Y?'), now), { name: 'InvariantError' })
})

test('any cut of the byte stream gives the same transactions', () => {
  const exchange = fc.constantFrom(
    ':X?\r\n+1\r\nscpi > ',
    '+2\r\nE-113> ',
    ' +3\r\nscpi > ',
    'E-230> ',
    '\r\n+4\r\nscpi > ',
    '+\xfe\r\nscpi > ',
    'LOCK\r\nscpi > ',
  )
  fc.assert(
    fc.property(
      fc.array(exchange, { maxLength: 8 }),
      fc.array(fc.nat({ max: 5 }), { minLength: 1 }),
      (dialogue, cuts) => {
        assert.deepEqual(converse(dialogue, cuts), converse(dialogue, [1000]))
      },
    ),
  )
})

/** Plays the instrument's half of a dialogue in pieces, and tells what the session made of it. */
function converse(dialogue: readonly string[], cuts: readonly number[]): readonly unknown[] {
  const { session, now } = readySession()
  const told: unknown[] = []
  let turn = 0
  for (const text of dialogue) {
    if (!session.isReady()) break
    session.send(query(':X?'), now)
    const bytes = Uint8Array.from(Buffer.from(text, 'latin1'))
    for (let start = 0; start < bytes.length; ) {
      const end = start + 1 + (cuts[turn % cuts.length] ?? 0)
      const events = session.receive(bytes.subarray(start, end), now)
      told.push(...replies(events), ...faultCodes(events))
      start = end
      turn += 1
    }
  }
  return told
}

/** An instrument that answers in order: how long each command takes and whether it is lost, in turn, and when it rests. */
interface Temper {
  readonly fates: readonly { readonly takesMs: number; readonly lost: boolean }[]
  readonly rests: readonly { readonly fromMs: number; readonly lastsMs: number }[]
  readonly echo: boolean
}

/** Asks it ten questions whose answers are of one shape; tells what the session took for the answers. */
function interview({ fates, rests, echo }: Temper): readonly (readonly [string, readonly string[], number])[] {
  const session = createSession()
  const output: { readonly at: MonoNs; readonly text: string }[] = []
  const told: (readonly [string, readonly string[], number])[] = []
  let freeAt = monoNs(0n)
  let commands = 0
  let asked = 0

  const afterRests = (at: MonoNs): MonoNs =>
    rests.reduce((until, { fromMs, lastsMs }) => {
      const end = monoNs(BigInt(fromMs + lastsMs) * MS)
      return until >= BigInt(fromMs) * MS && until < end ? end : until
    }, at)
  const obey = (line: string, now: MonoNs): void => {
    const fate = fates[commands % fates.length] ?? { takesMs: 0, lost: false }
    commands += 1
    if (echo) output.push({ at: max(freeAt, now), text: `${line}\r\n` })
    if (fate.lost) return
    freeAt = afterRests(plus(max(freeAt, now), BigInt(fate.takesMs) * MS))
    const body = line === '' ? '' : line === '*IDN?' ? 'ME,ONE,2,3\r\n' : `+${line.slice(2, -1)}\r\n`
    output.push({ at: freeAt, text: `${body}scpi > ` })
  }
  const take = (events: readonly ScpiEvent[], now: MonoNs): void => {
    told.push(...replies(events).filter(([command]) => command !== '*IDN?'))
    const text = written(events)
    if (text !== '') obey(text.slice(0, -1), now)
    if (!session.isReady() || asked >= 10) return
    asked += 1
    take(session.send(query(`:Q${asked}?`), now), now)
  }

  for (let now = monoNs(0n); now < 300n * NS_PER_SECOND; ) {
    const wakeAt = session.nextWakeAt()
    const next = output[0]
    if (next !== undefined && (wakeAt === undefined || next.at <= wakeAt)) {
      output.shift()
      now = max(next.at, now)
      take(session.receive(utf8(next.text), now), now)
    } else if (wakeAt !== undefined) {
      now = max(wakeAt, now)
      take(session.wake(now), now)
    } else break
  }
  return told
}

/** Long enough apart that what piles up in one has been worked off before the next. */
const rests = fc
  .array(fc.record({ afterMs: fc.integer({ min: 30_000, max: 60_000 }), lastsMs: fc.nat({ max: 40_000 }) }), {
    maxLength: 4,
  })
  .map((list) => {
    let endMs = -30_000
    return list.map(({ afterMs, lastsMs }) => {
      const fromMs = endMs + afterMs
      endMs = fromMs + lastsMs
      return { fromMs, lastsMs }
    })
  })

test('whatever an instrument that answers in order loses and however long it rests, no reply is taken for another’s', () => {
  const fate = fc.record({ takesMs: fc.nat({ max: 1100 }), lost: fc.boolean() })
  const temper = fc.record({ fates: fc.array(fate, { minLength: 1, maxLength: 12 }), rests, echo: fc.boolean() })
  let answers = 0
  fc.assert(
    fc.property(temper, (instrument) => {
      for (const [command, lines] of interview(instrument)) {
        assert.ok(lines.length === 0 || lines[0] === `+${command.slice(2, -1)}`, `${command} ${lines[0]}`)
        answers += lines.length
      }
    }),
    { numRuns: 300 },
  )
  assert.ok(answers > 300, `expected answers to judge, got ${answers}`)
})

test('every question is answered rightly by an instrument that takes its time within the limits', () => {
  const fate = fc.record({ takesMs: fc.nat({ max: 1900 }), lost: fc.constant(false) })
  const temper = fc.record({ fates: fc.array(fate, { minLength: 1 }), rests: fc.constant([]), echo: fc.boolean() })
  const expected = Array.from({ length: 10 }, (_, i) => [`:Q${i + 1}?`, [`+${i + 1}`], 0])
  fc.assert(fc.property(temper, (instrument) => assert.deepEqual(interview(instrument), expected)))
})
