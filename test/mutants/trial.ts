import { spawn } from 'node:child_process'
import type { Mutant } from './mutant.ts'
import type { Scratch } from './scratch.ts'

/** What became of a mutant. `misfit`: it does not fit the source, or does not load, and proves nothing. */
export type Verdict =
  | { readonly fate: 'killed'; readonly by: string; readonly hung: boolean }
  | { readonly fate: 'survived' }
  | { readonly fate: 'misfit'; readonly problem: string }

/** A test that takes longer has got stuck on the mistake, which is a way to notice it. */
const TEST_MS_MAX = 240_000

/** Runs the tests of a mutant in a scratch copy, one after the other, until one fails. */
export async function tryMutant(scratch: Scratch, mutant: Mutant): Promise<Verdict> {
  const problem = scratch.plant(mutant)
  if (problem !== undefined) return { fate: 'misfit', problem }
  try {
    for (const { file } of mutant.edits) {
      const loaded = await runNode(scratch.root, ['--input-type=module', '--eval', `await import('./${file}')`])
      if (loaded.code !== 0) return { fate: 'misfit', problem: `${file} does not load any more: ${loaded.output}` }
    }
    for (const killer of mutant.killers) {
      const { code, hung } = await runTest(scratch.root, killer)
      if (code !== 0) return { fate: 'killed', by: killer, hung }
    }
    return { fate: 'survived' }
  } finally {
    scratch.restore()
  }
}

/** Runs one test file in a process of its own. */
export function runTest(root: string, file: string): Promise<Ended> {
  return runNode(root, ['--test-reporter=tap', file])
}

interface Ended {
  readonly code: number
  readonly hung: boolean
  /** The end of what it wrote, for people. */
  readonly output: string
}

function runNode(cwd: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const env = { ...process.env }
    delete env['NODE_TEST_CONTEXT']
    const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let hung = false
    const hear = (chunk: Buffer): void => {
      output = (output + chunk.toString()).slice(-4_000)
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    const timer = setTimeout(() => {
      hung = true
      child.kill('SIGKILL')
    }, TEST_MS_MAX)
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code: code ?? 1, hung, output })
    })
  })
}
