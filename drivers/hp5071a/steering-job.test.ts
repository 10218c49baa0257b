import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSteeringJob, type SteeringJob } from './steering-job.ts'

type Answer = readonly [line: string | undefined, errorCode: number] | 'interrupted'

/** The commands that a job sends, answered one after the other. */
function commands(job: SteeringJob, ...answers: readonly Answer[]): readonly string[] {
  const sent: string[] = []
  for (const answer of answers) {
    const request = job.next()
    if (request === undefined) break
    sent.push(request.command)
    if (answer === 'interrupted') job.interrupted()
    else job.answered(...answer)
  }
  return [...sent, ...(job.next() === undefined ? [] : ['…'])]
}

const TAKEN = [undefined, 0] as const
const SET = 'ROSC:STE 1.500E-13'

test('REMOTE is taken, the offset set and read back, and REMOTE left', () => {
  const job = createSteeringJob(150)
  const sent = commands(job, ['0', 0], TAKEN, TAKEN, ['+1.500E-013', 0], TAKEN)
  assert.deepEqual(sent, ['SYST:REM?', 'SYST:REM ON', SET, 'ROSC:STE?', 'SYST:REM OFF'])
  assert.equal(job.refusedBy(), 0)
})

test('REMOTE that somebody else has taken is left to them', () => {
  const sent = commands(createSteeringJob(150), ['1', 0], TAKEN, ['+1.500E-013', 0], TAKEN)
  assert.deepEqual(sent, ['SYST:REM?', SET, 'ROSC:STE?'])
})

test('a refusal with +201 is told, and REMOTE given back all the same', () => {
  const job = createSteeringJob(150)
  const sent = commands(job, ['0', 0], TAKEN, [undefined, 201], TAKEN)
  assert.deepEqual(sent, ['SYST:REM?', 'SYST:REM ON', SET, 'SYST:REM OFF'])
  assert.equal(job.refusedBy(), 201)
})

test('an older error under the prompt is no refusal', () => {
  const job = createSteeringJob(150)
  commands(job, ['0', -113], [undefined, -113], [undefined, -113], ['+1.500E-013', -113], [undefined, -113])
  assert.equal(job.refusedBy(), 0)
  assert.equal(job.next(), undefined)
})

test('a line that comes apart leaves REMOTE, wherever that was', () => {
  assert.deepEqual(commands(createSteeringJob(150), ['0', 0], 'interrupted', TAKEN), [
    'SYST:REM?',
    'SYST:REM ON',
    'SYST:REM OFF',
  ])
  const job = createSteeringJob(150)
  assert.deepEqual(commands(job, ['0', 0], TAKEN, 'interrupted', 'interrupted', TAKEN), [
    'SYST:REM?',
    'SYST:REM ON',
    SET,
    'SYST:REM OFF',
    'SYST:REM OFF',
  ])
  assert.equal(job.refusedBy(), -1)
})

test('a job does not go on for ever', () => {
  const sent = commands(createSteeringJob(150), ['0', 0], ...Array.from({ length: 9 }, () => 'interrupted' as const))
  assert.ok(sent.length <= 6 && !sent.includes('…'), sent.join())
})
