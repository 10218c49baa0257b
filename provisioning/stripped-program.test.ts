import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type TestContext, test } from 'node:test'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { AGENT_NODE_FLAGS } from '../src/cli/agent-flags.ts'

const PROGRAM = import.meta.resolve('../src/cli/program.ts')
const THREAD = import.meta.resolve('../src/device/stamp-pump.ts')
const ASSERT = new URL('../src/core/assert.ts', import.meta.url)
const PRELOAD = import.meta.resolve('./stripped-program.mjs')

/** Whether this thread has the compiler that Node strips types with. */
const HAS_STRIPPER = "process.moduleLoadList.some((name) => name.includes('/amaro/'))"

function scratch(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'quorumtime-stripped-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function run(flags: readonly string[], file: string): { readonly stdout: string; readonly stderr: string } {
  const { stdout, stderr, error } = spawnSync(process.execPath, [...flags, file], { encoding: 'utf8' })
  assert.equal(error, undefined)
  return { stdout, stderr }
}

test('an agent has no compiler for types in any of its threads, which Node has without its flags', (t) => {
  const file = join(scratch(t), 'threads.mjs')
  writeFileSync(
    file,
    `import { isMainThread, parentPort, Worker } from 'node:worker_threads'
    if (isMainThread) {
      await import('${PROGRAM}')
      console.log('main', ${HAS_STRIPPER})
      new Worker(new URL(import.meta.url)).on('message', (has) => console.log('thread', has))
    } else {
      await import('${THREAD}')
      parentPort.postMessage(${HAS_STRIPPER})
    }`,
  )
  assert.deepEqual(run(AGENT_NODE_FLAGS, file), { stdout: 'main false\nthread false\n', stderr: '' })
  assert.deepEqual(run([], file), { stdout: 'main true\nthread true\n', stderr: '' })
})

test('an error is where the source has it, by line and column', (t) => {
  const file = join(scratch(t), 'error.mjs')
  writeFileSync(
    file,
    `import { assert } from '${ASSERT.href}'\ntry { assert(false, '') } catch ({ stack }) { console.log(stack) }`,
  )
  const { stdout } = run(AGENT_NODE_FLAGS, file)
  const [, line, column] = /src\/core\/assert\.ts:(\d+):(\d+)/.exec(stdout) ?? []
  const text = readFileSync(ASSERT, 'utf8').split('\n')[Number(line) - 1] ?? ''
  assert.match(text.slice(Number(column) - 1), /^new InvariantError/)
})

test('where the child cannot, Node strips the types itself, and the reason is said', (t) => {
  const folder = scratch(t)
  mkdirSync(join(folder, 'provisioning'))
  const preload = join(folder, 'provisioning/stripped-program.mjs')
  copyFileSync(new URL(PRELOAD), preload)
  const file = join(folder, 'program.ts')
  writeFileSync(file, `const said: string = 'it runs'\nconsole.log(said)`)
  const { stdout, stderr } = run([`--import=${pathToFileURL(preload).href}`], file)
  assert.equal(stdout, 'it runs\n')
  assert.match(stderr, /expected the sources without types, got exit status 1; Node strips them itself/)
})

test('a child whose agent is gone ends without a word', async () => {
  const script = fileURLToPath(import.meta.resolve('./strip-program.mjs'))
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close')
  child.stdout.destroy()
  const [complaint] = await Promise.all([text(child.stderr), closed])
  assert.deepEqual([complaint, child.exitCode, child.signalCode], ['', 1, null])
})

test('a child is given up before systemd gives up the start', () => {
  const limitMs = /STRIP_MS_MAX = ([\d_]+)$/m.exec(readFileSync(new URL(PRELOAD), 'utf8'))?.[1]?.replaceAll('_', '')
  const unit = readFileSync(new URL('../systemd/quorumtime.service', import.meta.url), 'utf8')
  const startSeconds = /^TimeoutStartSec=(\d+)$/m.exec(unit)?.[1]
  assert.ok(Number(limitMs) < 1_000 * Number(startSeconds), `${limitMs} ms of ${startSeconds} s`)
})
