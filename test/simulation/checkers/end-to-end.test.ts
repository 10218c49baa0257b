import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Scenario } from '../run/scenario-of-seed.ts'
import { SIGNATURES } from '../run/signatures.ts'
import { simulateSeed } from '../run/simulate.ts'
import type { Hardware } from '../world/hardware.ts'
import type { Violation } from './problem.ts'

/** What a whole run shows when something is planted of which the checkers know nothing. */
async function violationsOf(plant: (scenario: Scenario) => Scenario): Promise<readonly Violation[]> {
  const signatures = SIGNATURES['keyed-hash']()
  const options = {
    n: 4,
    seed: 1,
    epochs: 6,
    adversary: undefined,
    calm: true,
    memo: 'on' as const,
    signatures,
    trace: undefined,
  }
  const { problems } = await simulateSeed({ ...options, plant })
  return [...new Set(problems.map(({ violation }) => violation))]
}

/** Off by 50 ms, and as sure of itself as before. */
function wrong(hardware: Hardware): Hardware {
  return {
    ...hardware,
    at: (second) => {
      const word = hardware.at(second)
      return word && { ...word, errorNs: word.errorNs + 50_000_000 }
    },
  }
}

test('a calm run shows nothing', async () => {
  assert.deepEqual(await violationsOf((scenario) => scenario), [])
})

test('one wrong node clock of four moves nobody; two are seen as frames that miss the truth', async () => {
  const plant =
    (count: number) =>
    (scenario: Scenario): Scenario => ({
      ...scenario,
      hardware: scenario.hardware.map((hardware, id) => (id < count ? wrong(hardware) : hardware)),
    })
  // The hull of those that the checkers take for right has become wide; the truth is in every region still.
  assert.deepEqual(await violationsOf(plant(1)), [])
  assert.ok((await violationsOf(plant(2))).includes('containmentViolations'))
})

test('an oscillator that runs faster than any crystal breaks what ranging clocks promise, and frames show it', async () => {
  const violations = await violationsOf((scenario) => ({
    ...scenario,
    oscillators: scenario.oscillators.map((oscillator) => ({
      ...oscillator,
      at: (virtual) => oscillator.at((virtual + virtual / 1_000n) as typeof virtual),
      whenShows: (local) => ((oscillator.whenShows(local) * 1_000n) / 1_001n) as typeof local,
    })),
  }))
  assert.ok(violations.includes('containmentViolations'))
})

test('a network that never heals is a stall', async () => {
  const network = { arrivals: () => [], reaches: () => true, forecast: 'nothing arrives' }
  assert.deepEqual(await violationsOf((scenario) => ({ ...scenario, network })), ['stalls'])
})

test('half of the members cut off for good is a stall, and no fork', async () => {
  const violations = await violationsOf((scenario) => ({
    ...scenario,
    network: {
      ...scenario.network,
      arrivals: (from, to, now) => (from < 2 === to < 2 ? scenario.network.arrivals(from, to, now) : []),
    },
  }))
  assert.deepEqual(violations, ['stalls'])
})
