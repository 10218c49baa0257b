import { VIOLATIONS } from '../checkers/problem.ts'
import type { SimulateArguments } from './arguments.ts'
import type { Failure } from './batch.ts'
import { WANDER_ORIGIN } from './scenario-of-seed.ts'
import { type Totals, violationsOf } from './totals.ts'

/** What all runs took, all threads together. */
export interface Effort {
  readonly wallSeconds: number
  readonly cpuSeconds: number
}

/** The one command that runs a seed again and tells what happens in it. */
function replayCommand({ n, seed, epochs, signatures }: Failure, { adversary, calm }: SimulateArguments): string {
  return [
    `npm run -s simulate -- --nodes ${n} --seeds ${seed} --epochs ${epochs}`,
    ...(adversary === undefined ? [] : [`--adversary ${adversary}`]),
    ...(calm ? ['--calm'] : []),
    ...(signatures === 'keyed-hash' ? [] : [`--signatures ${signatures}`]),
    '--trace',
  ].join(' ')
}

export function jsonReport(
  args: SimulateArguments,
  totals: Totals,
  failures: readonly Failure[],
  { wallSeconds, cpuSeconds }: Effort,
): string {
  const { rows, adversary, calm, memo, jobs } = args
  return JSON.stringify({
    nodes: nodesOf(args),
    ...totals,
    eventsPerSecond: Math.round(totals.events / cpuSeconds),
    eventsPerWallSecond: Math.round(totals.events / wallSeconds),
    cpuSeconds: round(cpuSeconds),
    wallSeconds: round(wallSeconds),
    jobs,
    adversary: adversary ?? 'drawn',
    calm,
    memo,
    rows: rows.map(({ firstSeed, lastSeed, ...row }) => ({ ...row, seeds: `${firstSeed}..${lastSeed}` })),
    wander: WANDER_ORIGIN,
    failures: failures.map((failure) => ({ ...failure, again: replayCommand(failure, args) })),
  })
}

export function textReport(
  args: SimulateArguments,
  totals: Totals,
  failures: readonly Failure[],
  { wallSeconds, cpuSeconds }: Effort,
): string {
  const counts = VIOLATIONS.map((violation) => `${violation} ${totals[violation]}`).join(', ')
  return [
    ...failures.flatMap((failure) => describeFailure(failure, args)),
    `${totals.seeds} seeds at n = ${nodesOf(args).join(', ')}, ${totals.epochs} epochs, ${totals.finalized} decisions, ` +
      `${totals.restarts} restarts, ${totals.beyondF} runs with more than f faulty, wander ${WANDER_ORIGIN}`,
    `${totals.framesChecked} frames and ${totals.readingsChecked} readings held against the truth; ` +
      `calm to certificate at most ${totals.recoveryMsMax} ms and ${totals.recoveryViewsMax} views`,
    `${totals.events} events in ${round(cpuSeconds)} CPU s and ${round(wallSeconds)} s: ` +
      `${Math.round(totals.events / cpuSeconds)} events per CPU second`,
    violationsOf(totals) === 0 ? `0 violations (${counts})` : `VIOLATIONS: ${counts}`,
  ].join('\n')
}

export function describeFailure(failure: Failure, args: SimulateArguments): readonly string[] {
  const { n, seed, forecast, messages } = failure
  return [
    `n = ${n}, seed ${seed} (${forecast})`,
    ...messages.map((message) => `  ${message}`),
    `  again: ${replayCommand(failure, args)}`,
  ]
}

function nodesOf({ rows }: SimulateArguments): readonly number[] {
  return [...new Set(rows.map(({ n }) => n))]
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10
}
