import { isDeepStrictEqual } from 'node:util'
import type { PacketFamily } from '../../drivers/packet-driver.ts'
import { isConfident, isRight } from './judge.ts'
import { beliefOf } from './own-beliefs.ts'
import { openPacketBench, type PacketBench } from './packet-bench.ts'
import type { PacketTrialFault } from './packet-faults.ts'
import type { Trial } from './trial.ts'

/** The same as for lines: some health, the fault, time to recover, and a minute in which all must be right. */

const SETTLE_SECONDS = 30
const FAULT_SECONDS = 30
const RECOVERY_SECONDS = 120
const JUDGED_SECONDS = 60
/** A hundred of the driver's own, and what it says of those that it left out. */
const FAULTS_IN_A_SECOND_MAX = 110
const SAMPLES_IN_A_MINUTE_MIN = 10

/** One way of using a family: its options, and what that is called. */
export interface PacketUse {
  readonly name: string
  readonly options: object
}

export function runPacketTrial(
  family: PacketFamily<unknown>,
  use: PacketUse,
  fault: PacketTrialFault,
): Trial & { readonly seen: readonly string[] } {
  const bench = openPacketBench(family, { options: use.options })
  const problems: string[] = []
  bench.run(SETTLE_SECONDS)
  bench.forget()
  fault.switch(bench, true)
  bench.run(FAULT_SECONDS)
  const shows = fault.of !== 'instrument' || !isDeepStrictEqual(bench.record.sent, sentInHealth(family, use))
  // A grandmaster that needs no Follow_Up has no wrong one.
  if (!shows && use.name === family.kind)
    problems.push(`expected the fault to show in packets within ${FAULT_SECONDS} s`)
  problems.push(...problemsWhile(bench, beliefOf(family.kind, fault.name) !== undefined))
  const confidentSamples = bench.record.samples.filter(isConfident).length
  const faultsInASecondMax = bench.faultsInASecondMax()
  const seen = [...new Set(bench.record.statuses.flatMap(({ alarms }) => alarms))].toSorted()
  fault.switch(bench, false)
  bench.run(RECOVERY_SECONDS)
  bench.forget()
  bench.run(JUDGED_SECONDS)
  problems.push(...problemsOfPacketHealth(bench))
  const verdict = problems.length > 0 ? 'failed' : shows ? 'passed' : 'idle'
  return { kind: use.name, fault: fault.name, verdict, problems, confidentSamples, faultsInASecondMax, seen }
}

const healthy = new Map<string, object>()

/** What is sent when all is well: made once, for it repeats itself. */
function sentInHealth(family: PacketFamily<unknown>, use: PacketUse): object {
  const known = healthy.get(use.name)
  if (known !== undefined) return known
  const bench = openPacketBench(family, { options: use.options })
  bench.run(SETTLE_SECONDS)
  bench.forget()
  bench.run(FAULT_SECONDS)
  healthy.set(use.name, bench.record.sent)
  return bench.record.sent
}

/** Nothing wrong is said with confidence, unless the instrument itself believes it, and complaints have a limit. */
function problemsWhile(bench: PacketBench, believesItself: boolean): readonly string[] {
  const problems: string[] = []
  const wrong = bench.record.samples.filter((sample) => isConfident(sample) && !isRight(sample, bench.sky))
  if (wrong.length > 0 && !believesItself) {
    const [first] = wrong
    const offNs = first === undefined ? 0n : first.taiNs - bench.sky.skyTai(first.monoNs)
    problems.push(`expected no confident wrong sample, got ${wrong.length}, the first ${offNs} ns off`)
  }
  if (wrong.length === 0 && believesItself) {
    problems.push('expected the wrong samples that test/conformance/own-beliefs.ts explains')
  }
  const worst = bench.faultsInASecondMax()
  if (worst > FAULTS_IN_A_SECOND_MAX) {
    problems.push(`expected at most ${FAULTS_IN_A_SECOND_MAX} faults in a second, got ${worst}`)
  }
  return problems
}

/** Everything is right, and nothing is complained of. */
export function problemsOfPacketHealth({ record, sky }: PacketBench): readonly string[] {
  const problems: string[] = []
  const codes = new Set(record.faults.map(({ code }) => code))
  if (codes.size > 0) problems.push(`expected no faults, got ${record.faults.length}: ${[...codes].join(', ')}`)
  const confident = record.samples.filter(isConfident)
  if (confident.length < SAMPLES_IN_A_MINUTE_MIN) {
    problems.push(`expected at least ${SAMPLES_IN_A_MINUTE_MIN} valid samples in a minute, got ${confident.length}`)
  }
  const wrong = confident.filter((sample) => !isRight(sample, sky)).length
  if (wrong > 0) problems.push(`expected right samples, got ${wrong} wrong ones`)
  const status = record.statuses.at(-1)
  if (status?.quality !== 'locked') problems.push(`expected quality locked, got ${status?.quality ?? 'no status'}`)
  if (status !== undefined && status.alarms.length > 0) {
    problems.push(`expected no alarms, got ${status.alarms.join(', ')}`)
  }
  return problems
}
