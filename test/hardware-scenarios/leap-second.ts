import { families } from '../../drivers/index.ts'
import type { LeapTable } from '../../src/core/leap.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { createPrng } from '../../src/core/prng.ts'
import { NS_PER_SECOND, plus } from '../../src/core/time.ts'
import type { SourceConfig } from '../../src/fusion/source.ts'
import { taiOf } from '../support/virtual-sky.ts'
import { createInstrumentChain } from './instrument-chain.ts'
import { createJudge } from './judge.ts'
import { type Outcome, outcomeOf, type Scenario, unless } from './scenario.ts'
import { trueSky } from './skies.ts'

/** A table in which 2026 has a leap second, as no bulletin has announced. */
function withLeap(taiMinusUtcSeconds: number): LeapTable {
  const sinceUtcSecond = BigInt(Date.UTC(2026, 6, 1) / 1_000)
  return {
    ...EMBEDDED_LEAP_TABLE,
    entries: [...EMBEDDED_LEAP_TABLE.entries, { sinceUtcSecond, taiMinusUtcSeconds }],
    origin: `with a leap second in 2026, to ${taiMinusUtcSeconds} s`,
  }
}

function play(kind: string, which: string, taiMinusUtcSeconds: number, beforeS: number, afterS: number): Outcome {
  const leapAt = taiOf('2026-06-30T23:59:59')
  const truth = trueSky(plus(leapAt, -BigInt(beforeS) * NS_PER_SECOND), withLeap(taiMinusUtcSeconds))
  const config: SourceConfig = { name: 'x0', class: 'gnss', role: 'time', domain: 'gnss' }
  const chain = createInstrumentChain(createPrng(1), truth, [{ config, kind }])
  const judge = createJudge()
  let silentS = 0
  let silentSMax = 0
  let mode = 'acquiring'
  chain.run(beforeS + afterS, (reading) => {
    judge.hear(reading, truth.skyTai(reading.monoNs))
    mode = reading.mode
    // How long it went without a word around the leap second.
    silentS = reading.sources[0]?.state === 'selected' ? 0 : silentS + 1
    if (truth.skyTai(reading.monoNs) > leapAt - 10n * NS_PER_SECOND) silentSMax = Math.max(silentSMax, silentS)
  })
  return outcomeOf(`${kind}, ${which}`, judge.figures(), { 'longest without the source, s': silentSMax }, [
    unless(mode === 'locked', `expected the clock to be locked in the end, got ${mode}`),
  ])
}

export const leapSecond: Scenario = {
  name: 'leap-second',
  title: 'a leap second inserted, and one deleted, with every family',
  run: (scale) => {
    const [beforeS, afterS] = scale === 'short' ? [60, 60] : [300, 300]
    return families
      .filter(({ timeOfDay }) => timeOfDay === 'label')
      .flatMap(({ kind }) => [play(kind, 'inserted', 38, beforeS, afterS), play(kind, 'deleted', 36, beforeS, afterS)])
  },
}
