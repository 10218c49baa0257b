import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultOf, unwrap } from '../../../test/support/results.ts'
import { ok } from '../../core/fault.ts'
import { createPrng } from '../../core/prng.ts'
import { type AgentView, compare } from './common-view.ts'

interface Instant {
  readonly delayNs?: bigint
  /** Source − node clock; undefined: not heard. */
  readonly offsetNs: bigint | undefined
}

/** An agent whose node clock wanders, with a reference that is right and a source that says what `at` gives it. */
function agent(at: (second: number) => Instant): AgentView & { readonly asked: () => number } {
  let second = 0
  let paused = 0
  return {
    asked: () => second,
    sources: () => {
      assert.equal(paused, second, 'one pause before each question but the first')
      const { delayNs = 0n, offsetNs } = at(second)
      const wanderNs = BigInt(second % 37)
      second += 1
      const told = (name: string, ns: bigint | undefined, delay?: bigint): object => ({
        name,
        ...(delay === undefined ? {} : { delayNs: String(delay) }),
        ...(ns === undefined ? {} : { offsetNs: String(ns - wanderNs) }),
      })
      const sources = [told('ref', 0n, 12n), told('gnss1', offsetNs, delayNs), told('nopulse', 5n)]
      return Promise.resolve(ok(JSON.stringify({ node: 'ts0', sources })))
    },
    pause: () => {
      paused += 1
      return Promise.resolve()
    },
  }
}

const VIEW = { source: 'gnss1', against: 'ref', seconds: 120 }

test('pulses that come 77 ns late say 77 ns less, whatever the node clock does', async () => {
  const prng = createPrng(1)
  const late = agent(() => ({ offsetNs: BigInt(Math.round(-77 + 3 * prng.nextNormal())) }))
  const { delayNs, estimate } = unwrap(await compare(VIEW, late))
  assert.ok(Math.abs(delayNs - 77) <= 2, String(delayNs))
  assert.equal(estimate.count, 120)
  assert.equal(late.asked(), 120)
})

test('what is taken off already is part of the delay', async () => {
  const { delayNs } = unwrap(
    await compare(
      VIEW,
      agent(() => ({ delayNs: 60n, offsetNs: -17n })),
    ),
  )
  assert.equal(delayNs, 77)
})

test('seconds in which one is not heard are left out, and too many of them are a fault', async () => {
  const sometimes = agent((second) => ({ offsetNs: second % 3 === 0 ? undefined : -77n }))
  assert.equal(unwrap(await compare(VIEW, sometimes)).estimate.count, 80)
  const seldom = agent((second) => ({ offsetNs: second % 3 === 0 ? -77n : undefined }))
  const fault = faultOf(await compare(VIEW, seldom))
  assert.equal(fault.code, 'calibration.unheard')
  assert.match(fault.message, /got both in 40 of 120 seconds$/)
})

test('an unknown source, one without pulses, and a delay that changes meanwhile are faults', async () => {
  const steady = () => agent(() => ({ offsetNs: 0n }))
  for (const view of [
    { ...VIEW, source: 'gnss9' },
    { ...VIEW, against: 'nopulse' },
  ]) {
    const fault = faultOf(await compare(view, steady()))
    assert.equal(fault.code, 'calibration.source')
    assert.match(fault.message, /\(ref, gnss1\), got "(gnss9|nopulse)"$/)
  }
  const moved = agent((second) => ({ delayNs: second < 5 ? 0n : 77n, offsetNs: 0n }))
  assert.equal(faultOf(await compare(VIEW, moved)).code, 'calibration.moved')
})
