import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { playScenario } from './play-scenario.ts'
import { readScenario } from './read-scenario.ts'
import type { Scenario } from './step.ts'

const FOLDER = import.meta.dirname
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith('.txt'))
const SEEDS = [1, 2, 3]

function read(file: string, text: string): Scenario {
  const scenario = readScenario(file, text)
  assert.ok(scenario.ok, scenario.ok ? '' : scenario.fault.message)
  return scenario.value
}

describe('the scenarios', () => {
  it('are there', () => {
    assert.ok(FILES.length >= 15, FILES.join())
  })
  for (const file of FILES) {
    it(`${file} comes out as it says`, async () => {
      const scenario = read(file, readFileSync(join(FOLDER, file), 'utf8'))
      for (const seed of SEEDS) assert.deepEqual(await playScenario({ ...scenario, seed }), [], `seed ${seed}`)
    })
  }
})

describe('the player', () => {
  it('says where, what was expected and what came', async () => {
    const problems = await playScenario(
      read('tale.txt', 'at 2.990 kill leader\n\nby 3.100 epoch 3 at survivors\nby 3.100 epoch 2 is missing at n0\n'),
    )
    assert.equal(problems.length, 2)
    assert.match(problems[0] ?? '', /^tale\.txt:3: expected "by 3\.100 epoch 3 at survivors", got n\d with epochs 1, 2/)
    assert.match(
      problems[1] ?? '',
      /^tale\.txt:4: expected "by 3\.100 epoch 2 is missing at n0", got n0 with epochs 1, 2/,
    )
  })

  it('finds that nobody was convicted who should have been', async () => {
    const problems = await playScenario(read('tale.txt', 'by 2.500 n1 is convicted of conflicting-block\n'))
    assert.deepEqual(problems, [
      'tale.txt:1: expected "by 2.500 n1 is convicted of conflicting-block", got nobody convicted',
    ])
  })
})

describe('the reader', () => {
  const faultOf = (text: string): string => {
    const scenario = readScenario('tale.txt', text)
    return scenario.ok ? '' : scenario.fault.message
  }

  it('refuses a line that says something else, with what can be said', () => {
    assert.match(
      faultOf('at 1.000 kill leader\nat 2.000 hug n1\n'),
      /^tale\.txt:2: expected members N; .*; got "at 2\.000 hug n1"$/,
    )
    assert.match(faultOf('at soon kill n1\n'), /^tale\.txt:1: expected .*; got "at soon kill n1"$/)
  })

  it('refuses steps out of order, and a scenario without any', () => {
    assert.match(
      faultOf('at 2.000 heal\nat 1.000 heal\n'),
      /^tale\.txt:2: expected an instant not before that of line 1/,
    )
    assert.equal(faultOf('# nothing\n'), 'tale.txt: expected steps, got none')
  })
})
