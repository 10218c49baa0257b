import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { clockFamilies, families, packetFamilies } from '../drivers/index.ts'
import { faultOf, unwrap } from '../test/support/results.ts'
import { checkClusterPlan, readClusterPlan } from './cluster-plan.ts'

const scratch = mkdtempSync(join(tmpdir(), 'quorumtime-plan-'))
after(() => rmSync(scratch, { recursive: true }))

const SOURCE = { name: 'gnss0', kind: 'nmea-receiver', class: 'gnss', domain: 'gnss', device: '/dev/ttyS0' }

function appliance(index: number, changes: object = {}): object {
  return { name: `ts${index}`, site: 'hall-a', address: `192.0.2.${index}`, sources: [], ...changes }
}

/** The sentences about a plan of two appliances with these changes. */
function complaints(changes: object, ...appliances: readonly object[]): readonly string[] {
  const input = { cluster: 'rack-7', appliances: appliances.length === 0 ? [appliance(0), appliance(1)] : appliances }
  const fault = faultOf(checkClusterPlan({ ...input, ...changes }, 'plan.toml'))
  assert.equal(fault.code, 'config.value')
  return fault.message.split('\n').map((line) => line.replace(/^plan\.toml: /, ''))
}

test('the example plan is valid, and defaults are filled in', () => {
  const plan = unwrap(readClusterPlan(fileURLToPath(new URL('example-plan.toml', import.meta.url))))
  assert.deepEqual(
    plan.appliances.map(({ name }) => name),
    ['ts0', 'ts1', 'ts2', 'ts3'],
  )
  assert.equal(plan.epochPeriodMs, 1_000)
  assert.deepEqual(
    plan.appliances.map(({ clusterPort, rangingPort, oscillator }) => [clusterPort, rangingPort, oscillator]),
    Array.from({ length: 4 }, () => [7400, 7401, 'crystal']),
  )
})

test('every mistake gets its own sentence with place, expected and got', () => {
  assert.deepEqual(complaints({ cluster: 'rack 7', epochPeriodMs: 50, colour: 'red' }), [
    'cluster: expected a name of at most 64 letters, digits, ".", "_" and "-", got "rack 7"',
    'epochPeriodMs: expected an integer from 100 to 60000, got 50',
    'colour: expected one of cluster, epochPeriodMs, targetPrecisionNs, acceptSingleDomain, operators, operatorThreshold, attestation, appliances, got an unknown key',
  ])
  assert.deepEqual(complaints({ appliances: [] }), ['appliances: expected a list of at least one appliance, got []'])
  assert.deepEqual(complaints({}, appliance(0, { address: 'ts0.example', clusterPort: 0 })), [
    'appliances[0].address: expected an IP address, got "ts0.example"',
    'appliances[0].clusterPort: expected an integer from 1 to 65535, got 0',
  ])
})

test('two appliances differ in name and in place', () => {
  assert.deepEqual(complaints({}, appliance(0), appliance(1, { name: 'ts0' })), [
    'appliances[1].name: expected a name that no other appliance has, got "ts0"',
  ])
  assert.deepEqual(complaints({}, appliance(0), appliance(1, { address: '192.0.2.0', rangingPort: 7500 })), [
    'appliances[1].clusterPort: expected a place that no other appliance has, got 192.0.2.0:7400',
  ])
  const sameMachine = [
    appliance(0, { address: '::1' }),
    appliance(1, { address: '::1', clusterPort: 7500, rangingPort: 7501 }),
  ]
  assert.ok(checkClusterPlan({ cluster: 'rack-7', appliances: sameMachine }, 'plan.toml').ok)
})

test('what hangs on an appliance is checked by its driver family', () => {
  const kinds = [...families, ...packetFamilies, ...clockFamilies].map(({ kind }) => kind)
  assert.deepEqual(complaints({}, appliance(0), appliance(1, { sources: [{ ...SOURCE, kind: 'sundial' }] })), [
    `appliances[1].sources[0].kind: expected one of ${kinds.join(', ')}, got "sundial"`,
  ])
  const wrong = appliance(0, { sources: [{ ...SOURCE, options: { silenceSeconds: 1 } }] })
  assert.deepEqual(complaints({}, wrong), [
    'appliances[0].sources[0].options.silenceSeconds: expected an integer from 2 to 3600, got 1',
  ])
})

test('a plan that is no TOML is refused with line and column', () => {
  const path = join(scratch, 'plan.toml')
  writeFileSync(path, 'cluster = "rack-7"\nappliances = [\n')
  const fault = faultOf(readClusterPlan(path))
  assert.equal(fault.code, 'config.toml')
  assert.match(fault.message, /plan\.toml:\d+:\d+: expected TOML, got a mistake: /)
})
