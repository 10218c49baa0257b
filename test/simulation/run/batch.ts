import type { Memo } from '../../support/shared-compose.ts'
import type { Row } from './campaigns.ts'
import type { CastOptions } from './cast.ts'
import { SIGNATURES } from './signatures.ts'
import { simulateSeed } from './simulate.ts'
import { add, NOTHING, type Totals, totalsOf } from './totals.ts'

/** Some seeds of one size, for one worker. */
export interface Batch extends Row, CastOptions {
  readonly memo: Memo
}

/** A seed that showed a violation. */
export interface Failure {
  readonly n: number
  readonly seed: number
  readonly epochs: number
  readonly signatures: Row['signatures']
  readonly forecast: string
  readonly messages: readonly string[]
}

export interface BatchResult {
  readonly totals: Totals
  readonly failures: readonly Failure[]
}

/** Of one seed; the first ones say it. */
const MESSAGES_MAX = 5

export async function runBatch({ firstSeed, lastSeed, signatures, ...options }: Batch): Promise<BatchResult> {
  const failures: Failure[] = []
  let totals = NOTHING
  const keys = SIGNATURES[signatures]()
  for (let seed = firstSeed; seed <= lastSeed; seed++) {
    const report = await simulateSeed({ ...options, seed, signatures: keys, trace: undefined })
    totals = add(totals, totalsOf(report))
    const { n, forecast, problems } = report
    if (problems.length === 0) continue
    const messages = problems.slice(0, MESSAGES_MAX).map(({ violation, message }) => `${violation}: ${message}`)
    failures.push({ n, seed, epochs: options.epochs, signatures, forecast, messages })
  }
  return { totals, failures }
}
