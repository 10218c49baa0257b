import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createThermometer, type Thermometer } from './thermometer.ts'
import { at } from './virtual-appliance-fixture.ts'

/** Says so every ten seconds from one second to another. */
function say(thermometer: Thermometer, fromS: number, untilS: number, celsius: (s: number) => number): void {
  for (let s = fromS; s < untilS; s += 10) thermometer.hear(at(s), celsius(s))
}

/** Warmer by a tenth of a degree every minute for half an hour, and back. */
const swaying = (s: number): number => 25 + Math.abs((Math.floor(s / 60) % 60) - 30) / 10

describe('a thermometer', () => {
  it('sums up temperature over time, and what lies beyond the range apart', () => {
    const thermometer = createThermometer()
    thermometer.hear(at(0), 20)
    thermometer.hear(at(10), 21)
    assert.deepEqual(thermometer.read(at(20)), {
      run: 1,
      celsius: 21,
      believed: false,
      sumKs: 410,
      believedS: 0,
      heldKs: 0,
      beyondKs: 0,
    })
    thermometer.hear(at(20), 21.5)
    thermometer.believe({ loC: 20, hiC: 21 })
    const later = thermometer.read(at(30))
    assert.deepEqual([later.believed, later.believedS, later.heldKs, later.beyondKs], [true, 10, 210, 5])
  })

  it('is silent after a quarter of an hour, and not believed when it comes back', () => {
    const thermometer = createThermometer()
    say(thermometer, 0, 3_600, swaying)
    thermometer.believe({ loC: 25, hiC: 30 })
    const before = thermometer.read(at(3_600)).believedS
    assert.equal(thermometer.read(at(3_590 + 900)).believed, true)
    const silent = thermometer.read(at(3_590 + 901))
    assert.deepEqual([silent.celsius, silent.believed], [undefined, false])
    say(thermometer, 9_000, 9_600, swaying)
    const back = thermometer.read(at(9_600))
    assert.deepEqual([back.run, back.believed], [2, false])
    assert.equal(back.believedS - before, 890)
  })

  it('is stuck when it shows one value for far longer than it ever did', () => {
    const thermometer = createThermometer()
    say(thermometer, 0, 7_200, swaying)
    thermometer.believe({ loC: 25, hiC: 30 })
    say(thermometer, 7_200, 40_000, () => 26)
    const stuck = thermometer.read(at(40_000))
    assert.deepEqual([stuck.celsius, stuck.believed], [undefined, false])
    assert.ok(stuck.believedS <= 3_700)
    // One that shows whole degrees for two hours each is not.
    const coarse = createThermometer()
    say(coarse, 0, 86_400, (s) => 25 + (Math.floor(s / 7_200) % 3))
    assert.ok(coarse.read(at(86_400)).celsius !== undefined)
  })

  it('jumps when it changes by far more than it ever did', () => {
    const thermometer = createThermometer()
    say(thermometer, 0, 2_000, swaying)
    thermometer.believe({ loC: 25, hiC: 30 })
    say(thermometer, 2_000, 2_100, (s) => swaying(s) + 6)
    assert.equal(thermometer.read(at(2_100)).believed, false)
  })

  it('holds against any readings: sums are finite, what is believed never exceeds the time, nothing throws', () => {
    const reading = fc.record({ after: fc.double({ min: -50, max: 5_000, noNaN: true }), celsius: fc.double() })
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 60 }), fc.integer({ min: 0, max: 60 }), (readings, believedFrom) => {
        const thermometer = createThermometer()
        let now = 10_000
        for (const [index, { after, celsius }] of readings.entries()) {
          if (index === believedFrom) thermometer.believe({ loC: 10, hiC: 40 })
          now = Math.max(0, now + after)
          thermometer.hear(at(now), celsius)
          const { sumKs, believedS, heldKs, beyondKs } = thermometer.read(at(now + 100))
          assert.ok([sumKs, believedS, heldKs, beyondKs].every(Number.isFinite))
          assert.ok(believedS >= 0 && beyondKs >= 0)
          assert.ok(heldKs >= 10 * believedS - 1e-6 && heldKs <= 40 * believedS + 1e-6)
        }
      }),
    )
  })
})
