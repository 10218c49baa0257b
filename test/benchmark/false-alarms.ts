import { BIAS_SCORE } from '../../src/consensus/behaviour/bias.ts'
import { SLOW_EPOCHS } from '../../src/consensus/behaviour/delay.ts'
import { isBiased, isSlow, type LinkRecord, stepLink } from '../../src/consensus/behaviour/link-record.ts'
import { createPrng } from '../../src/core/prng.ts'
import { commandLine } from '../support/command-line.ts'
import { createPairModel, PAIR_MODELS, type PairModelName } from './pair-model.ts'

/**
 * False alarms of the two detectors that are statistics, over honest pairs of members, for as many epochs as asked:
 *
 *     npm run -s bench:false-alarms -- --epochs 20000000 --model bounded --json
 *
 * It measures and does not judge. A pair lives for `--life` epochs and gives way to the next, with another way between
 * them. A member is suspected only when f + 1 of its pairs accuse at one time, so its rate is at most (n − 1) / (f + 1)
 * ≤ 3 times that of a pair.
 */
interface Tally {
  readonly model: PairModelName
  readonly seed: number
  readonly epochs: number
  readonly pairs: number
  /** Times that the record of a pair began to accuse. */
  readonly biasOnsets: number
  readonly delayOnsets: number
  /**
   * The same a pair-year; where there was none, what 3 onsets would make: the truth is below that with 95 % confidence.
   */
  readonly biasPerPairYearMax: number
  readonly delayPerPairYearMax: number
  /** How near the records came: they accuse from `BIAS_SCORE` and `SLOW_EPOCHS` on. */
  readonly highestScore: number
  readonly highestSlow: number
  readonly cpuNsPerStep: number
}

const YEAR_EPOCHS = 31_557_600

function run(name: PairModelName, epochs: number, life: number, seed: number): Tally {
  const prng = createPrng(seed)
  let model = createPairModel(prng, PAIR_MODELS[name])
  let record: LinkRecord | undefined
  let [pairs, bias, delay, highestScore, highestSlow] = [1, 0, 0, -128, 0]
  const started = process.cpuUsage()
  for (let epoch = 1; epoch <= epochs; epoch++) {
    const next = stepLink(record, model())
    if (next === undefined) throw new Error('expected a record after a reading')
    if (isBiased(next) && !isBiased(record)) bias += 1
    if (isSlow(next) && !isSlow(record)) delay += 1
    highestScore = Math.max(highestScore, next.score)
    highestSlow = Math.max(highestSlow, next.slow)
    record = next
    if (epoch % life > 0 || epoch === epochs) continue
    record = undefined
    model = createPairModel(prng, PAIR_MODELS[name])
    pairs += 1
  }
  const years = epochs / YEAR_EPOCHS
  const spent = process.cpuUsage(started)
  return {
    model: name,
    seed,
    epochs,
    pairs,
    biasOnsets: bias,
    delayOnsets: delay,
    biasPerPairYearMax: (bias === 0 ? 3 : bias) / years,
    delayPerPairYearMax: (delay === 0 ? 3 : delay) / years,
    highestScore,
    highestSlow,
    cpuNsPerStep: Math.round((spent.user * 1_000) / epochs),
  }
}

const MODELS = Object.keys(PAIR_MODELS) as readonly PairModelName[]

const values = commandLine({
  command: 'npm run -s bench:false-alarms',
  about: 'False alarms of the two detectors that are statistics, over honest pairs of members.',
  options: {
    epochs: { kind: 'number', default: 20_000_000, min: 1, isWhole: true, help: 'of all pairs together' },
    life: { kind: 'number', default: 20_000, min: 1, isWhole: true, help: 'epochs of a pair' },
    seed: { kind: 'number', default: 1, min: 0, isWhole: true, help: 'the same one gives the same pairs' },
    model: { kind: 'word', default: 'bounded', of: MODELS, help: 'how their clocks and ways are' },
    json: { kind: 'flag', help: 'one JSON object on standard output' },
  },
  examples: ['', '--epochs 2000000 --model bounded --json'],
})
const tally = run(values.model, values.epochs, values.life, values.seed)
if (values.json) console.log(JSON.stringify(tally))
else {
  console.log(`${tally.epochs} epochs of ${tally.pairs} honest pairs, model ${tally.model}:`)
  console.log(`  bias: ${tally.biasOnsets} onsets (highest score ${tally.highestScore}, accuses from ${BIAS_SCORE})`)
  console.log(`  delay: ${tally.delayOnsets} onsets (highest count ${tally.highestSlow}, accuses from ${SLOW_EPOCHS})`)
}
