import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ROOT } from '../tools/project-files.ts'
import { MUTANTS } from './all-mutants.ts'
import { mutate } from './mutant.ts'

/** `npm run mutants` takes minutes; that its table fits the source is seen here in no time. */
describe('the table of mutants', () => {
  it('has many, each with a name of its own', () => {
    assert.ok(MUTANTS.length >= 25, `got ${MUTANTS.length}`)
    assert.equal(new Set(MUTANTS.map(({ name }) => name)).size, MUTANTS.length)
  })

  it('names tests that exist, of which every one has to be killed', () => {
    for (const { name, killers } of MUTANTS) {
      assert.ok(killers.length > 0, name)
      for (const killer of killers) assert.ok(existsSync(join(ROOT, killer)), `${name}: ${killer}`)
    }
  })

  it('fits the source: every text that it replaces stands there exactly once', () => {
    const problems = MUTANTS.flatMap(({ name, edits }) => {
      const sources = new Map<string, string>()
      return edits.flatMap((edit) => {
        const mutated = mutate(sources.get(edit.file) ?? readFileSync(join(ROOT, edit.file), 'utf8'), edit)
        if ('problem' in mutated) return [`${name}: ${mutated.problem}`]
        sources.set(edit.file, mutated.text)
        return []
      })
    })
    assert.deepEqual(problems, [])
  })
})

describe('mutate', () => {
  const edit = { file: 'a.ts', find: 'a < b', replace: 'a <= b' }

  it('replaces what stands once', () => {
    assert.deepEqual(mutate('if (a < b) c()', edit), { text: 'if (a <= b) c()' })
  })

  it('refuses what stands nowhere, twice, or stays the same', () => {
    assert.ok('problem' in mutate('if (a > b) c()', edit))
    assert.ok('problem' in mutate('a < b && a < b', edit))
    assert.ok('problem' in mutate('a < b', { ...edit, replace: 'a < b' }))
  })
})
