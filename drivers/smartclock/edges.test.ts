import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { type MonoNs, monoNs } from '../../src/core/time.ts'
import { taiOf } from '../../test/support/virtual-sky.ts'
import { type EdgeReader, type NamedEdge, readEdge } from './edges.ts'
import { checksum, parseTimeCode } from './time-code.ts'

function reader(): EdgeReader {
  return { table: EMBEDDED_LEAP_TABLE, floor: taiOf('2025-01-01T00:00:00'), repairs: false, last: undefined }
}

function at(ms: number): MonoNs {
  return monoNs(BigInt(ms) * 1_000_000n)
}

/** What the reader makes of a T2 code at this second past noon, heard at this millisecond. */
function read(edges: EdgeReader, second: number, ms: number): NamedEdge {
  const body = `T2202601151200${String(second).padStart(2, '0')}30000`
  const code = parseTimeCode(body + checksum(body))
  assert.ok(code.ok)
  const edge = readEdge(edges, code.value, at(ms))
  assert.ok(edge.ok)
  return edge.value
}

/** The pace of codes heard one after the other, with the codes of their faults. */
function paces(...codes: readonly (readonly [second: number, ms: number])[]): readonly string[] {
  const edges = reader()
  return codes.map(([second, ms]) => {
    const { pace, faults } = read(edges, second, ms)
    return [pace, ...faults.map(({ code }) => code)].join(' ')
  })
}

test('codes that go on with time are steady, with gaps and the jitter of the tick', () => {
  assert.deepEqual(paces([1, 500], [2, 1500], [3, 2560], [4, 3440], [9, 8500]), Array(5).fill('steady'))
})

test('a code that has waited on the way is not believed, and the next one in time is', () => {
  assert.deepEqual(paces([1, 500], [2, 1900], [3, 2500]), ['steady', 'late smartclock.late-code', 'steady'])
})

test('a second too many or too few is a step, for one code', () => {
  assert.deepEqual(paces([1, 500], [3, 1500], [4, 2500]), ['steady', 'stepped smartclock.time-step', 'steady'])
  assert.deepEqual(paces([2, 500], [2, 2500], [3, 3500]), ['steady', 'stepped smartclock.stuck-second', 'steady'])
  assert.deepEqual(paces([9, 500], [2, 1500]), ['steady', 'stepped smartclock.time-step'])
})

test('after a long silence the two clocks are not compared', () => {
  assert.deepEqual(paces([1, 500], [2, 700_000]), ['steady', 'steady'])
})

test('a fault says from where, by how much and to where', () => {
  const edges = reader()
  read(edges, 1, 500)
  const [fault] = read(edges, 5, 1500).faults
  assert.equal(fault?.message, 'expected to go on from 2026-01-15T12:00:01 by 1000 ms, got 2026-01-15T12:00:05')
})
