import type { Mutant } from './mutant.ts'

const SETTINGS = 'src/agent/ptp4l-settings.test.ts'
const SETTINGS_FILE = 'src/agent/ptp4l-settings.ts'
const CLOCK = 'src/agent/ptp4l-clock.test.ts'
const CLOCK_FILE = 'src/agent/ptp4l-clock.ts'

/** Mistakes in what a grandmaster is told to announce. */
export const ANNOUNCEMENT_MUTANTS: readonly Mutant[] = [
  {
    name: 'a clock on UTC is announced as PTP time',
    harm: 'every follower is 37 s wrong',
    edits: [
      { file: SETTINGS_FILE, find: "const isPtp = scale === 'tai'", replace: 'const isPtp = scale !== undefined' },
    ],
    killers: [SETTINGS],
  },
  {
    name: 'time that nobody certifies is announced as locked',
    harm: 'hardware under a spoofed sky is believed by a whole network',
    edits: [{ file: SETTINGS_FILE, find: "served.origin !== 'certified'", replace: 'false' }],
    killers: [SETTINGS],
  },
  {
    name: 'a leap second is told until after it',
    harm: 'followers insert a second one',
    edits: [{ file: SETTINGS_FILE, find: 'if (taiNs >= at) return', replace: 'if (taiNs > at) return' }],
    killers: [SETTINGS],
  },
  {
    name: 'the clock that ptp4l serves is taken for the one that this appliance serves',
    harm: 'an accuracy is announced that nobody keeps',
    edits: [
      { file: CLOCK_FILE, find: 'served.boundNs + abs(offsetNs) + readingNs', replace: 'served.boundNs + readingNs' },
    ],
    killers: [CLOCK],
  },
  {
    name: 'half of the window is left out',
    harm: 'a promise that a preempted reading breaks',
    edits: [{ file: CLOCK_FILE, find: 'divCeil(shown.bracketNs, 2n)', replace: 'divCeil(shown.bracketNs, 8n)' }],
    killers: [CLOCK],
  },
  {
    name: 'better is announced at once',
    harm: 'a network changes its grandmaster every second',
    edits: [
      {
        file: 'src/agent/ptp4l-hold.ts',
        find: 'return kept.map((each) => each.quality).reduce(worst)',
        replace: 'return kept.slice(-1).map((each) => each.quality).reduce(worst)',
      },
    ],
    killers: ['src/agent/ptp4l-hold.test.ts'],
  },
  {
    name: 'a ptp4l that only follows is set',
    harm: 'it takes itself for a grandmaster',
    edits: [{ file: 'src/output/ptp4l-keeper.ts', find: '(flags & SLAVE_ONLY) === 0', replace: 'flags >= 0' }],
    killers: ['src/output/ptp4l-keeper.test.ts'],
  },
]
