import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { raisedBits } from './alarm-bits.ts'
import { parseHeaders, parseSteer, parseTelemetry } from './protocol.ts'

/** Section 3.4.3.1 of the user guide, revision D. */
const HEADERS = 'Status,Alarm,SN,Mode,Contrast,LaserI,TCXO,HeatP,Sig,Temp,Steer,ATune,Phase,DiscOK,TOD,LTime,Ver'
/** Telemetry of a unit of 2022 in the acquisition of its laser, as it stands in the tests of another program. */
const OTHERS = '5,0x0000,2203CS77980,0x0001,3452,1.05,1.492,10.69,1.339,27.54,624,---,---,---,259922,259824,1.09'

function headersOf(line: string): readonly string[] {
  const headers = parseHeaders(line)
  assert.ok(headers.ok)
  return headers.value
}

test('telemetry is read by the names of its headers, whatever their order', () => {
  const headers = headersOf(HEADERS)
  const read = parseTelemetry(OTHERS, headers)
  assert.ok(read.ok)
  assert.deepEqual(read.value.strange, [])
  assert.equal(read.value.values.size, 17)
  assert.equal(read.value.values.get('SN'), '2203CS77980')
  assert.equal(read.value.values.get('Steer'), '624')
  const backwards = parseTelemetry(OTHERS.split(',').reverse().join(','), [...headers].reverse())
  assert.ok(backwards.ok)
  assert.deepEqual(backwards.value.values, read.value.values)
})

test('a header that nobody knows is passed over, and too many or too few fields are none', () => {
  const read = parseTelemetry(`${OTHERS},42`, headersOf(`${HEADERS},Extra`))
  assert.ok(read.ok && read.value.values.size === 17)
  assert.ok(!parseTelemetry(OTHERS, headersOf(`${HEADERS},Extra`)).ok)
  assert.ok(!parseTelemetry('', headersOf(HEADERS)).ok)
})

test('a field that has not its form is told by its name, and the others are read', () => {
  const read = parseTelemetry(OTHERS.replace('27.54', '27,5').replace('27,5', '275'), headersOf(HEADERS))
  assert.ok(read.ok)
  assert.deepEqual(read.value.strange, ['Temp=275'])
  assert.equal(read.value.values.size, 16)
})

test('headers are names, each once, with those without which nothing can be judged', () => {
  for (const line of ['', 'Status,Alarm,SN', OTHERS, `${HEADERS},SN`, HEADERS.replace('Mode', 'M de')]) {
    const headers = parseHeaders(line)
    assert.ok(!headers.ok && headers.fault.code === 'csac.headers', line)
  }
})

test('the answers of the guide to the steering commands', () => {
  assert.equal(parseSteer('Steer = -123'), -123)
  assert.equal(parseSteer('Steer = 0'), 0)
  for (const line of ['Steer=-123', 'Steer = ', 'Steer = 1.5', '-123', '']) assert.equal(parseSteer(line), undefined)
})

test('every bit that the guide names is an alarm of its own, every other one is unnamed', () => {
  for (let bit = 0; bit < 16; bit++) {
    const raised = raisedBits(1 << bit)
    assert.equal(raised.length, 1)
    assert.equal(raised[0]?.code === 'csac.unnamed-alarm', bit === 3 || bit === 15)
  }
  assert.deepEqual(raisedBits(0), [])
})

test('property: any line is read or refused, none throws', () => {
  const headers = headersOf(HEADERS)
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 3_000 }), (line) => {
      parseHeaders(line)
      parseTelemetry(line, headers)
      parseSteer(line)
    }),
  )
})

test('property: one field of any content changes that field alone', () => {
  const headers = headersOf(HEADERS)
  const fields = OTHERS.split(',')
  fc.assert(
    fc.property(fc.nat(16), fc.string({ maxLength: 20 }), (index, text) => {
      const read = parseTelemetry(fields.with(index, text.replaceAll(',', '')).join(','), headers)
      assert.ok(read.ok)
      assert.ok(read.value.values.size + read.value.strange.length === 17)
      for (const [at, name] of headers.entries()) {
        if (at !== index) assert.equal(read.value.values.get(name as 'SN'), fields[at])
      }
    }),
  )
})
