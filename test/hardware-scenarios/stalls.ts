import { families } from '../../drivers/index.ts'
import { assert } from '../../src/core/assert.ts'
import { createPrng, type Prng } from '../../src/core/prng.ts'
import { type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, plus } from '../../src/core/time.ts'
import { unwrap } from '../support/results.ts'
import { taiOf } from '../support/virtual-sky.ts'
import { START_AT } from './instrument-chain.ts'
import { createJudge } from './judge.ts'
import { type Outcome, outcomeOf, type Scenario, unless } from './scenario.ts'
import { trueSky } from './skies.ts'
import { startAgent, startInstrument, type Wires } from './stalled-processes.ts'

interface Trial {
  readonly which: string
  readonly kind: string
  readonly options?: Readonly<Record<string, unknown>>
  readonly pulse: boolean
  /** Who is stopped; `line`: nobody, but what is sent waits on the way, for seconds and longer than one. */
  readonly stopped: 'agent' | 'instrument' | 'both' | 'line'
}

const STEP_NS = 5n * NS_PER_MILLISECOND
const READ_NS = 35n * NS_PER_MILLISECOND
/** How long somebody is stopped, and how long it runs in between at most, ms: a few long stops, or many short ones. */
const MANNERS = [
  { stopMs: [60, 3_000], runMsMax: 8_000 },
  { stopMs: [100, 450], runMsMax: 600 },
] as const
/** An agent that is started anew, in the midst of whatever goes on, knows nothing yet: then it is misled most easily. */
const RESTART_S = 30
/** A line keeps what is sent for less than two seconds, for up to three at a time. */
const LINE_CALM_S = 6
const LINE_KEPT_MS = [300, 1_800] as const
const LINE_KEEPS_S_MAX = 3

/** Times at which somebody is stopped, one after the other. */
function createStops(
  prng: Prng,
  from: MonoNs,
  { stopMs, runMsMax }: (typeof MANNERS)[number],
): (now: MonoNs) => boolean {
  let [begins, ends] = [from, from]
  const ms = (least: number, most: number): bigint =>
    BigInt(Math.round(least + (most - least) * prng.nextUnit() ** 2)) * NS_PER_MILLISECOND
  return (now) => {
    if (now >= ends) {
      begins = plus(now, ms(20, runMsMax))
      ends = plus(begins, ms(stopMs[0], stopMs[1]))
    }
    return now >= begins
  }
}

function play({ which, kind, options = {}, pulse, stopped }: Trial, seed: number, seconds: number): Outcome {
  const family = families.find((each) => each.kind === kind)
  assert(family !== undefined, `no family is named ${kind}`)
  const prng = createPrng(seed)
  const startAt = plus(START_AT, BigInt(prng.nextBelow(1_000_000_000)))
  const sky = trueSky(taiOf('2026-01-15T12:00:00'))
  const parsed = unwrap(family.parseOptions(options, which))
  const wires: Wires = { tty: new Uint8Array(0), orders: [], pulses: [] }
  const stops = createStops(prng, startAt, MANNERS[seed % 2 === 0 ? 0 : 1])
  let keptMs = 0
  const instrument = startInstrument(family.emulate(parsed, seed, sky), wires, startAt, () => keptMs)
  const start = (now: MonoNs) => startAgent({ family, options: parsed, pulse, sky, prng }, wires, now)
  let agent = start(startAt)
  const judge = createJudge()
  let locked = 0
  let [now, readAt, restartAt, lineAt] = [startAt, startAt, startAt, plus(startAt, BigInt(LINE_CALM_S) * NS_PER_SECOND)]
  while (now < plus(startAt, BigInt(seconds) * NS_PER_SECOND)) {
    now = plus(now, STEP_NS)
    const isStopped = stopped !== 'line' && stops(now)
    if (stopped === 'line' && now >= lineAt) {
      keptMs = keptMs > 0 ? 0 : LINE_KEPT_MS[0] + prng.nextBelow(LINE_KEPT_MS[1] - LINE_KEPT_MS[0])
      const most = keptMs > 0 ? LINE_KEEPS_S_MAX : 3 * LINE_CALM_S
      lineAt = plus(now, BigInt(1 + prng.nextBelow(most)) * NS_PER_SECOND)
    }
    if (!isStopped || stopped === 'agent') instrument.turn(now)
    if (isStopped && stopped !== 'instrument') continue
    agent.turn(now)
    if (now >= readAt) {
      readAt = plus(now, READ_NS)
      const reading = agent.clock.read(now)
      judge.hear(reading, sky.skyTai(now))
      if (reading.mode === 'locked') locked += 1
    }
    if (now >= restartAt) {
      restartAt = plus(now, BigInt(5 + prng.nextBelow(RESTART_S)) * NS_PER_SECOND)
      agent = start(now)
    }
  }
  const figures = judge.figures()
  return outcomeOf(`${which}, seed ${seed}`, figures, { 'readings in lock': locked }, [
    unless(locked > 0 || stopped !== 'line', 'expected the clock to be locked, got it never'),
  ])
}

function trialsOf(kind: string): readonly Trial[] {
  return (['agent', 'instrument', 'both', 'line'] as const).map((stopped) => {
    return { which: `${kind}, ${stopped}`, kind, pulse: true, stopped }
  })
}

const TRIALS: readonly Trial[] = [
  ...families.filter(({ timeOfDay }) => timeOfDay === 'label').flatMap(({ kind }) => trialsOf(kind)),
  {
    which: 'nmea-receiver that announces, agent',
    kind: 'nmea-receiver',
    options: { names: 'following-pulse' },
    pulse: true,
    stopped: 'agent',
  },
  // What an instrument says late without a pulse is late: there only the agent is stopped.
  { which: 'nmea-receiver without pulse, agent', kind: 'nmea-receiver', pulse: false, stopped: 'agent' },
]

export const stalls: Scenario = {
  name: 'stalls',
  title: 'agent, instrument or line stand still for fractions of a second and seconds, at any time',
  run: (scale) => {
    const [seeds, seconds] = scale === 'short' ? [2, 120] : [8, 300]
    return TRIALS.flatMap((trial) => Array.from({ length: seeds }, (_, seed) => play(trial, seed + 1, seconds)))
  },
}
