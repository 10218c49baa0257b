import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FLAGS } from '../../drivers/ptp/header.ts'
import type { CertifiedLeap } from '../consensus/outcome.ts'
import { NS_PER_SECOND, plus, taiNs } from '../core/time.ts'
import {
  type AnnouncedQuality,
  NO_QUALITY,
  type QualityInput,
  qualityOf,
  type SettingsInput,
  settingsOf,
} from './ptp4l-settings.ts'

const CERTIFIED: QualityInput['served'] = { origin: 'certified', flags: [] }
const FALLBACK: QualityInput['served'] = { origin: 'own-hardware', flags: ['hardware-fallback'] }
const REFUTED: QualityInput['served'] = { origin: 'certified', flags: ['own-hardware-misses-region'] }

/** [what, input beside a locked appliance with certified time and a clock within 800 ns, grade, accuracy]. */
const QUALITIES: readonly (readonly [string, Partial<QualityInput>, AnnouncedQuality['grade'], number])[] = [
  ['locked', {}, 'locked', 0x23],
  ['exactly a microsecond', { promisedNs: 1_000n }, 'locked', 0x23],
  ['a nanosecond more', { promisedNs: 1_001n }, 'locked', 0x24],
  ['holdover', { mode: 'holdover', promisedNs: 40_000n }, 'holdover', 0x27],
  ['free-running', { mode: 'free-running', promisedNs: 3_000_000n }, 'degraded', 0x2b],
  ['free-running, and still close', { mode: 'free-running' }, 'degraded', 0x23],
  ['certified by the others alone', { mode: 'acquiring' }, 'none', 0x23],
  ['locked, and nobody certifies it', { served: FALLBACK }, 'degraded', 0xfe],
  ['acquiring, and nobody certifies it', { served: FALLBACK, mode: 'acquiring' }, 'none', 0xfe],
  ['certified against the own hardware', { served: REFUTED }, 'holdover', 0x23],
  ['free-running, certified against the own hardware', { served: REFUTED, mode: 'free-running' }, 'degraded', 0x23],
  ['nothing served', { served: undefined }, 'none', 0xfe],
  ['a clock that is not kept near', { promisedNs: 2_000_001n }, 'degraded', 0x2a],
  ['a clock that is minutes off', { promisedNs: 60_000_000_000n }, 'degraded', 0x31],
  ['a clock on no scale that is known', { scale: undefined }, 'none', 0xfe],
  ['a clock that cannot be read', { promisedNs: undefined, scale: undefined }, 'none', 0xfe],
]

for (const [what, input, grade, clockAccuracy] of QUALITIES) {
  test(`${what}: announced as ${grade} with 0x${clockAccuracy.toString(16)}`, () => {
    const whole = { mode: 'locked', served: CERTIFIED, promisedNs: 800n, scale: 'tai', ...input } as const
    assert.deepEqual(qualityOf(whole), { grade, clockAccuracy })
  })
}

const LOCKED: AnnouncedQuality = { grade: 'locked', clockAccuracy: 0x23 }
/** 2017-01-01, the last leap second there was; TAI − UTC is 37 s from here on. */
const LEAP_AT = taiNs(1_483_228_837n * NS_PER_SECOND)
const INSERTED: CertifiedLeap = {
  taiMinusUtcSeconds: 36,
  event: { at: LEAP_AT, taiMinusUtcSeconds: 37 },
  resolved: true,
}
const DELETED: CertifiedLeap = { ...INSERTED, event: { at: LEAP_AT, taiMinusUtcSeconds: 35 } }
const STEADY: CertifiedLeap = { taiMinusUtcSeconds: 37, event: undefined, resolved: true }
const HOURS_12 = 43_200n * NS_PER_SECOND

const TRACEABLE = FLAGS.timeTraceable | FLAGS.frequencyTraceable
const WHOLE = FLAGS.ptpTimescale | FLAGS.utcOffsetValid | TRACEABLE

/** [what, input beside a locked GNSS appliance whose clock counts TAI, class, UTC offset, flags, time source]. */
const SETTINGS: readonly (readonly [string, Partial<SettingsInput>, number, number | undefined, number, number])[] = [
  ['locked', {}, 6, 37, WHOLE, 0x20],
  ['locked to caesium', { carriedBy: 'caesium' }, 6, 37, WHOLE, 0x10],
  ['locked to another grandmaster', { carriedBy: 'ptp' }, 6, 37, WHOLE, 0x40],
  ['holdover', { quality: { grade: 'holdover', clockAccuracy: 0x27 } }, 7, 37, WHOLE, 0xa0],
  [
    'degraded',
    { quality: { grade: 'degraded', clockAccuracy: 0x2b } },
    52,
    37,
    FLAGS.ptpTimescale | FLAGS.utcOffsetValid,
    0xa0,
  ],
  ['nothing', { quality: NO_QUALITY, taiNs: undefined, scale: undefined }, 248, undefined, 0, 0xa0],
  ['a clock on UTC', { scale: 'utc' }, 13, 37, TRACEABLE, 0x20],
  ['a clock on UTC in holdover', { scale: 'utc', quality: { ...LOCKED, grade: 'holdover' } }, 14, 37, TRACEABLE, 0xa0],
  ['a degraded clock on UTC', { scale: 'utc', quality: { ...LOCKED, grade: 'degraded' } }, 58, 37, 0, 0xa0],
  ['no certified UTC', { leap: undefined }, 6, undefined, FLAGS.ptpTimescale | TRACEABLE, 0x20],
  [
    'UTC that is certified no longer',
    { leap: { ...STEADY, resolved: false } },
    6,
    37,
    FLAGS.ptpTimescale | TRACEABLE,
    0x20,
  ],
  ['a leap second in 12 h and 1 ns', { leap: INSERTED, taiNs: plus(LEAP_AT, -HOURS_12 - 1n) }, 6, 36, WHOLE, 0x20],
  ['a leap second in 12 h', { leap: INSERTED, taiNs: plus(LEAP_AT, -HOURS_12) }, 6, 36, WHOLE | FLAGS.leap61, 0x20],
  ['an inserted second about to end', { leap: INSERTED, taiNs: plus(LEAP_AT, -1n) }, 6, 36, WHOLE | FLAGS.leap61, 0x20],
  ['an inserted second that is over', { leap: INSERTED, taiNs: LEAP_AT }, 6, 37, WHOLE, 0x20],
  ['a second to be left out', { leap: DELETED, taiNs: plus(LEAP_AT, -1n) }, 6, 36, WHOLE | FLAGS.leap59, 0x20],
  [
    'a leap second on a clock on UTC',
    { leap: INSERTED, taiNs: plus(LEAP_AT, -1n), scale: 'utc' },
    13,
    36,
    TRACEABLE,
    0x20,
  ],
]

for (const [what, input, clockClass, currentUtcOffset, flags, timeSource] of SETTINGS) {
  test(`${what}: class ${clockClass}, flags 0x${flags.toString(16)}`, () => {
    const whole = {
      quality: LOCKED,
      scale: 'tai',
      carriedBy: 'gnss',
      leap: STEADY,
      taiNs: plus(LEAP_AT, HOURS_12),
    } as const
    const settings = settingsOf({ ...whole, ...input })
    const clockAccuracy = (input.quality ?? LOCKED).clockAccuracy
    assert.deepEqual(settings, { clockClass, clockAccuracy, currentUtcOffset, flags, timeSource })
  })
}
