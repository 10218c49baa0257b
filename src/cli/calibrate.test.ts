import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Ended, quorumtime } from '../../test/support/agent-process.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { readConfiguration } from '../config/parse.ts'
import { measuredDelay } from './calibrate/measured-delay.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-calibrate-'))
after(() => rmSync(folder, { recursive: true }))

const config = join(folder, 'config.toml')
const records = join(folder, 'calibrations.toml')
const NODE = `[node]
name = "ts0"
genesis = "g"
signingKey = "s"
tlsKey = "t"
stateDirectory = "d"
controlSocket = "c.sock"
`
const REST = `
[cluster]
listen = "127.0.0.1:1"
rangingListen = "127.0.0.1:1"
peers = []

[[sources]]
name = "gnss0"
kind = "nmea-receiver"
class = "gnss"
domain = "gnss"
device = "/dev/ttyS0"
pulseSocket = "p.sock"
`

function calibrate(...more: readonly string[]): Promise<Ended> {
  const who = ['--by', 'A. Meier', '--at', '2026-11-28T04:30:00Z']
  return quorumtime('calibrate', 'gnss0', '--config', config, ...who, ...more)
}

test('a measured delay is recorded, shown, replaced, and read by the configuration that names the file', async () => {
  writeFileSync(config, NODE + REST)
  const measured = ['--method', 'tdr', '--delay', '77', '--uncertainty', '1.5']
  const dry = await calibrate(...measured, '--dry-run')
  assert.match(dry.stdout, /nothing was written/)
  assert.ok(!existsSync(records))
  const first = await calibrate(...measured, '--note', 'LMR-400, 20 m')
  assert.deepEqual([first.code, first.stderr], [0, ''])
  assert.match(first.stdout, /^gnss0: 77 ns ± 2 ns, tdr, by A\. Meier at 2026-11-28T04:30:00Z\n/)
  assert.match(first.stdout, /note: the agent reads it once \[node\] has the line calibrations = "calibrations\.toml"/)
  writeFileSync(config, `${NODE}calibrations = "calibrations.toml"\n${REST}`)
  const [source] = unwrap(readConfiguration(config)).sources
  assert.deepEqual([source?.delayNs, source?.delayUncertaintyNs], [77, 2])
  const second = await calibrate('--method', 'datasheet', '--length', '30', '--velocity', '0.85', '--json')
  const { record, replaces, written } = JSON.parse(second.stdout) as Record<string, Record<string, unknown>>
  assert.deepEqual([record?.['delayNs'], record?.['uncertaintyNs'], replaces?.['delayNs'], written], [118, 6, 77, true])
  assert.equal(unwrap(readConfiguration(config)).sources[0]?.delayNs, 118)
  assert.match(readFileSync(records, 'utf8'), /note = "LMR-400, 20 m"/)
  assert.ok(!existsSync(`${records}.new`))
})

test('what is missing, unknown or told twice is refused in a sentence, and nothing is written', async () => {
  writeFileSync(config, NODE + REST)
  const stating = join(folder, 'stating.toml')
  writeFileSync(stating, `${NODE + REST}delayNs = 70\n`)
  rmSync(records, { force: true })
  const view = ['--method', 'common-view', '--against', 'gnss1', '--seconds', '30']
  for (const [more, sentence] of [
    [['--method', 'tdr', '--delay', '77'], /--method tdr: expected --delay \(half of the echo\) and --uncertainty/],
    [view, /gnss1: expected a recorded calibration, or --reference-uncertainty of 0 or more, got neither/],
    [[...view, '--reference-uncertainty', '5'], /c\.sock: expected a running agent, got no socket/],
    [[...view, '--delay', '5'], /--against: expected --method common-view, another source, and neither --delay/],
    [
      [...view, '--reference-uncertainty', '5', '--config', stating],
      /source gnss0: expected no delayNs of its own, or/,
    ],
    [['--method', 'guess'], /argument 'guess' is invalid/],
    [['--method', 'tdr', '--delay', 'long', '--uncertainty', '1'], /expected a number, got "long"/],
  ] as const) {
    const ended = await calibrate(...more)
    assert.notEqual(ended.code, 0)
    assert.match(ended.stderr, sentence)
  }
  const unknown = await quorumtime('calibrate', 'gnss7', '--config', config, '--method', 'tdr', '--by', 'me')
  assert.match(unknown.stderr, /expected one of gnss0, got "gnss7"/)
  assert.ok(!existsSync(records))
})

test('the delay of a cable is its length over its velocity, unsure by a twentieth unless told', () => {
  const told = { method: 'datasheet', length: 100, velocity: 0.66 } as const
  assert.deepEqual(unwrap(measuredDelay(told)), { delayNs: 505, uncertaintyNs: 26 })
  assert.deepEqual(unwrap(measuredDelay({ ...told, uncertainty: 3 })), { delayNs: 505, uncertaintyNs: 3 })
  assert.equal(faultOf(measuredDelay({ ...told, velocity: 66 })).code, 'calibration.told')
  assert.equal(faultOf(measuredDelay({ ...told, method: 'tdr' })).code, 'calibration.told')
})
