import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import { compileC } from '../../test/support/c-program.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { fail, ok } from '../core/fault.ts'
import { monoNs, realtimeNs } from '../core/time.ts'
import { readCoarseNs } from '../linux/clock.ts'
import { mapSharedFile } from '../linux/shared-memory.ts'
import { openClockBound } from './clockbound.ts'
import { createClockBoundSegment, SEGMENT_BYTES } from './clockbound-segment.ts'
import type { SystemTime } from './system-time.ts'

/** A reader that was written from ClockBound's protocol page and shares nothing with the writer. */
const READER = `
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
struct segment {
  uint32_t magic0, magic1, size;
  uint16_t version, generation;
  struct timespec as_of, void_after;
  int64_t bound;
  uint64_t marker;
  uint32_t drift;
  int32_t status;
  uint8_t support, padding[7];
};
/* 0: a copy that was not written meanwhile. */
static int copy(volatile struct segment *shared, struct segment *into) {
  uint16_t before = __atomic_load_n(&shared->generation, __ATOMIC_ACQUIRE);
  memcpy(into, (void *)shared, sizeof *into);
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
  uint16_t after = __atomic_load_n(&shared->generation, __ATOMIC_ACQUIRE);
  return before == after && before % 2 == 0 && before != 0 ? 0 : -1;
}
static long long ns(struct timespec t) { return t.tv_sec * 1000000000LL + t.tv_nsec; }
int main(int argc, char **argv) {
  int fd = open(argv[1], O_RDONLY);
  volatile struct segment *shared = mmap(0, sizeof(struct segment), PROT_READ, MAP_SHARED, fd, 0);
  if (shared == MAP_FAILED) return 1;
  struct segment seen;
  if (argc == 2) {
    struct timespec real, mono;
    while (copy(shared, &seen)) {}
    clock_gettime(CLOCK_REALTIME, &real);
    clock_gettime(CLOCK_MONOTONIC_COARSE, &mono);
    long long age = ns(mono) - ns(seen.as_of);
    long long bound = seen.bound + age * seen.drift / 1000000000;
    printf("%x %x %u %u %d %lld %lld %lld %llu %d %lld %lld", seen.magic0, seen.magic1, seen.size, seen.version, seen.status,
      ns(real) - bound, ns(real) + bound, age, (unsigned long long)seen.marker, seen.support, (long long)seen.bound, ns(seen.void_after) - ns(seen.as_of));
    return 0;
  }
  /* All fields of one update are made of one number: whoever sees two of them saw half an update. */
  long torn = 0, good = 0, busy = 0;
  long long last = 0;
  do {
    if (copy(shared, &seen)) { busy++; continue; }
    long long n = seen.bound;
    if (ns(seen.as_of) != n || ns(seen.void_after) != 2 * n || seen.drift != n % 1000000000 || seen.status != n % 3 || n < last) torn++;
    last = n;
    good++;
  } while (last < atoll(argv[2]));
  printf("%ld %ld %ld", torn, good > 0, busy);
  return 0;
}
`

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-clockbound-'))
after(() => rmSync(folder, { recursive: true }))

function timeOf(given: Partial<SystemTime> = {}): SystemTime {
  return {
    shownNs: realtimeNs(0n),
    coarseNs: readCoarseNs(),
    monoNs: monoNs(1_000_000_000n),
    offsetNs: 3_000n,
    uncertaintyNs: 500n,
    errorNs: 3_500n,
    origin: 'certified',
    leap: 'none',
    steadyNs: undefined,
    ...given,
  }
}

function open(path: string, isSteered: boolean | undefined = true) {
  return openClockBound({ path, driftPpmMax: 50, isSteered: () => isSteered })
}

test('a reader written from the protocol gets the window around the system clock', (t) => {
  const program = compileC(t, READER)
  if (program === undefined) return
  const path = join(folder, 'shm0')
  const output = unwrap(open(path))
  assert.ok(output.tell(ok(timeOf())).ok)
  const fields = execFileSync(program, [path], { encoding: 'utf8' }).split(' ')
  assert.deepEqual(fields.slice(0, 5), ['414d5a4e', '43420200', '80', '2', '1'])
  const [earliest = 0n, latest = 0n, ageNs = 0n] = fields.slice(5, 8).map(BigInt)
  assert.ok(ageNs >= 0n)
  assert.equal(latest - earliest, 2n * (3_500n + (ageNs * 50_000n) / 1_000_000_000n))
  assert.deepEqual(fields.slice(8), ['0', '0', '3500', '60000000000'])
  output.close()
})

test('no reader ever sees half an update, or an older one after a newer', async (t) => {
  const program = compileC(t, READER)
  if (program === undefined) return
  const path = join(folder, 'busy')
  const updates = 200_000
  const memory = unwrap(mapSharedFile(path, SEGMENT_BYTES, 0o644))
  const segment = createClockBoundSegment(memory.buffer)
  const write = (n: bigint): void =>
    segment.write({
      asOfNs: n,
      voidAfterNs: 2n * n,
      boundNs: n,
      driftPpb: Number(n % 1_000_000_000n),
      status: Number(n % 3n),
    })
  write(1n)
  const reader = spawn(program, [path, String(updates)], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.after(() => reader.kill('SIGKILL'))
  const said = text(reader.stdout)
  for (let n = 2n; n <= BigInt(updates); n++) {
    write(n)
    if (n % 1_000n === 0n) await new Promise(setImmediate)
  }
  const [torn, good, busy] = (await said).split(' ')
  t.diagnostic(`${updates} updates, ${busy} readings while one was written`)
  assert.deepEqual([torn, good], ['0', '1'])
  memory.close()
})

test('a restarted writer goes on from the generation before, also from one that died while it wrote', () => {
  const memory = new ArrayBuffer(SEGMENT_BYTES)
  const generations = new Uint16Array(memory)
  const content = { asOfNs: 1n, voidAfterNs: 2n, boundNs: 3n, driftPpb: 4, status: 1 }
  createClockBoundSegment(memory).write(content)
  assert.equal(generations[7], 2)
  generations[7] = 7
  createClockBoundSegment(memory).write(content)
  assert.equal(generations[7], 10)
  for (const last of [65_534, 65_535]) {
    generations[7] = last
    createClockBoundSegment(memory).write(content)
    assert.equal(generations[7], 2)
  }
})

test('only certified time of a clock that somebody steers is called synchronized; what nobody knows is unknown', () => {
  const path = join(folder, 'status')
  const status = (): number => readFileSync(path).readInt32LE(68)
  const steered = unwrap(open(path))
  steered.tell(ok(timeOf()))
  assert.equal(status(), 1)
  steered.tell(ok(timeOf({ origin: 'own-hardware' })))
  assert.equal(status(), 2)
  assert.equal(faultOf(steered.tell(fail('output.no-time', 'none'))).code, 'output.no-time')
  const unknown = readFileSync(path)
  assert.equal(status(), 0)
  assert.deepEqual(unknown.subarray(16, 32), unknown.subarray(32, 48))
  steered.tell(ok(timeOf()))
  steered.close()
  assert.equal(status(), 0)
  for (const isSteered of [false, undefined]) {
    const output = unwrap(openClockBound({ path, driftPpmMax: 50, isSteered: () => isSteered }))
    output.tell(ok(timeOf()))
    assert.equal(status(), 2)
    output.close()
  }
})

test('a promise ends before a leap second', () => {
  const path = join(folder, 'leap')
  const output = unwrap(open(path))
  output.tell(ok(timeOf({ coarseNs: 5_000_000_000n, steadyNs: 1_500_000_000n })))
  const bytes = readFileSync(path)
  assert.deepEqual([bytes.readBigInt64LE(32), bytes.readBigInt64LE(40)], [6n, 500_000_000n])
  output.close()
})

test('a system clock that is set between two updates broke what readers were promised', () => {
  const output = unwrap(open(join(folder, 'drift')))
  const first = timeOf()
  assert.ok(output.tell(ok(first)).ok)
  // 50 ppm of 100 ms are 5 µs, and each reading may be off by its half microsecond.
  const later = { ...first, monoNs: monoNs(first.monoNs + 100_000_000n) }
  assert.ok(output.tell(ok({ ...later, offsetNs: first.offsetNs + 6_000n })).ok)
  const again = { ...later, monoNs: monoNs(later.monoNs + 100_000_000n) }
  assert.equal(faultOf(output.tell(ok({ ...again, offsetNs: first.offsetNs + 12_001n }))).code, 'clockbound.drift')
  output.close()
})
