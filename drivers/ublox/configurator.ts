import type { Fault } from '../../src/core/fault.ts'
import { min } from '../../src/core/integer.ts'
import { type MonoNs, monoNs, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { Port } from './configuration-keys.ts'
import { type ConfigurationPlan, planConfiguration, portOf, SAVE } from './configuration-plan.ts'
import { encodeFrame, UBX } from './frame.ts'
import type { Version } from './monitor-messages.ts'
import type { UbloxOptions } from './options.ts'
import type { UbxMessage } from './protocol.ts'
import type { Setting } from './setting.ts'
import { createTransaction, type Transaction, type TransactionStep } from './transaction.ts'

/**
 * Brings a receiver to send what is needed: asks who it is and on which port, reads each setting, writes those that differ,
 * and reads them again. One question at a time, each asked three times at most; what fails is an alarm, and tried anew
 * after a while. Begins again when the receiver stops sending what it was set to send, and goes through it now and then.
 */
export interface Configurator {
  /** Every message that was understood, with its key. */
  hear(message: UbxMessage, key: number, now: MonoNs): void
  wake(now: MonoNs): void
  nextAt(): MonoNs | undefined
  /** Nothing has been heard yet: asks after a while. */
  listen(now: MonoNs): void
  /** Begins again: the receiver is there, and may be another one. */
  restart(now: MonoNs): void
  /** What to write and to complain about since the last call. */
  take(): { readonly writes: readonly Uint8Array[]; readonly faults: readonly Fault[] }
  /** Why the receiver is not as it is to be; undefined while nothing is known to be wrong. */
  problem(): string | undefined
  version(): Version | undefined
  details(): Readonly<Record<string, string | number | boolean>>
}

/** A receiver that sends by itself is heard by then; one that does not has to be asked, now and then. */
const LISTEN_NS = 2n * NS_PER_SECOND
const ASK_AGAIN_NS = 5n * NS_PER_SECOND
const ANSWER_NS = 2n * NS_PER_SECOND
const TRIES_MAX = 3
const RETRY_FIRST_NS = 30n * NS_PER_SECOND
const RETRY_MAX_NS = 300n * NS_PER_SECOND
/** In case that somebody else has set it otherwise meanwhile. */
const REVIEW_NS = 600n * NS_PER_SECOND
/** What is to come every second has stopped. */
const MISSED_NS = 5n * NS_PER_SECOND
const PASSES_MAX = 3
const MISSED_RUNS_MAX = 2
/** A receiver that is deaf is not asked for all the rest. */
const SILENT_MAX = 2

type Stage =
  | { readonly name: 'off' }
  | { readonly name: 'listening'; readonly until: MonoNs }
  | { readonly name: 'identifying'; readonly until: MonoNs; readonly tries: number }
  | { readonly name: 'finding-port'; readonly until: MonoNs; readonly tries: number }
  | { readonly name: 'setting'; readonly transaction: Transaction }
  | { readonly name: 'saving'; readonly until: MonoNs }
  | { readonly name: 'set'; readonly at: MonoNs }
  | { readonly name: 'failed'; readonly until: MonoNs }

interface State {
  readonly options: UbloxOptions
  /** Whether anything good is heard on the line at all. */
  readonly alive: (now: MonoNs) => boolean
  stage: Stage
  version: Version | undefined
  port: Port | undefined
  plan: ConfigurationPlan | undefined
  remaining: Setting[]
  /** Of the run under way. */
  failures: string[]
  silent: number
  /** In the pass under way, and in any pass of the run. */
  wrote: boolean
  wroteInRun: boolean
  passes: number
  unsupported: number
  /** Of the last run that ended. */
  problem: string | undefined
  retryNs: bigint
  /** In a row that ended well without making the messages come. */
  missedRuns: number
  readonly lastAt: Map<number, MonoNs>
  writes: Uint8Array[]
  faults: Fault[]
}

export function createConfigurator(options: UbloxOptions, alive: (now: MonoNs) => boolean): Configurator {
  const state: State = {
    options,
    alive,
    stage: { name: 'off' },
    version: undefined,
    port: undefined,
    plan: undefined,
    remaining: [],
    failures: [],
    silent: 0,
    wrote: false,
    wroteInRun: false,
    passes: 0,
    unsupported: 0,
    problem: undefined,
    retryNs: RETRY_FIRST_NS,
    missedRuns: 0,
    lastAt: new Map(),
    writes: [],
    faults: [],
  }
  return {
    hear: (message, key, now) => hear(state, message, key, now),
    wake: (now) => wake(state, now),
    nextAt: () => nextAt(state),
    listen(now) {
      if (options.configure) state.stage = { name: 'listening', until: plus(now, LISTEN_NS) }
    },
    restart(now) {
      if (options.configure) identify(state, now, 1)
    },
    take() {
      const { writes, faults } = state
      state.writes = []
      state.faults = []
      return { writes, faults }
    },
    problem: () => state.problem,
    version: () => state.version,
    details: () => ({
      configuration: state.stage.name,
      ...(state.port === undefined ? {} : { port: state.port }),
      ...(state.unsupported === 0 ? {} : { settingsUnsupported: state.unsupported }),
    }),
  }
}

function nextAt(state: State): MonoNs | undefined {
  const { stage } = state
  switch (stage.name) {
    case 'off':
      return undefined
    case 'setting':
      return stage.transaction.nextAt() ?? monoNs(0n)
    case 'set':
      return (state.plan?.needed ?? [])
        .map((key) => missedAt(state, key, stage.at))
        .reduce(min, plus(stage.at, REVIEW_NS))
    default:
      return stage.until
  }
}

function missedAt(state: State, key: number, since: MonoNs): MonoNs {
  const last = state.lastAt.get(key)
  return plus(last === undefined || last < since ? since : last, MISSED_NS)
}

function hear(state: State, message: UbxMessage, key: number, now: MonoNs): void {
  const { stage } = state
  state.lastAt.set(key, now)
  if (message.type === 'version') {
    state.version = message
    if (stage.name === 'identifying') findPort(state, now, 1)
    return
  }
  if (stage.name === 'finding-port') {
    const port = portOf(message)
    const refused = message.type === 'acknowledge' && message.key === UBX.cfgPrt && !message.accepted
    if (port !== undefined) state.port = port
    if (port !== undefined || refused) beginSettings(state, now)
  } else if (stage.name === 'setting') {
    follow(state, stage.transaction.hear(message, now), now)
  } else if (stage.name === 'saving' && message.type === 'acknowledge' && message.key === UBX.cfgCfg) {
    if (!message.accepted) state.failures.push('saving is refused')
    end(state, now)
  }
}

function wake(state: State, now: MonoNs): void {
  const { stage } = state
  const due = nextAt(state)
  if (due === undefined || now < due) return
  if (stage.name === 'listening' || stage.name === 'failed') identify(state, now, 1)
  else if (stage.name === 'identifying') identifyAgain(state, stage.tries, now)
  else if (stage.name === 'finding-port') {
    if (stage.tries < TRIES_MAX) findPort(state, now, stage.tries + 1)
    else beginSettings(state, now)
  } else if (stage.name === 'setting') follow(state, stage.transaction.wake(now), now)
  else if (stage.name === 'saving') {
    state.failures.push('saving is not answered')
    end(state, now)
  } else if (stage.name === 'set') review(state, stage.at, now)
}

/** What was to come has stopped, or the time for a review has come. */
function review(state: State, setAt: MonoNs, now: MonoNs): void {
  const missed = state.plan?.needed.some((key) => missedAt(state, key, setAt) <= now) ?? false
  if (missed && !state.alive(now)) {
    state.stage = { name: 'listening', until: plus(now, ASK_AGAIN_NS) }
    return
  }
  // Soon after a run that found everything as wanted, another one will not help.
  const soon = now < plus(setAt, RETRY_FIRST_NS)
  state.missedRuns = missed && soon ? state.missedRuns + 1 : 0
  if (state.missedRuns < MISSED_RUNS_MAX) {
    identify(state, now, 1)
    return
  }
  state.missedRuns = 0
  state.failures = ['messages do not come although they are set']
  end(state, now)
}

function identify(state: State, now: MonoNs, tries: number): void {
  state.writes.push(encodeFrame(UBX.monVer, new Uint8Array(0)))
  state.stage = { name: 'identifying', until: plus(now, ANSWER_NS), tries }
}

/** On a line that is silent altogether a missing answer is no news. */
function identifyAgain(state: State, tries: number, now: MonoNs): void {
  if (!state.alive(now)) {
    state.stage = { name: 'listening', until: plus(now, ASK_AGAIN_NS) }
    return
  }
  state.faults.push({ code: 'ublox.no-answer', message: 'MON-VER: expected an answer within 2 s, got none' })
  if (tries < TRIES_MAX) {
    identify(state, now, tries + 1)
    return
  }
  state.failures = ['MON-VER is not answered']
  end(state, now)
}

function findPort(state: State, now: MonoNs, tries: number): void {
  const { port } = state.options
  if (port !== 'ask') {
    state.port = port
    beginSettings(state, now)
    return
  }
  state.writes.push(encodeFrame(UBX.cfgPrt, new Uint8Array(0)))
  state.stage = { name: 'finding-port', until: plus(now, ANSWER_NS), tries }
}

/** Without an answer: the newest generations have no CFG-PRT, and hang on their first UART. */
function beginSettings(state: State, now: MonoNs): void {
  if (state.version === undefined) return
  state.port ??= 'uart1'
  state.plan = planConfiguration(state.version, state.port, state.options)
  state.wroteInRun = false
  state.passes = 0
  beginPass(state, now)
}

function beginPass(state: State, now: MonoNs): void {
  state.remaining = [...(state.plan?.settings ?? [])]
  state.failures = []
  state.silent = 0
  state.wrote = false
  state.unsupported = 0
  state.passes += 1
  nextSetting(state, now)
}

/** What a pass has changed is looked at in another one: a receiver that restarted meanwhile has forgotten some of it. */
function nextSetting(state: State, now: MonoNs): void {
  const setting = state.remaining.shift()
  if (setting !== undefined && state.silent < SILENT_MAX) {
    const transaction = createTransaction(setting)
    state.stage = { name: 'setting', transaction }
    follow(state, transaction.begin(now), now)
    return
  }
  state.wroteInRun ||= state.wrote
  if (state.failures.length > 0) end(state, now)
  else if (state.wrote && state.passes < PASSES_MAX) beginPass(state, now)
  else if (state.wroteInRun && state.plan?.savesByMessage === true) {
    state.writes.push(SAVE)
    state.stage = { name: 'saving', until: plus(now, ANSWER_NS) }
  } else end(state, now)
}

function follow(state: State, step: TransactionStep, now: MonoNs): void {
  if (step.fault !== undefined) state.faults.push(step.fault)
  if (step.write !== undefined) state.writes.push(step.write)
  if (step.end === undefined) return
  if (step.end.kind === 'done') state.wrote ||= step.end.wrote
  if (step.end.kind === 'unsupported') state.unsupported += 1
  if (step.end.kind === 'failed') {
    state.failures.push(step.end.reason)
    state.silent = step.end.silent ? state.silent + 1 : 0
  } else state.silent = 0
  nextSetting(state, now)
}

function end(state: State, now: MonoNs): void {
  const [first, ...others] = state.failures
  if (first === undefined) {
    state.problem = undefined
    state.retryNs = RETRY_FIRST_NS
    state.stage = { name: 'set', at: now }
    return
  }
  state.problem = others.length === 0 ? `${first}.` : `${first}, and ${others.length} more settings fail.`
  state.stage = { name: 'failed', until: plus(now, state.retryNs) }
  state.retryNs = min(2n * state.retryNs, RETRY_MAX_NS)
}
