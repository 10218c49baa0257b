import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import { compileC } from '../../test/support/c-program.ts'
import { CLOCK_MONOTONIC_RAW } from './clock.ts'
import {
  channelsOf,
  extendedOffsetRequest,
  externalStampRequest,
  PTP_CAPS_BYTES,
  PTP_CLOCK_GETCAPS,
  PTP_ENABLE_FEATURE,
  PTP_EXTTS_EVENT_BYTES,
  PTP_EXTTS_REQUEST,
  PTP_EXTTS_REQUEST_BYTES,
  PTP_FALLING_EDGE,
  PTP_RISING_EDGE,
  PTP_SYS_OFFSET,
  PTP_SYS_OFFSET_BYTES,
  PTP_SYS_OFFSET_EXTENDED,
  PTP_SYS_OFFSET_EXTENDED_BYTES,
  PTP_SYS_OFFSET_PRECISE,
  PTP_SYS_OFFSET_PRECISE_BYTES,
  plainOffsetRequest,
  readCrossStamp,
  readExternalStamps,
  readPlainSandwiches,
  readSandwiches,
} from './phc-abi.ts'
import {
  modeOf,
  PPS_CAPTURE_ASSERT,
  PPS_CAPTURE_CLEAR,
  PPS_DATA_BYTES,
  PPS_FETCH,
  PPS_GETCAP,
  PPS_GETPARAMS,
  PPS_PARAMS_BYTES,
  PPS_SETPARAMS,
  PPS_TSFMT_TSPEC,
  readPpsEvent,
  withMode,
} from './pps-abi.ts'
import { decodeTimex, STA_DEL, STA_INS, STA_UNSYNC, TIME_OOP, TIME_WAIT, TIMEX_BYTES } from './timex.ts'

/** The kernel's own headers are the judge: a C program says the numbers, and fills the structures that are read here. */

const HEADERS =
  '#include <stdio.h>\n#include <string.h>\n#include <linux/pps.h>\n#include <linux/ptp_clock.h>\n#include <linux/time.h>\n#include <linux/timex.h>\n'

const HEX =
  '#define HEX(x) do { const unsigned char *bytes_ = (void *)&x; for (size_t at_ = 0; at_ < sizeof x; at_++) printf("%02x", bytes_[at_]); printf("\\n"); } while (0)\n'

/** What a C program with this body prints; undefined where there can be none. */
function runC(t: TestContext, main: string): string | undefined {
  const program = compileC(t, `${HEADERS}${HEX}int main(void) {\n${main}\nreturn 0; }\n`)
  return program === undefined ? undefined : execFileSync(program, { encoding: 'utf8' })
}

function bytesOf(hex: string | undefined): Uint8Array {
  return Uint8Array.from(Buffer.from(hex ?? '', 'hex'))
}

const NUMBERS: Readonly<Record<string, number>> = {
  PPS_GETPARAMS,
  PPS_SETPARAMS,
  PPS_GETCAP,
  PPS_FETCH,
  PPS_CAPTUREASSERT: PPS_CAPTURE_ASSERT,
  PPS_CAPTURECLEAR: PPS_CAPTURE_CLEAR,
  PPS_TSFMT_TSPEC,
  'sizeof(struct pps_kparams)': PPS_PARAMS_BYTES,
  'sizeof(struct pps_fdata)': PPS_DATA_BYTES,
  PTP_CLOCK_GETCAPS,
  PTP_EXTTS_REQUEST,
  PTP_SYS_OFFSET_PRECISE,
  PTP_SYS_OFFSET,
  PTP_SYS_OFFSET_EXTENDED,
  PTP_ENABLE_FEATURE,
  PTP_RISING_EDGE,
  PTP_FALLING_EDGE,
  'sizeof(struct ptp_clock_caps)': PTP_CAPS_BYTES,
  'sizeof(struct ptp_extts_request)': PTP_EXTTS_REQUEST_BYTES,
  'sizeof(struct ptp_extts_event)': PTP_EXTTS_EVENT_BYTES,
  'sizeof(struct ptp_sys_offset)': PTP_SYS_OFFSET_BYTES,
  'sizeof(struct ptp_sys_offset_precise)': PTP_SYS_OFFSET_PRECISE_BYTES,
  'sizeof(struct ptp_sys_offset_extended)': PTP_SYS_OFFSET_EXTENDED_BYTES,
  'sizeof(struct __kernel_timex)': TIMEX_BYTES,
  STA_INS,
  STA_DEL,
  STA_UNSYNC,
  TIME_OOP,
  TIME_WAIT,
}

test('requests, flags and sizes are those of the kernel headers', (t) => {
  const printed = runC(
    t,
    Object.keys(NUMBERS)
      .map((name) => `printf("%lu\\n", (unsigned long)(${name}));`)
      .join('\n'),
  )
  if (printed === undefined) return
  const said = printed.trim().split('\n').map(Number)
  assert.deepEqual(Object.fromEntries(Object.keys(NUMBERS).map((name, at) => [name, said[at]])), NUMBERS)
})

test('pulses are read from where the kernel puts them', (t) => {
  const printed = runC(
    t,
    `struct pps_fdata f; memset(&f, 0, sizeof f);
     f.info.assert_sequence = 7; f.info.clear_sequence = 4000000000u;
     f.info.assert_tu.sec = 1700000000; f.info.assert_tu.nsec = 1234;
     f.info.clear_tu.sec = 1700000001; f.info.clear_tu.nsec = 999999999;
     HEX(f);
     struct pps_kparams k; memset(&k, 0, sizeof k); k.api_version = 1; k.mode = 0x1011; k.assert_off_tu.sec = 5; HEX(k);
     k.mode = 0x1013; HEX(k);`,
  )
  if (printed === undefined) return
  const [data, params, changed] = printed.split('\n').map(bytesOf)
  assert.ok(data && params && changed)
  assert.deepEqual(readPpsEvent(data, 'assert'), { sequence: 7, stampNs: 1_700_000_000_000_001_234n })
  assert.deepEqual(readPpsEvent(data, 'clear'), { sequence: 4_000_000_000, stampNs: 1_700_000_001_999_999_999n })
  assert.equal(modeOf(params), 0x1011)
  assert.deepEqual(withMode(params, 0x1013), changed)
})

test('a hardware clock is asked and read as the kernel has it', (t) => {
  const printed = runC(
    t,
    `struct ptp_clock_caps c; memset(&c, 0, sizeof c); c.n_alarm = 9; c.n_ext_ts = 3; c.n_per_out = 8; HEX(c);
     struct ptp_extts_request r; memset(&r, 0, sizeof r); r.index = 2; r.flags = PTP_ENABLE_FEATURE | PTP_RISING_EDGE; HEX(r);
     struct ptp_extts_event e[2]; memset(e, 0, sizeof e);
     e[0].t.sec = 10; e[0].t.nsec = 20; e[0].index = 1; e[1].t.sec = 11; e[1].t.nsec = 4294967295u; e[1].index = 2; HEX(e);
     struct ptp_sys_offset_extended x; memset(&x, 0, sizeof x); x.n_samples = 5; HEX(x); *(int *)((char *)&x + 4) = CLOCK_MONOTONIC_RAW; HEX(x); *(int *)((char *)&x + 4) = 0;
     x.n_samples = 2; for (int i = 0; i < 2; i++) for (int j = 0; j < 3; j++) { x.ts[i][j].sec = 100 + i; x.ts[i][j].nsec = j; } HEX(x);
     struct ptp_sys_offset_precise p; memset(&p, 0, sizeof p); p.device.sec = 1; p.sys_realtime.sec = 2; p.sys_monoraw.sec = 3; p.sys_monoraw.nsec = 4; HEX(p);
     struct ptp_sys_offset o; memset(&o, 0, sizeof o); o.n_samples = 5; HEX(o);
     o.n_samples = 2; for (int i = 0; i < 5; i++) { o.ts[i].sec = 100; o.ts[i].nsec = i; } HEX(o);`,
  )
  if (printed === undefined) return
  const [caps, request, events, asked, askedRaw, answer, cross, plainAsked, plain] = printed.split('\n').map(bytesOf)
  assert.ok(caps && request && events && asked && askedRaw && answer && cross && plainAsked && plain)
  assert.equal(channelsOf(caps), 3)
  assert.deepEqual(externalStampRequest(2, PTP_ENABLE_FEATURE | PTP_RISING_EDGE), request)
  assert.deepEqual(readExternalStamps(events), [
    { channel: 1, stampNs: 10_000_000_020n },
    { channel: 2, stampNs: 11_000_000_000n + 4_294_967_295n },
  ])
  assert.deepEqual(extendedOffsetRequest(5), asked)
  // Newer headers call the first reserved field `clockid`.
  assert.deepEqual(extendedOffsetRequest(5, CLOCK_MONOTONIC_RAW), askedRaw)
  assert.deepEqual(readSandwiches(answer), [
    { beforeNs: 100_000_000_000n, phcNs: 100_000_000_001n, afterNs: 100_000_000_002n },
    { beforeNs: 101_000_000_000n, phcNs: 101_000_000_001n, afterNs: 101_000_000_002n },
  ])
  assert.deepEqual(readCrossStamp(cross), { phcNs: 1_000_000_000n, monoNs: 3_000_000_004n })
  assert.deepEqual(plainOffsetRequest(5), plainAsked)
  assert.deepEqual(readPlainSandwiches(plain), [
    { beforeNs: 100_000_000_000n, phcNs: 100_000_000_001n, afterNs: 100_000_000_002n },
    { beforeNs: 100_000_000_002n, phcNs: 100_000_000_003n, afterNs: 100_000_000_004n },
  ])
})

test('the state of the system clock is read from where the kernel puts it', (t) => {
  const printed = runC(
    t,
    `struct __kernel_timex x; memset(&x, 0, sizeof x); x.freq = -65536LL * 3; x.maxerror = 1234; x.status = STA_PLL | STA_DEL; x.tick = 10000; x.tai = 37; HEX(x);
     x.freq = 32768; x.status = STA_UNSYNC | STA_INS; x.tick = 9999; x.tai = 0; HEX(x);`,
  )
  if (printed === undefined) return
  const [steered, alone] = printed.split('\n').map(bytesOf)
  assert.ok(steered && alone)
  assert.deepEqual(decodeTimex(steered, 0), {
    synchronized: true,
    leap: 'delete',
    taiMinusUtcSeconds: 37,
    claimedErrorNs: 1_234_000n,
    steeredPpb: -3_000n,
  })
  assert.deepEqual(decodeTimex(alone, 5), {
    synchronized: false,
    leap: 'insert',
    taiMinusUtcSeconds: undefined,
    claimedErrorNs: 1_234_000n,
    steeredPpb: 500n - 100_000n,
  })
  assert.equal(decodeTimex(alone, TIME_OOP).leap, 'inserting')
  assert.equal(decodeTimex(alone, TIME_WAIT).leap, 'done')
})
