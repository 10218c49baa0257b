import type { Mutant } from './mutant.ts'

const SYSTEM_TIME = { file: 'src/output/system-time.ts', killers: ['src/output/system-time.test.ts'] }
const CLOCKBOUND = { file: 'src/output/clockbound.ts', killers: ['src/output/clockbound.test.ts'] }
const SEGMENT_FILE = 'src/output/clockbound-segment.ts'
const STEADINESS = { file: 'drivers/phc/steadiness.ts', killers: ['drivers/phc/driver.test.ts'] }
const PHC = { file: 'drivers/phc/protocol.ts', killers: ['drivers/phc/driver.test.ts'] }
const PAIR = { file: 'src/linux/phc-pair.ts', killers: ['src/linux/phc-pair.test.ts'] }

function mutant(
  name: string,
  harm: string,
  { file, killers }: { readonly file: string; readonly killers: readonly string[] },
  [find, replace]: readonly [find: string, replace: string],
): Mutant {
  return { name, harm, edits: [{ file, find, replace }], killers }
}

/** Mistakes in what the programs of a machine are told of its clocks, and in what is believed of them. */
export const LOCAL_CLOCK_MUTANTS: readonly Mutant[] = [
  mutant(
    'the bound of the served clock is told as that of the system',
    'a window that misses the true time',
    SYSTEM_TIME,
    ['errorNs: errorBound(shownTai, interval)', 'errorNs: errorBound(taiNs, interval)'],
  ),
  mutant('programs are told a time in the middle of a leap second', 'they are a second wrong', SYSTEM_TIME, [
    'steadyNs <= 0n',
    'steadyNs <= -5_000_000_000n',
  ]),
  mutant('UTC is told from a leap table that has ended', 'a leap second that nobody here knows of', SYSTEM_TIME, [
    'taiMinusUtc === undefined || leapTableExpired(leapTable, taiNs)',
    'taiMinusUtc === undefined',
  ]),
  mutant('time that nobody certifies is called synchronized', 'hardware under a spoofed sky is believed', CLOCKBOUND, [
    "origin === 'certified' && options.isSteered() === true",
    'options.isSteered() === true',
  ]),
  mutant('a promise reaches over a leap second', 'a window a second off once the agent is gone', CLOCKBOUND, [
    'steadyNs === undefined ? VOID_NS : min(VOID_NS, steadyNs)',
    'VOID_NS',
  ]),
  {
    name: 'the generation stays even while a segment is written',
    harm: 'readers take half an update',
    edits: [
      { file: SEGMENT_FILE, find: '(generation % 2 === 0 ? 1 : 2)', replace: '(generation % 2 === 0 ? 2 : 1)' },
      { file: SEGMENT_FILE, find: 'generation += 1', replace: 'generation += 0' },
    ],
    killers: CLOCKBOUND.killers,
  },
  mutant('a hardware clock that is set is believed at once', 'a step of it is the time', STEADINESS, [
    'steady = found === undefined ? steady + 1 : 0',
    'steady += 1',
  ]),
  mutant('a hardware clock may run as it likes', 'one that runs away is the time', STEADINESS, [
    'if (abs(movedNs) <= rateNsMax) return undefined',
    'if (abs(movedNs) >= 0n) return undefined',
  ]),
  mutant('a hardware clock on UTC is believed at a leap second', 'it shows one second twice', PHC, [
    'leap !== undefined &&',
    'leap !== undefined && leap.until < 0n &&',
  ]),
  mutant('readings of another clock are taken for those of the oscillator', 'stamps by hours wrong', PAIR, [
    'before <= beforeNs && afterNs <= after',
    'beforeNs <= afterNs',
  ]),
]
