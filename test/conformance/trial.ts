import { isDeepStrictEqual } from 'node:util'
import type { DriverFamily } from '../../drivers/driver.ts'
import { type Bench, named, openBench } from './bench.ts'
import { otherThan, type TrialFault } from './faults.ts'
import { isConfident, isRight } from './judge.ts'
import { beliefOf } from './own-beliefs.ts'

/** How a family lived through one fault. */
export interface Trial {
  readonly kind: string
  readonly fault: string
  /** `idle`: the fault changed nothing of what came, as an echo to a driver that never writes. */
  readonly verdict: 'passed' | 'idle' | 'failed'
  /** What went wrong, a sentence each. */
  readonly problems: readonly string[]
  /** While the fault lasted: samples that claimed to be right, and faults in the worst second. */
  readonly confidentSamples: number
  readonly faultsInASecondMax: number
}

const SETTLE_SECONDS = 20
const FAULT_SECONDS = 30
const RECOVERY_SECONDS = 120
const JUDGED_SECONDS = 60
/** A hundred of the driver's own, and what it says of those that it left out. */
const FAULTS_IN_A_SECOND_MAX = 110
const SAMPLES_IN_A_MINUTE_MIN = 10

export function runTrial(family: DriverFamily<unknown>, fault: TrialFault): Trial {
  const other = otherThan(family)
  const setup = other === undefined ? {} : { other }
  const faulty = openBench(family, setup)
  const problems: string[] = []
  faulty.run(SETTLE_SECONDS)
  faulty.forget()
  fault.switch(faulty, true)
  faulty.run(FAULT_SECONDS)
  const shows = !isDeepStrictEqual(shown(faulty), shownInHealth(family))
  if (fault.shows && !shows) problems.push(`expected the fault to show in bytes or pulses within ${FAULT_SECONDS} s`)
  problems.push(...problemsWhile(faulty, beliefOf(family.kind, fault.name) !== undefined))
  const confidentSamples = faulty.record.samples.filter(isConfident).length
  const faultsInASecondMax = faulty.faultsInASecondMax()
  fault.switch(faulty, false)
  faulty.run(RECOVERY_SECONDS)
  faulty.forget()
  faulty.run(JUDGED_SECONDS)
  problems.push(...problemsOfHealth(faulty))
  return {
    kind: family.kind,
    fault: fault.name,
    verdict: problems.length > 0 ? 'failed' : shows || fault.of === 'host' ? 'passed' : 'idle',
    problems,
    confidentSamples,
    faultsInASecondMax,
  }
}

/** What came over the wires. */
function shown({ record }: Bench): object {
  return { sent: [...record.sent], pulses: [...record.pulses] }
}

const healthy = new Map<DriverFamily<unknown>, object>()

/** The same of an instrument with which all is well: made once, for it repeats itself. */
function shownInHealth(family: DriverFamily<unknown>): object {
  const known = healthy.get(family)
  if (known !== undefined) return known
  const bench = openBench(family)
  bench.run(SETTLE_SECONDS)
  bench.forget()
  bench.run(FAULT_SECONDS)
  healthy.set(family, shown(bench))
  return shown(bench)
}

/** Nothing wrong is said with confidence, unless the instrument itself believes it, and complaints have a limit. */
function problemsWhile(bench: Bench, believesItself: boolean): readonly string[] {
  const problems: string[] = []
  const wrong = bench.record.samples.filter((sample) => isConfident(sample) && !isRight(sample, bench.sky))
  const { wrong: wrongPulses } = bench.desk.counts()
  const isWrong = wrong.length > 0 || wrongPulses.length > 0
  if (isWrong && !believesItself) {
    problems.push(`expected no confident wrong sample, got ${wrong.length} labels and ${wrongPulses.length} pulses`)
  }
  if (!isWrong && believesItself)
    problems.push('expected the wrong samples that test/conformance/own-beliefs.ts explains')
  const worst = bench.faultsInASecondMax()
  if (worst > FAULTS_IN_A_SECOND_MAX) {
    problems.push(`expected at most ${FAULTS_IN_A_SECOND_MAX} faults in a second, got ${worst}`)
  }
  return problems
}

/** Everything is right, and nothing is complained of. */
export function problemsOfHealth(bench: Bench): readonly string[] {
  const { family, record, desk, sky } = bench
  const problems: string[] = []
  if (record.faults.length > 0)
    problems.push(`expected no faults, got ${record.faults.length}: ${named(record.faults)}`)
  const confident = record.samples.filter(isConfident)
  if (family.timeOfDay === 'none' && record.samples.length > 0) {
    problems.push(`expected no samples of a family without time of day, got ${record.samples.length}`)
  }
  if (family.timeOfDay === 'label' && confident.length < SAMPLES_IN_A_MINUTE_MIN) {
    problems.push(`expected at least ${SAMPLES_IN_A_MINUTE_MIN} valid samples in a minute, got ${confident.length}`)
  }
  const wrong = confident.filter((sample) => !isRight(sample, sky)).length
  if (wrong > 0) problems.push(`expected right samples, got ${wrong} wrong ones`)
  const { numbered, wrong: wrongPulses, faults } = desk.counts()
  if (wrongPulses.length > 0) problems.push(`expected rightly numbered pulses, got ${wrongPulses.length} wrong ones`)
  if (family.timeOfDay === 'label' && record.pulses.length > 0 && numbered < SAMPLES_IN_A_MINUTE_MIN) {
    problems.push(
      `expected at least ${SAMPLES_IN_A_MINUTE_MIN} numbered pulses, got ${numbered} (${[...new Set(faults)].join(', ')})`,
    )
  }
  const status = record.statuses.at(-1)
  if (status?.quality !== 'locked') problems.push(`expected quality locked, got ${status?.quality ?? 'no status'}`)
  if (status !== undefined && status.alarms.length > 0)
    problems.push(`expected no alarms, got ${status.alarms.join(', ')}`)
  return problems
}
