import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/**
 * Compiles a C program and returns where it lies, until the test ends; undefined where there is no compiler or not the
 * headers, and then the test is skipped and says so.
 */
export function compileC(t: TestContext, source: string): string | undefined {
  if (spawnSync('cc', ['--version']).status !== 0) {
    t.skip('expected a C compiler, got none; .ci/run installs one')
    return undefined
  }
  const folder = mkdtempSync(join(tmpdir(), 'quorumtime-c-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'program.c')
  const program = join(folder, 'program')
  writeFileSync(file, source)
  const { status, stderr } = spawnSync('cc', ['-O2', '-pthread', '-o', program, file], { encoding: 'utf8' })
  if (/No such file or directory/.test(stderr)) {
    t.skip(`expected the headers of the kernel and the C library, got ${stderr.split('\n')[0]}`)
    return undefined
  }
  assert.equal(status, 0, stderr)
  return program
}
