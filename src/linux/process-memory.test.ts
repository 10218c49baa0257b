import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { isProcessMemoryOpen } from './process-memory.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-memory-'))
after(() => rmSync(folder, { recursive: true, force: true }))
// Somebody else is to leave core files in it.
chmodSync(folder, 0o777)

const MODULE = JSON.stringify(import.meta.resolve('./process-memory.ts'))
/** Whoever reads must have no privilege. */
const NOBODY = process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : []

/**
 * Runs a process, has another one of the same user look into it, and ends it by SIGABRT. Gives what the other one could open,
 * and whether a core file was made.
 */
function lookInto(close: boolean): { readonly opened: string; readonly core: boolean } {
  const script = `
    const { closeProcessMemory } = await import(${MODULE})
    if (${close} && !closeProcessMemory().ok) process.exit(9)
    console.log('ready')
    setInterval(() => undefined, 1000)`
  const shell = `
    ulimit -c unlimited
    exec 3< <("$0" --input-type=module --eval "$1" & echo $!; wait $!; echo "ended $?")
    read -r pid <&3
    read -r ready <&3
    for file in environ mem; do head -c 1 < /proc/$pid/$file > /dev/null 2> /dev/null; [ -r /proc/$pid/$file ] && (exec 4< /proc/$pid/$file) 2> /dev/null && echo "$file"; done
    kill -ABRT $pid
    cat <&3`
  const words = [...NOBODY, 'bash', '-c', shell, process.execPath, script]
  const { stdout, status, stderr } = spawnSync('env', words, { cwd: folder, encoding: 'utf8', timeout: 60_000 })
  assert.equal(status, 0, stderr)
  assert.match(stdout, /ended 134/)
  const cores = readdirSync(folder).filter((name) => name.startsWith('core'))
  for (const name of cores) rmSync(join(folder, name))
  return {
    opened: stdout
      .split('\n')
      .filter((line) => ['environ', 'mem'].includes(line))
      .join(' '),
    core: cores.length > 0,
  }
}

test('nobody but who may trace any process looks into one that is closed, and it leaves no core file', (t) => {
  const [open, closed] = [lookInto(false), lookInto(true)]
  t.diagnostic(`as it comes: ${open.opened || 'nothing'} opened, ${open.core ? 'a' : 'no'} core file`)
  assert.match(open.opened, /environ/, 'the test sees what it is to see')
  assert.deepEqual(closed, { opened: '', core: false })
})

test('this process is as it came', () => {
  assert.equal(isProcessMemoryOpen(), true)
})
