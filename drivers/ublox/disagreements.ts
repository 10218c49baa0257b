import type { Fault } from '../../src/core/fault.ts'
import type { LeapTable } from '../../src/core/leap.ts'
import { between, NS_PER_SECOND, type TaiNs } from '../../src/core/time.ts'
import type { Burst } from './burst.ts'
import { type Arrival, shownUtc, type TimeReading } from './time-reading.ts'

interface ToldSecond {
  readonly second: TaiNs
  readonly arrival: Arrival
}

/** What a receiver told in other ways around the same time, as far as it is recent. */
interface Others {
  readonly readings: readonly TimeReading[]
  readonly sentence: (ToldSecond & { readonly address: string }) | undefined
  readonly announced: ToldSecond | undefined
}

/** Where one receiver contradicts itself. Faults: `ublox.disagree`, `gnss.leap-mismatch`. */
export interface Disagreements {
  ofReading(reading: TimeReading, others: Others): readonly Fault[]
  ofSentence(sentence: ToldSecond & { readonly address: string }, epoch: TimeReading): readonly Fault[]
}

export function findDisagreements(table: LeapTable, burst: Burst): Disagreements {
  const disagree = (from: string, expected: string, second: TaiNs): Fault => ({
    code: 'ublox.disagree',
    message: `${from}: expected ${expected}, got ${shownUtc(table, second)}`,
  })

  /** Which of the two comes first in a burst differs: without a rest on the line, the later may be of the next second. */
  const follows = (earlier: ToldSecond, later: ToldSecond): boolean => {
    const aheadS = between(earlier.second, later.second) / NS_PER_SECOND
    if (aheadS !== 1n) return aheadS === 0n
    return !burst.includes(earlier.arrival.firstByteAt) || !burst.includes(later.arrival.firstByteAt)
  }

  /** UTC and GPS time of one epoch differ by the leap seconds; on TAI they are the same when the table has as many. */
  const ofScales = (reading: TimeReading, readings: readonly TimeReading[]): Fault[] => {
    const other = readings.find((it) => it.scale !== reading.scale && it.iTowMs === reading.iTowMs)
    if (other === undefined || other.second === reading.second) return []
    const [gps, utc] = reading.scale === 'gps' ? [reading, other] : [other, reading]
    const offS = between(gps.second, utc.second) / NS_PER_SECOND
    const expected = `${shownUtc(table, gps.second)}, which ${gps.from} is by the leap table`
    return [{ code: 'gnss.leap-mismatch', message: `${utc.from}: expected ${expected}, got a time ${offS} s off` }]
  }

  return {
    ofReading(reading, { readings, sentence, announced }) {
      const faults = ofScales(reading, readings)
      if (sentence !== undefined && !follows(sentence, reading)) {
        const expected = `${shownUtc(table, sentence.second)} as in ${sentence.address}`
        faults.push(disagree(reading.from, expected, reading.second))
      }
      if (announced === undefined) return faults
      const untilS = between(reading.second, announced.second) / NS_PER_SECOND
      if (untilS !== 0n && untilS !== 1n) {
        const expected = `the second of TIM-TP, ${shownUtc(table, announced.second)}, or the one before`
        faults.push(disagree(reading.from, expected, reading.second))
      }
      return faults
    },
    ofSentence: (sentence, epoch) =>
      follows(epoch, sentence)
        ? []
        : [disagree(sentence.address, `${shownUtc(table, epoch.second)} as in ${epoch.from}`, sentence.second)],
  }
}
