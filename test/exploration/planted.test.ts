import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, before, describe, it } from 'node:test'
import type { Edit } from '../mutants/mutant.ts'
import { createScratch, type Scratch } from '../mutants/scratch.ts'
import { VOTING_MUTANTS } from '../mutants/voting-mutants.ts'

/** An explorer that has never found anything may be one that looks at nothing. */
const PLANTED: readonly {
  name: string
  views: number
  liar: number
  votes?: string
  edits: readonly Edit[]
  finds: RegExp
}[] = [
  { name: 'finalize after nullify', views: 1, liar: 1, edits: editsOf('finalize after nullify'), finds: /nullify/ },
  {
    name: 'a second notarize in one view',
    views: 1,
    liar: 1,
    edits: editsOf('a second notarize in one view'),
    finds: / after /,
  },
  {
    name: 'votes forgotten on restart',
    views: 1,
    liar: 1,
    edits: editsOf('votes forgotten on restart'),
    finds: / after /,
  },
]

function editsOf(name: string): readonly Edit[] {
  const mutant = VOTING_MUTANTS.find((known) => known.name === name)
  assert.ok(mutant !== undefined, `no mutant is called ${name}`)
  return mutant.edits
}

describe('the explorer', () => {
  let scratch: Scratch | undefined
  before(() => {
    scratch = createScratch()
  })
  after(() => scratch?.remove())
  for (const { name, views, liar, edits, finds } of PLANTED) {
    it(`finds that ${name}, and tells how it came to it`, () => {
      assert.ok(scratch !== undefined)
      assert.equal(scratch.plant({ name, harm: '', edits, killers: [] }), undefined)
      try {
        const options = ['--views', String(views), '--liar', String(liar), '--revive', '0', '--json']
        const { status, stdout } = spawnSync(process.execPath, ['test/exploration/main.ts', ...options], {
          cwd: scratch.root,
          encoding: 'utf8',
        })
        const { violations, results } = JSON.parse(stdout) as {
          violations: number
          results: { violation: { problem: string; trace: string[] } }[]
        }
        assert.equal(status, 1)
        assert.equal(violations, 1)
        const [first] = results
        assert.match(first?.violation.problem ?? '', finds)
        assert.ok((first?.violation.trace.length ?? 0) >= 1)
      } finally {
        scratch.restore()
      }
    })
  }
})
