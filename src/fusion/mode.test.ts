import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type ClockMode, clockClassOf, MODE_LIMITS, nextMode } from './mode.ts'

const { lockNs, unlockNs, holdoverNs } = MODE_LIMITS

function carried(boundNs: bigint): Parameters<typeof nextMode>[1] {
  return { sourcesBoundNs: boundNs, boundNs }
}

function alone(boundNs: bigint | undefined): Parameters<typeof nextMode>[1] {
  return { sourcesBoundNs: undefined, boundNs }
}

function run(steps: readonly Parameters<typeof nextMode>[1][]): readonly ClockMode[] {
  const modes: ClockMode[] = []
  let mode: ClockMode = 'acquiring'
  for (const step of steps) {
    mode = nextMode(mode, step)
    modes.push(mode)
  }
  return modes
}

describe('the mode of the node clock', () => {
  it('goes from acquiring through locked and holdover to free-running, and locks again', () => {
    const steps = [
      alone(undefined),
      carried(lockNs + 1n),
      carried(lockNs),
      alone(holdoverNs),
      alone(holdoverNs + 1n),
      carried(1n),
    ]
    assert.deepEqual(run(steps), ['acquiring', 'acquiring', 'locked', 'holdover', 'free-running', 'locked'])
  })

  it('stays locked between the two limits and does not lock there', () => {
    const between = carried(unlockNs)
    assert.deepEqual(run([between, carried(lockNs), between, carried(unlockNs + 1n), between]), [
      'acquiring',
      'locked',
      'locked',
      'free-running',
      'free-running',
    ])
  })

  it('changes at most once while a bound swings inside the hysteresis, however often', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: lockNs + 1n, max: unlockNs }), { maxLength: 40 }), (bounds) => {
        const modes = run([carried(lockNs), ...bounds.map(carried)])
        assert.deepEqual(new Set(modes), new Set(['locked']))
      }),
    )
  })

  it('is holdover when a poor source is left and the flywheel alone keeps the bound', () => {
    assert.equal(nextMode('locked', { sourcesBoundNs: 100_000_000n, boundNs: 5_000n }), 'holdover')
    assert.equal(nextMode('locked', { sourcesBoundNs: 500n, boundNs: 20_000_000n }), 'free-running')
  })

  it('never acquires again, and leaves free-running only by sources', () => {
    const modes = fc.constantFrom<ClockMode>('locked', 'holdover', 'free-running')
    const bound = fc.option(fc.bigInt({ min: 0n, max: 3_000_000n }), { nil: undefined })
    fc.assert(
      fc.property(modes, bound, bound, (mode, sourcesBoundNs, boundNs) => {
        const next = nextMode(mode, { sourcesBoundNs, boundNs })
        assert.notEqual(next, 'acquiring')
        if (mode === 'free-running' && sourcesBoundNs === undefined) assert.equal(next, 'free-running')
        if (next === 'locked') assert.ok(boundNs !== undefined && boundNs <= unlockNs)
        if (next === 'holdover') assert.ok(boundNs !== undefined && boundNs <= holdoverNs)
      }),
    )
  })

  it('names the PTP clockClass of every mode', () => {
    const modes = ['acquiring', 'locked', 'holdover', 'free-running'] as const
    assert.deepEqual(modes.map(clockClassOf), [248, 6, 7, 52])
  })
})
