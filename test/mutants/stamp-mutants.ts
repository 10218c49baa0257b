import type { Mutant } from './mutant.ts'

const SENT = 'src/device/sent-packets.test.ts'
const SENT_FILE = 'src/device/sent-packets.ts'
const PUMP = 'src/device/stamp-pump.test.ts'
const PUMP_FILE = 'src/device/stamp-pump.ts'

/** Mistakes in whose stamp is told for which packet. */
export const STAMP_MUTANTS: readonly Mutant[] = [
  {
    name: 'of equal packets the first one has the stamp',
    harm: 'a transmit stamp that is too late or too early, inside no bound',
    edits: [{ file: SENT_FILE, find: 'only === undefined || more.length > 0', replace: 'only === undefined' }],
    killers: [SENT],
  },
  {
    name: 'a packet at the end of another one has its stamp',
    harm: 'the same',
    edits: [
      { file: SENT_FILE, find: 'if (length === bytes.length + UDP_HEADER_BYTES && ', replace: 'if (length > 0 && ' },
    ],
    killers: [SENT],
  },
  {
    name: 'a stamp among control data that was cut is believed',
    harm: 'a stamp of half its bytes',
    edits: [
      {
        file: 'src/device/best-stamp.ts',
        find: 'if (controlCut) {',
        replace: 'if (controlCut && softwareNs === 0n) {',
      },
    ],
    killers: [PUMP],
  },
  {
    name: 'whatever is on the error queue is a transmit stamp',
    harm: 'an unreachable host or an acknowledgement passes for one',
    edits: [
      {
        file: PUMP_FILE,
        find: 'error?.origin !== SO_EE_ORIGIN_TIMESTAMPING || error.info !== SCM_TSTAMP_SND',
        replace: 'error === undefined',
      },
    ],
    killers: [PUMP],
  },
  {
    name: 'clocks are not compared after a stamp',
    harm: 'no stamp of the kernel is ever placed, or across a step that nobody sees',
    edits: [{ file: PUMP_FILE, find: '      bridge.refresh()\n', replace: '' }],
    killers: [PUMP],
  },
  {
    name: 'the queue between the threads has no end',
    harm: 'a flood takes the memory of the agent',
    edits: [{ file: PUMP_FILE, find: '| 0) >= QUEUE_MAX', replace: '| 0) >= 2 ** 31' }],
    killers: [PUMP],
  },
  {
    name: 'a search for the place of a stamp ends at the first that is too old, set clock or not',
    harm: 'an instant before a step is believed',
    edits: [
      {
        file: 'src/device/clock-bridge.ts',
        find: 'if (lastStep < 0 && each.shown.hi < stamp) break',
        replace: 'if (each.shown.hi < stamp) break',
      },
    ],
    killers: ['src/device/clock-bridge.test.ts'],
  },
  {
    name: 'a card is told to stamp what this agent needs, whatever others need of it',
    harm: 'another daemon of the host loses its stamps',
    edits: [
      {
        file: 'src/device/hardware-stamping.ts',
        find: '(other ? [HWTSTAMP_FILTER_ALL] : wanted)',
        replace: 'wanted',
      },
    ],
    killers: ['src/device/hardware-stamping.test.ts'],
  },
]
