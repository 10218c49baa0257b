import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { monoNs, NS_PER_SECOND } from '../core/time.ts'
import { type ClusterObservation, createClusterState } from './cluster-state.ts'

/** A machine of a cluster of four, observed once a second; `seen` changes what is well otherwise. */
function setUp(): {
  see(seconds: number, seen?: Partial<Omit<ClusterObservation, 'now'>>): readonly string[]
  state(): string
  reason(): string
} {
  const machine = createClusterState({ epochPeriodNs: NS_PER_SECOND, peersNeeded: 2, start: monoNs(0n) })
  let now = 0n
  return {
    see: (seconds, seen = {}) => {
      const changes: string[] = []
      for (let second = 0; second < seconds; second++) {
        now += NS_PER_SECOND
        const change = machine.observe({
          now: monoNs(now),
          certificateAgeNs: NS_PER_SECOND / 2n,
          origin: 'certified',
          peersUp: 3,
          missing: 0,
          settled: true,
          ...seen,
        })
        if (change !== undefined) changes.push(`${change.from} → ${change.state}`)
      }
      return changes
    },
    state: () => machine.standing.state,
    reason: () => machine.standing.reason,
  }
}

const NONE = { certificateAgeNs: undefined, origin: undefined } as const
const stale = (epochs: bigint): Pick<ClusterObservation, 'certificateAgeNs'> => ({
  certificateAgeNs: epochs * NS_PER_SECOND,
})

describe('the state of an appliance in its cluster', () => {
  it('begins as rejoining, and is synced when certificates have steered for three epochs', () => {
    const { see, state, reason } = setUp()
    assert.deepEqual(see(5, NONE), [])
    assert.deepEqual([state(), reason()], ['rejoining', 'no certificate since the start'])
    assert.deepEqual(see(3), [])
    assert.deepEqual(see(1), ['rejoining → synced'])
    assert.deepEqual(see(100), [])
  })

  it('goes the whole way through a partition and back', () => {
    const { see, reason } = setUp()
    see(10)
    assert.deepEqual(see(1, { peersUp: 1 }), ['synced → degraded'])
    assert.equal(reason(), '1 peers are up, and it takes 2 to certify')
    assert.deepEqual(see(6, { peersUp: 1, ...stale(7n) }), [])
    const cut = { peersUp: 1, ...stale(11n), origin: 'own-hardware' } as const
    assert.deepEqual(see(1, cut), ['degraded → hardware-fallback'])
    assert.equal(reason(), 'no certificate has steered for 11 epochs')
    assert.deepEqual(see(50, { ...cut, ...stale(60n) }), [])
    assert.deepEqual(see(1, { missing: 49, settled: false }), ['hardware-fallback → rejoining'])
    assert.deepEqual(see(5, { missing: 20, settled: false }), [])
    assert.equal(reason(), '20 missed decisions are being fetched')
    assert.deepEqual(see(5, { settled: false }), [])
    assert.equal(reason(), 'the served clock slews into the certified interval')
    assert.deepEqual(see(1), ['rejoining → synced'])
  })

  it('is not moved by one or two epochs without a certificate, and not back by one with', () => {
    const { see, state } = setUp()
    see(10)
    assert.deepEqual(see(3, stale(4n)), [])
    assert.deepEqual(see(1, stale(5n)), ['synced → degraded'])
    for (let turn = 0; turn < 10; turn++) {
      assert.deepEqual(see(2), [])
      assert.deepEqual(see(1, stale(3n)), [])
    }
    assert.equal(state(), 'degraded')
    assert.deepEqual(see(3), [])
    assert.deepEqual(see(1), ['degraded → synced'])
  })

  it('follows the served origin, whatever is known of peers', () => {
    const { see } = setUp()
    see(10)
    assert.deepEqual(see(1, { origin: 'own-hardware' }), ['synced → hardware-fallback'])
    assert.deepEqual(see(1), ['hardware-fallback → rejoining'])
    assert.deepEqual(see(1, { origin: 'own-hardware' }), ['rejoining → hardware-fallback'])
  })

  it('falls back from a start that found no cluster, and says when not even the hardware gives time', () => {
    const { see, reason } = setUp()
    see(9, NONE)
    assert.deepEqual(see(1, { ...NONE, origin: 'own-hardware' }), ['rejoining → hardware-fallback'])
    assert.equal(reason(), 'no certificate since the start')
    const { see: seeOther, reason: reasonOther } = setUp()
    seeOther(10)
    assert.deepEqual(seeOther(1, { origin: undefined, ...stale(20n) }), ['synced → hardware-fallback'])
    assert.match(reasonOther(), /nothing is served$/)
  })
})
