import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { compileC } from '../../test/support/c-program.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { fail, ok } from '../core/fault.ts'
import { monoNs, realtimeNs } from '../core/time.ts'
import { openNtpShm } from './ntp-shm.ts'
import type { SystemTime } from './system-time.ts'

/** struct shmTime as ntpd declares it. */
const READER = `
#include <stdio.h>
#include <stdlib.h>
#include <sys/shm.h>
#include <time.h>
struct shmTime {
  int mode; volatile int count;
  time_t clockTimeStampSec; int clockTimeStampUSec;
  time_t receiveTimeStampSec; int receiveTimeStampUSec;
  int leap; int precision; int nsamples; volatile int valid;
  unsigned clockTimeStampNSec; unsigned receiveTimeStampNSec; int reserved[8];
};
int main(int argc, char **argv) {
  int id = shmget(atoi(argv[1]), sizeof(struct shmTime), 0);
  if (id < 0) return 1;
  struct shmTime *t = shmat(id, 0, 0);
  printf("%d %d %ld %d %u %ld %d %u %d %d %d", t->mode, t->valid, t->clockTimeStampSec, t->clockTimeStampUSec, t->clockTimeStampNSec,
    t->receiveTimeStampSec, t->receiveTimeStampUSec, t->receiveTimeStampNSec, t->leap, t->precision, t->count);
  return argc > 2 ? shmctl(id, IPC_RMID, 0) : 0;
}
`

const TIME: SystemTime = {
  shownNs: realtimeNs(1_700_000_000_999_999_000n),
  coarseNs: 1n,
  monoNs: monoNs(1n),
  offsetNs: 1_234n,
  uncertaintyNs: 900n,
  errorNs: 2_134n,
  origin: 'certified',
  leap: 'insert',
  steadyNs: undefined,
}

test('a reader with the structure of ntpd gets both times, the leap second and how good it is', (t) => {
  const program = compileC(t, READER)
  if (program === undefined) return
  // A unit that no other test of this machine uses at once.
  const unit = 64 + (process.pid % 128)
  const read = (...more: readonly string[]) =>
    execFileSync(program, [String(0x4e54_5030 + unit), ...more], { encoding: 'utf8' })
  const output = unwrap(openNtpShm({ unit, boundNsMax: 1_000, fallback: false }))
  assert.ok(output.tell(ok(TIME)).ok)
  // 900 ns are less than 2^-20 s.
  assert.equal(read(), '1 1 1700000001 0 234 1700000000 999999 999999000 1 -20 2')
  assert.equal(faultOf(output.tell(ok({ ...TIME, uncertaintyNs: 1_001n }))).code, 'output.bound')
  assert.match(read(), /^1 0 /)
  assert.ok(output.tell(ok(TIME)).ok)
  assert.equal(faultOf(output.tell(fail('output.no-time', 'none'))).code, 'output.no-time')
  assert.match(read(), /^1 0 .* 4$/)
  output.close()
  read('remove')
})
