import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { compileC } from '../../test/support/c-program.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { attachSharedMemory, mapSharedFile } from './shared-memory.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-shm-'))
after(() => rmSync(folder, { recursive: true }))

test('what is stored in a mapped file is in the file, with the mode asked for, and stays for the next one', () => {
  const path = join(folder, 'segment')
  const first = unwrap(mapSharedFile(path, 16, 0o644))
  Atomics.store(new BigInt64Array(first.buffer), 1, 0x0102_0304_0506_0708n)
  assert.deepEqual([...readFileSync(path)], [0, 0, 0, 0, 0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1])
  assert.equal(statSync(path).mode & 0o777, 0o644)
  first.close()
  const second = unwrap(mapSharedFile(path, 16, 0o644))
  assert.equal(new BigInt64Array(second.buffer)[1], 0x0102_0304_0506_0708n)
  second.close()
})

test('closed memory is out of reach, and closing twice does nothing', () => {
  const memory = unwrap(mapSharedFile(join(folder, 'closed'), 16, 0o600))
  const view = new BigInt64Array(memory.buffer)
  memory.close()
  memory.close()
  assert.equal(view.length, 0)
})

test('a link, a longer file and a missing folder are refused, and left as they are', () => {
  writeFileSync(join(folder, 'long'), 'x'.repeat(17))
  symlinkSync(join(folder, 'long'), join(folder, 'link'))
  for (const name of ['long', 'link', 'missing/segment']) {
    assert.equal(faultOf(mapSharedFile(join(folder, name), 16, 0o600)).code, 'shm.file', name)
  }
  assert.equal(readFileSync(join(folder, 'long'), 'utf8').length, 17)
})

test('System V memory is what another program finds under the key', (t) => {
  const key = 0x5154_0000 | (process.pid & 0xffff)
  const program = compileC(
    t,
    `#include <stdio.h>
     #include <sys/shm.h>
     int main(void) {
       int id = shmget(${key}, 24, 0);
       if (id < 0) return 1;
       long *memory = shmat(id, 0, 0);
       struct shmid_ds about;
       shmctl(id, IPC_STAT, &about);
       printf("%lx %o %zu", memory[2], about.shm_perm.mode & 0777, about.shm_segsz);
       memory[0] = 77;
       return shmctl(id, IPC_RMID, 0);
     }`,
  )
  if (program === undefined) return
  const memory = unwrap(attachSharedMemory(key, 24, 0o640))
  const words = new BigInt64Array(memory.buffer)
  Atomics.store(words, 2, 0xabcn)
  assert.equal(execFileSync(program, { encoding: 'utf8' }), 'abc 640 24')
  assert.equal(Atomics.load(words, 0), 77n)
  memory.close()
})

test('System V memory that is too short for what is asked is a fault', () => {
  const key = 0x5155_0000 | (process.pid & 0xffff)
  const memory = unwrap(attachSharedMemory(key, 16, 0o600))
  try {
    assert.equal(faultOf(attachSharedMemory(key, 4_096 * 4, 0o600)).code, 'shm.attach')
  } finally {
    memory.close()
    execFileSync('ipcrm', ['-M', String(key)])
  }
})
