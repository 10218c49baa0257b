import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { monoNs, NS_PER_SECOND, taiNs } from '../core/time.ts'
import { createPulseCount, type PulseCount } from './pulse-count.ts'
import type { NumberingResult } from './pulse-numbering.ts'
import { createSource } from './source.ts'

const RUN_STEP_S = 1_000_000

function pulse(to: PulseCount, atS: number): NumberingResult {
  const at = monoNs(BigInt(Math.round(atS * 1e9)))
  return to.pulse({ kind: 'pulse', source: 'rb0', monoNs: at, uncertaintyNs: 40n }, 'locked')
}

/** The counted seconds of every sample and the reason of every fault. */
function told({ samples, faults }: NumberingResult): string {
  const counted = samples.map((sample) => `${Number(sample.taiNs) / 1e9}`)
  return [...faults.map(({ code }) => code.replace('count.', '')), ...counted].join(' ')
}

function counted(...atS: readonly number[]): readonly string[] {
  const count = createPulseCount({ source: 'rb0' })
  return atS.map((at) => told(pulse(count, at)))
}

describe('counting pulses without a date', () => {
  it('counts whole seconds from the first pulse, and hands on the instant, its uncertainty and the quality', () => {
    assert.deepEqual(counted(5, 6.000_01, 7.000_02), ['0', '1', '2'])
    const count = createPulseCount({ source: 'rb0' })
    const at = monoNs(5n * NS_PER_SECOND + 7n)
    const { samples } = count.pulse({ kind: 'pulse', source: 'rb0', monoNs: at, uncertaintyNs: 40n }, 'holdover')
    const expected = { monoNs: at, taiNs: 0n, accuracyNs: 0n, precisionNs: 40n, quality: 'holdover' }
    assert.deepEqual(samples, [{ kind: 'time', source: 'rb0', ...expected }])
  })

  it('counts over a gap by rounding', () => {
    assert.deepEqual(counted(1, 2, 30.000_5, 31.000_5), ['0', '1', '29', '30'])
    assert.deepEqual(counted(1, 2, 2_002.09, 2_003.09), ['0', '1', '2001', '2002'])
  })

  it('begins a new run when nobody can tell how many seconds passed', () => {
    const [, , late, next] = counted(1, 2, 9_002, 9_003)
    assert.equal(late, `gap ${1 + RUN_STEP_S + 9_000}`)
    assert.equal(next, `${2 + RUN_STEP_S + 9_000}`)
  })

  it('refuses a pulse near the half of a second, a doubled one and one that is off, and goes on', () => {
    assert.deepEqual(counted(1, 2, 2.4, 2.5, 2.6, 3), ['0', '1', 'ambiguous', 'ambiguous', 'ambiguous', '2'])
    assert.deepEqual(counted(1, 2, 2.3, 3), ['0', '1', 'doubled', '2'])
    assert.deepEqual(counted(1, 2, 2.7, 3), ['0', '1', 'off-second', '2'])
    assert.deepEqual(counted(1, 2, 1.7, 3), ['0', '1', 'backwards', '2'])
  })

  it('begins a new run with the third pulse in a row that misses the seconds and agrees with its neighbours', () => {
    const run = counted(1, 2, 3.25, 4.25, 5.25, 6.25)
    assert.deepEqual(run.slice(2, 4), ['off-second', 'off-second'])
    assert.equal(run[4], `restarted ${1 + RUN_STEP_S + 3}`)
    assert.equal(run[5], `${2 + RUN_STEP_S + 3}`)
    assert.deepEqual(counted(1, 2, 3.25, 3.8, 4.35).slice(2), ['off-second', 'off-second', 'off-second'])
  })

  it('never gives a number twice or out of order, and never throws, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: -(10n ** 13n), max: 10n ** 13n }), { maxLength: 60 }), (steps) => {
        const count = createPulseCount({ source: 'rb0' })
        let at = 0n
        let before = taiNs(-1n)
        for (const step of steps) {
          at += step
          const { samples } = count.pulse(
            { kind: 'pulse', source: 'rb0', monoNs: monoNs(at), uncertaintyNs: 1n },
            'locked',
          )
          for (const sample of samples) {
            assert.ok(sample.taiNs > before)
            before = sample.taiNs
          }
        }
      }),
    )
  })

  it('shows a new run to whoever follows the clock: its carrier has another number', () => {
    const source = createSource({ name: 'rb0', class: 'rubidium', role: 'frequency', domain: 'rb0' }, 200)
    const count = createPulseCount({ source: 'rb0' })
    const runAt = (atS: number): number | undefined => {
      const word = source.hear(monoNs(BigInt(Math.round(atS * 1e9))))
      return word.kind === 'word' ? word.carrier.run : undefined
    }
    for (let s = 1; s <= 20; s++) for (const sample of pulse(count, s).samples) source.observe(sample)
    const first = runAt(20.5)
    assert.ok(first !== undefined)
    for (let s = 21; s <= 30; s++) for (const sample of pulse(count, s + 0.3).samples) source.observe(sample)
    assert.ok((runAt(30.5) ?? 0) > first)
  })
})
