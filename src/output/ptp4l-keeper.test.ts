import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DataSetName, DataSetValue } from '../../drivers/ptp/management-data-sets.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { monoNs } from '../core/time.ts'
import type { Ptp4l } from './ptp4l.ts'
import { createPtp4lKeeper, type GrandmasterSettings } from './ptp4l-keeper.ts'

const WANTED = { clockClass: 6, clockAccuracy: 0x23, currentUtcOffset: 37, flags: 0x3c, timeSource: 0x20 }
const FRESH: GrandmasterSettings = {
  clockQuality: { clockClass: 248, clockAccuracy: 0xfe, offsetScaledLogVariance: 0x4e5d },
  currentUtcOffset: 36,
  flags: 0,
  timeSource: 0xa0,
}

/** A ptp4l's answers as values; what a real one does is in test/hil/ptp4l-management.test.ts. */
function answers(changes: { slaveOnly?: boolean; stubborn?: boolean } = {}) {
  const asked: string[] = []
  const state = { settings: FRESH, isDeaf: false, portState: 6 }
  const said = (name: DataSetName): object => {
    if (name === 'DEFAULT_DATA_SET') return defaultDataSet
    return name === 'PORT_DATA_SET' ? { portState: state.portState } : state.settings
  }
  const defaultDataSet = { flags: changes.slaveOnly ? 3 : 1, clockQuality: FRESH.clockQuality }
  const ptp4l: Pick<Ptp4l, 'get' | 'set'> = {
    get: <Name extends DataSetName>(name: Name) => {
      asked.push(`GET ${name}`)
      const answer: Result<DataSetValue<Name>> = state.isDeaf
        ? fail('ptp4l.silent', 'expected an answer, got silence')
        : ok(said(name) as DataSetValue<Name>)
      return Promise.resolve(answer)
    },
    set: <Name extends DataSetName>(name: Name, value: DataSetValue<Name>) => {
      asked.push(`SET ${name}`)
      if (changes.stubborn !== true) state.settings = value as GrandmasterSettings
      return Promise.resolve(ok(state.settings as DataSetValue<Name>))
    },
  }
  return { keeper: createPtp4lKeeper(ptp4l), asked, state }
}

const SECOND = 1_000_000_000n

test('it is set once, after it has shown that it may be a grandmaster, and only looked at from then on', async () => {
  const { keeper, asked, state } = answers()
  const first = await keeper.keep(WANTED, monoNs(0n))
  assert.ok(first?.ok && first.value.change === 'set')
  assert.deepEqual(asked, [
    'GET GRANDMASTER_SETTINGS_NP',
    'GET PORT_DATA_SET',
    'GET DEFAULT_DATA_SET',
    'SET GRANDMASTER_SETTINGS_NP',
  ])
  assert.deepEqual(state.settings, {
    clockQuality: { clockClass: 6, clockAccuracy: 0x23, offsetScaledLogVariance: 0x4e5d },
    currentUtcOffset: 37,
    flags: 0x3c,
    timeSource: 0x20,
  })
  const second = await keeper.keep(WANTED, monoNs(SECOND))
  assert.ok(second?.ok && second.value.change === 'none')
  assert.deepEqual(asked.slice(4), ['GET GRANDMASTER_SETTINGS_NP', 'GET PORT_DATA_SET'])
})

test('that a better one is on the link is told, and its settings are kept all the same', async () => {
  const { keeper, state } = answers()
  state.portState = 7
  const kept = await keeper.keep(WANTED, monoNs(0n))
  assert.ok(kept?.ok)
  assert.deepEqual([kept.value.change, kept.value.portState], ['set', 7])
})

test('an unknown UTC offset leaves what it has', async () => {
  const { keeper, state } = answers()
  await keeper.keep({ ...WANTED, currentUtcOffset: undefined }, monoNs(0n))
  assert.equal(state.settings.currentUtcOffset, 36)
})

test('settings that were lost are set again, and told apart from settings that are new', async () => {
  const { keeper, state } = answers()
  await keeper.keep(WANTED, monoNs(0n))
  const newer = await keeper.keep({ ...WANTED, clockClass: 7 }, monoNs(SECOND))
  assert.ok(newer?.ok && newer.value.change === 'set')
  state.settings = FRESH
  const again = await keeper.keep({ ...WANTED, clockClass: 7 }, monoNs(2n * SECOND))
  assert.ok(again?.ok && again.value.change === 'set-again')
})

test('a receiver is told nothing', async () => {
  const { keeper, asked } = answers({ slaveOnly: true })
  const kept = await keeper.keep(WANTED, monoNs(0n))
  assert.ok(kept?.ok === false)
  assert.equal(kept.fault.code, 'ptp4l.receiver')
  assert.ok(!asked.some((question) => question.startsWith('SET')))
})

test('what it did not take is told with both', async () => {
  const kept = await answers({ stubborn: true }).keeper.keep(WANTED, monoNs(0n))
  assert.ok(kept?.ok === false)
  assert.equal(
    kept.fault.message,
    'expected ptp4l to have class 6, accuracy 0x23, variance 0x4e5d, UTC offset 37, flags 0x3c, source 0x20, ' +
      'got class 248, accuracy 0xfe, variance 0x4e5d, UTC offset 36, flags 0x0, source 0xa0',
  )
})

test('after failures it is left alone for longer and longer, up to four seconds', async () => {
  const { keeper, asked, state } = answers()
  state.isDeaf = true
  const waits: bigint[] = []
  let last = 0n
  for (let now = 0n; now < 30n * SECOND; now += SECOND / 10n) {
    const before = asked.length
    await keeper.keep(WANTED, monoNs(now))
    if (asked.length === before) continue
    waits.push((now - last) / (SECOND / 10n))
    last = now
  }
  assert.deepEqual(waits, [0n, 5n, 10n, 20n, 40n, 40n, 40n, 40n, 40n, 40n])
  state.isDeaf = false
  const back = await keeper.keep(WANTED, monoNs(60n * SECOND))
  assert.ok(back?.ok)
})
