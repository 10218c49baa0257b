import type { Fault } from '../../src/core/fault.ts'
import { type MonoNs, NS_PER_MILLISECOND, plus } from '../../src/core/time.ts'
import { nameOf } from './frame.ts'
import type { UbxMessage } from './protocol.ts'
import type { Setting } from './setting.ts'

/**
 * Sees one setting through: asks, changes what is not as wanted, and asks again, since an acknowledgement alone may be of
 * the question before it. Ends with `done`, `unsupported` or `failed`; a fault says each time what went wrong.
 */
export interface Transaction {
  /** What to send when it begins. */
  begin(now: MonoNs): TransactionStep
  hear(message: UbxMessage, now: MonoNs): TransactionStep
  wake(now: MonoNs): TransactionStep
  nextAt(): MonoNs | undefined
}

export interface TransactionStep {
  readonly write?: Uint8Array
  readonly fault?: Fault
  readonly end?: TransactionEnd
}

export type TransactionEnd =
  | { readonly kind: 'done'; readonly wrote: boolean }
  /** The receiver does not have it, and it is not required. */
  | { readonly kind: 'unsupported' }
  | { readonly kind: 'failed'; readonly reason: string; readonly silent: boolean }

/** A receiver answers within a second, and behind what a full line of 9600 baud still carries. */
const ANSWER_NS = 2500n * NS_PER_MILLISECOND
/** The acknowledgement follows its answer at once. */
const ACKNOWLEDGE_NS = 1000n * NS_PER_MILLISECOND
const TRIES_MAX = 3
const NOTHING: TransactionStep = {}

type Phase = 'ask' | 'change' | 'verify'
type Change = Exclude<ReturnType<Setting['judge']>, undefined | 'as-wanted'>

interface State {
  readonly setting: Setting
  phase: Phase
  tries: number
  dueAt: MonoNs | undefined
  /** Of an answer that waits for its acknowledgement. */
  answered: ReturnType<Setting['judge']>
  change: Change | undefined
}

export function createTransaction(setting: Setting): Transaction {
  const state: State = { setting, phase: 'ask', tries: 0, dueAt: undefined, answered: undefined, change: undefined }
  return {
    begin: (now) => send(state, now),
    hear(message, now) {
      if (state.dueAt === undefined) return NOTHING
      if (message.type === 'acknowledge') return acknowledged(state, message.key, message.accepted, now)
      if (message.type !== 'setting' || message.key !== setting.questionKey || state.phase === 'change') return NOTHING
      const verdict = setting.judge(message.payload)
      if (verdict === undefined) return NOTHING
      state.answered = verdict
      state.dueAt = plus(now, ACKNOWLEDGE_NS)
      return NOTHING
    },
    wake(now) {
      if (state.dueAt === undefined || now < state.dueAt) return NOTHING
      if (state.answered !== undefined) return conclude(state, state.answered, now)
      const what = state.phase === 'change' ? `the change of ${setting.name}` : setting.name
      const fault = { code: 'ublox.no-answer', message: `${what}: expected an answer within 2.5 s, got none` }
      if (state.tries < TRIES_MAX) return { ...send(state, now), fault }
      return { ...finish(state, { kind: 'failed', reason: `${what} is not answered`, silent: true }), fault }
    },
    nextAt: () => state.dueAt,
  }
}

function send(state: State, now: MonoNs): TransactionStep {
  state.tries += 1
  state.answered = undefined
  state.dueAt = plus(now, ANSWER_NS)
  return { write: state.phase === 'change' && state.change !== undefined ? state.change.frame : state.setting.question }
}

function turn(state: State, phase: Phase, now: MonoNs): TransactionStep {
  state.phase = phase
  state.tries = 0
  return send(state, now)
}

function finish(state: State, end: TransactionEnd): TransactionStep {
  state.dueAt = undefined
  return { end }
}

function acknowledged(state: State, key: number, accepted: boolean, now: MonoNs): TransactionStep {
  const { setting, phase } = state
  const expected = phase === 'change' ? state.change?.key : setting.questionKey
  if (key !== expected) return NOTHING
  if (!accepted) return refused(state)
  if (phase === 'change') return turn(state, 'verify', now)
  return state.answered === undefined ? NOTHING : conclude(state, state.answered, now)
}

function refused(state: State): TransactionStep {
  const { setting, phase } = state
  if (!setting.required) return finish(state, { kind: 'unsupported' })
  const what = phase === 'change' ? `the change of ${setting.name}` : setting.name
  const fault = { code: 'ublox.refused', message: `${what}: expected ACK-ACK, got ACK-NAK` }
  return { ...finish(state, { kind: 'failed', reason: `${what} is refused`, silent: false }), fault }
}

function conclude(state: State, verdict: 'as-wanted' | Change, now: MonoNs): TransactionStep {
  const { setting, phase } = state
  if (verdict === 'as-wanted') return finish(state, { kind: 'done', wrote: phase === 'verify' })
  if (phase === 'ask') {
    state.change = verdict
    return turn(state, 'change', now)
  }
  if (!setting.required) return finish(state, { kind: 'unsupported' })
  const fault = {
    code: 'ublox.not-taken',
    message: `${setting.name}: expected what was set with ${nameOf(verdict.key)}, got other values when asked again`,
  }
  return {
    ...finish(state, { kind: 'failed', reason: `${setting.name} does not keep what it is set to`, silent: false }),
    fault,
  }
}
