import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readGenesis } from '../src/config/genesis.ts'
import { readConfiguration } from '../src/config/parse.ts'
import { membershipHash } from '../src/consensus/membership.ts'
import { sha384 } from '../src/core/hash.ts'
import { taiNs } from '../src/core/time.ts'
import { readKeyFile } from '../src/crypto/key-file.ts'
import { publicKeyToPem } from '../src/crypto/public-key.ts'
import { selectMlDsa } from '../src/crypto/select.ts'
import { openSafetyJournal, type SafetyJournal } from '../src/ledger/safety-journal.ts'
import { faultOf, unwrap } from '../test/support/results.ts'
import { type ClusterPlan, checkClusterPlan } from './cluster-plan.ts'
import { summaryLine } from './genesis-steps.ts'
import { createCluster, type NewClusterOptions } from './new-cluster.ts'

const scratch = mkdtempSync(join(tmpdir(), 'quorumtime-provisioning-'))
after(() => rmSync(scratch, { recursive: true }))

const GENESIS_TAI = taiNs(1_900_000_000_000_000_000n)
let folders = 0

function newFolder(): string {
  folders += 1
  return join(scratch, `rack-${folders}`)
}

function planOf(names: readonly string[], changes: object = {}): ClusterPlan {
  const appliances = names.map((name, index) => ({
    name,
    site: 'hall-a',
    address: `192.0.2.${10 + index}`,
    sources: [
      { name: 'gnss0', kind: 'nmea-receiver', class: 'gnss', domain: 'gnss', device: '/dev/serial/by-path/gnss0' },
    ],
  }))
  return unwrap(checkClusterPlan({ cluster: 'rack-7', appliances, ...changes }, 'plan'))
}

function optionsFor(folder: string, changes: Partial<NewClusterOptions> = {}): NewClusterOptions {
  return {
    plan: planOf(['ts0', 'ts1']),
    folder,
    dryRun: false,
    updateConfigurations: false,
    genesisTai: GENESIS_TAI,
    ...changes,
  }
}

/** Every file and folder below a folder, with its mode and content. */
function snapshot(folder: string): Readonly<Record<string, string>> {
  if (!existsSync(folder)) return {}
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name)
    const mode = (statSync(path).mode & 0o777).toString(8)
    return [relative(folder, path), `${mode} ${entry.isFile() ? readFileSync(path, 'hex') : 'folder'}`] as const
  })
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function modeOf(...path: readonly string[]): string {
  return (statSync(join(...path)).mode & 0o777).toString(8)
}

test('a cluster gets keys, journals, configurations and one genesis, with keys that only their owner can read', () => {
  const folder = newFolder()
  const { steps, membership } = unwrap(createCluster(optionsFor(folder)))
  assert.ok(membership !== undefined)
  assert.ok(steps.every(({ action }) => action === 'create'))
  assert.deepEqual(unwrap(readGenesis(join(folder, 'genesis.cbor'))), membership)
  assert.equal(membership.genesisTai, GENESIS_TAI)
  for (const [id, name] of ['ts0', 'ts1'].entries()) {
    assert.equal(modeOf(folder, name, 'keys'), '700')
    assert.equal(modeOf(folder, name, 'keys', 'signing.pem'), '600')
    assert.equal(modeOf(folder, name, 'keys', 'tls.pem'), '600')
    assert.equal(unwrap(readConfiguration(join(folder, name, 'config.toml'))).node.name, name)
    assert.deepEqual(unwrap(readGenesis(join(folder, name, 'genesis.cbor'))), membership)
    const journal: SafetyJournal = unwrap(
      openSafetyJournal(join(folder, name, 'state', 'journal.sqlite'), {
        membershipHash: membershipHash(membership),
        member: id,
        keyHash: sha384(membership.members[id]?.signingKey ?? new Uint8Array()),
      }),
    )
    assert.equal(journal.bootCount, 1)
    journal.close()
  }
  assert.match(summaryLine(membership), /^cluster rack-7, membership [0-9a-f]+…: 2 appliances, 2 decide, 0 may lie$/)
})

test('run again, it changes nothing', () => {
  const folder = newFolder()
  const first = unwrap(createCluster(optionsFor(folder)))
  const before = snapshot(folder)
  const again = unwrap(createCluster(optionsFor(folder, { genesisTai: taiNs(1n) })))
  assert.ok(again.steps.every(({ action }) => action === 'keep'))
  assert.deepEqual(again.membership, first.membership)
  assert.deepEqual(snapshot(folder), before)
})

test('a dry run says the same steps and writes nothing', () => {
  const folder = newFolder()
  const dry = unwrap(createCluster(optionsFor(folder, { dryRun: true })))
  assert.equal(existsSync(folder), false)
  assert.equal(dry.membership, undefined)
  const real = unwrap(createCluster(optionsFor(folder)))
  const lines = (steps: typeof dry.steps): readonly string[] =>
    steps.map(({ action, path, what }) => `${action} ${path} ${what}`)
  assert.deepEqual(lines(dry.steps), lines(real.steps))
  const known = unwrap(createCluster(optionsFor(folder, { dryRun: true })))
  assert.deepEqual(known.membership, real.membership)
})

test('operators get keys of their own, which they may take away', () => {
  const folder = newFolder()
  const plan = planOf(['ts0', 'ts1'], { operators: ['ada', 'grace', 'joan'] })
  const { membership } = unwrap(createCluster(optionsFor(folder, { plan })))
  assert.deepEqual(
    membership?.operators.map(({ name }) => name),
    ['ada', 'grace', 'joan'],
  )
  assert.equal(membership?.operatorThreshold, 2, 'more than half')
  assert.equal(modeOf(folder, 'operators'), '700')
  for (const { name, signingKey } of membership?.operators ?? []) {
    const path = join(folder, 'operators', `${name}.pem`)
    assert.equal(modeOf(path), '600')
    assert.deepEqual(selectMlDsa().createSigner(unwrap(readKeyFile(path))).publicKey, signingKey)
  }
  rmSync(join(folder, 'operators'), { recursive: true })
  const before = snapshot(folder)
  const again = unwrap(createCluster(optionsFor(folder, { plan })))
  assert.deepEqual(again.membership, membership)
  assert.deepEqual(snapshot(folder), before, 'no key is made a second time')
})

test('an operator who brings a public key keeps the private half elsewhere', () => {
  const folder = newFolder()
  const operators = join(folder, 'operators')
  const plan = planOf(['ts0', 'ts1'], { operators: ['ada', 'grace'] })
  const [ada, grace] = [1, 2].map((byte) => selectMlDsa().createSigner(new Uint8Array(32).fill(byte)).publicKey)
  assert.ok(ada && grace)
  mkdirSync(operators, { recursive: true, mode: 0o700 })
  writeFileSync(join(operators, 'ada.pub'), publicKeyToPem(ada))
  writeFileSync(join(operators, 'grace.pub'), 'nonsense')
  const garbled = faultOf(createCluster(optionsFor(folder, { plan })))
  assert.equal(garbled.code, 'key.format')
  assert.match(garbled.message, /grace\.pub: expected an ML-DSA-87 public key in PEM/)
  writeFileSync(join(operators, 'grace.pub'), publicKeyToPem(grace))
  const { membership } = unwrap(createCluster(optionsFor(folder, { plan })))
  assert.deepEqual(
    membership?.operators.map(({ signingKey }) => signingKey),
    [ada, grace],
  )
  assert.deepEqual(readdirSync(operators).sort(), ['ada.pub', 'grace.pub'], 'no private key is made')
  rmSync(join(operators, 'ada.pub'))
  const before = snapshot(folder)
  assert.deepEqual(unwrap(createCluster(optionsFor(folder, { plan }))).membership, membership)
  assert.deepEqual(snapshot(folder), before)
  writeFileSync(join(operators, 'ada.pub'), publicKeyToPem(grace))
  assert.equal(faultOf(createCluster(optionsFor(folder, { plan }))).code, 'encoding.rule')
})

test('two halves of an operator key that do not belong together are refused', () => {
  const folder = newFolder()
  const plan = planOf(['ts0', 'ts1'], { operators: ['ada'] })
  unwrap(createCluster(optionsFor(folder, { plan })))
  const { publicKey } = selectMlDsa().createSigner(new Uint8Array(32).fill(1))
  writeFileSync(join(folder, 'operators', 'ada.pub'), publicKeyToPem(publicKey))
  const { code, message } = faultOf(createCluster(optionsFor(folder, { plan })))
  assert.equal(code, 'operator.keys')
  assert.match(message, /ada\.pem: expected the private half of ada\.pub beside it, got another key$/)
})

test('a cluster has one operator unless its plan says otherwise, and may have none', () => {
  const one = unwrap(createCluster(optionsFor(newFolder()))).membership
  assert.deepEqual([one?.operators.length, one?.operatorThreshold], [1, 1])
  const folder = newFolder()
  const plan = planOf(['ts0', 'ts1'], { operators: [] })
  const none = unwrap(createCluster(optionsFor(folder, { plan }))).membership
  assert.deepEqual([none?.operators.length, none?.operatorThreshold], [0, 0])
  assert.equal(existsSync(join(folder, 'operators')), false)
})

test('operators that can not be are refused', () => {
  for (const [changes, expected] of [
    [{ operators: ['ada', 'ada'] }, /plan: operators: expected each name once, got "ada" twice$/],
    [{ operators: ['../ada'] }, /plan: operators\[0\]: expected a name of at most 64 letters/],
    [{ operators: ['ada'], operatorThreshold: 2 }, /plan: operatorThreshold: expected a number in \[1, 1\], got 2$/],
    [{ operators: ['ada'], operatorThreshold: 0 }, /plan: operatorThreshold: expected a number in \[1, 1\], got 0$/],
  ] as const) {
    const appliances = [{ name: 'ts0', site: 'hall', address: '192.0.2.1', sources: [] }]
    assert.match(faultOf(checkClusterPlan({ cluster: 'rack-7', appliances, ...changes }, 'plan')).message, expected)
  }
})

test('an interrupted run is finished by the next, with the keys and the genesis that are there', () => {
  const folder = newFolder()
  const whole = unwrap(createCluster(optionsFor(folder)))
  // As if it had stopped before the second appliance got its journal.
  for (const file of ['state/journal.sqlite', 'config.toml', 'genesis.cbor']) rmSync(join(folder, 'ts1', file))
  const resumed = unwrap(createCluster(optionsFor(folder, { genesisTai: taiNs(1n) })))
  assert.deepEqual(resumed.membership, whole.membership)
  const created = resumed.steps.filter(({ action }) => action === 'create').map(({ path }) => relative(folder, path))
  assert.deepEqual(created, ['ts1/state/journal.sqlite', 'ts1/config.toml', 'ts1/genesis.cbor'])
  // As if it had stopped among the keys.
  const early = newFolder()
  mkdirSync(early)
  unwrap(createCluster(optionsFor(early)))
  rmSync(join(early, 'genesis.cbor'))
  rmSync(join(early, 'ts1'), { recursive: true })
  for (const file of ['state', 'config.toml', 'genesis.cbor']) rmSync(join(early, 'ts0', file), { recursive: true })
  const key = readFileSync(join(early, 'ts0', 'keys', 'signing.pem'), 'utf8')
  unwrap(createCluster(optionsFor(early)))
  assert.equal(readFileSync(join(early, 'ts0', 'keys', 'signing.pem'), 'utf8'), key)
})

test('a plan that gives another genesis is refused before anything is written', () => {
  const folder = newFolder()
  unwrap(createCluster(optionsFor(folder)))
  const before = snapshot(folder)
  for (const plan of [
    planOf(['ts0', 'ts1', 'ts2']),
    planOf(['ts0']),
    planOf(['ts1', 'ts0']),
    planOf(['ts0', 'ts1'], { cluster: 'rack-8' }),
    planOf(['ts0', 'ts1'], { epochPeriodMs: 500 }),
    planOf(['ts0', 'ts1'], { acceptSingleDomain: ['gnss'] }),
  ]) {
    const fault = faultOf(createCluster(optionsFor(folder, { plan })))
    assert.equal(fault.code, 'genesis.differs')
    assert.match(
      fault.message,
      /genesis\.cbor: expected the genesis that follows from the plan and the keys, got another/,
    )
    assert.deepEqual(snapshot(folder), before)
  }
})

test('what is lost of a cluster that has a genesis is told and never made again', () => {
  for (const [file, code] of [
    ['ts1/keys/tls.pem', 'provisioning.key-lost'],
    ['ts0/keys/signing.pem', 'provisioning.key-lost'],
    ['ts1/state/journal.sqlite', 'provisioning.journal-lost'],
  ] as const) {
    const folder = newFolder()
    unwrap(createCluster(optionsFor(folder)))
    rmSync(join(folder, file))
    const before = snapshot(folder)
    const fault = faultOf(createCluster(optionsFor(folder)))
    assert.equal(fault.code, code)
    assert.ok(fault.message.startsWith(`${join(folder, file)}: expected the `), fault.message)
    assert.deepEqual(snapshot(folder), before)
  }
})

test('a configuration that was changed by hand is replaced only when that is asked for', () => {
  const folder = newFolder()
  unwrap(createCluster(optionsFor(folder)))
  const path = join(folder, 'ts0', 'config.toml')
  const original = readFileSync(path, 'utf8')
  writeFileSync(path, `${original}\n# by hand\n`)
  const before = snapshot(folder)
  const fault = faultOf(createCluster(optionsFor(folder)))
  assert.equal(fault.code, 'config.differs')
  assert.match(fault.message, /got another; --update-configurations replaces it$/)
  assert.deepEqual(snapshot(folder), before)
  const { steps } = unwrap(createCluster(optionsFor(folder, { updateConfigurations: true })))
  const updated = steps.filter(({ action }) => action !== 'keep').map((step) => `${step.action} ${step.path}`)
  assert.deepEqual(updated, [`update ${path}`])
  assert.equal(readFileSync(path, 'utf8'), original)
})

test('a key that others can read is refused', () => {
  const folder = newFolder()
  mkdirSync(join(folder, 'ts0', 'keys'), { recursive: true })
  writeFileSync(join(folder, 'ts0', 'keys', 'signing.pem'), 'a key', { mode: 0o644 })
  assert.equal(faultOf(createCluster(optionsFor(folder))).code, 'key.permissions')
  assert.equal(existsSync(join(folder, 'ts1')), false)
})

test('a plan whose configurations could not be read is refused before anything is written', () => {
  const folder = join(newFolder(), 'x'.repeat(100))
  const fault = faultOf(createCluster(optionsFor(folder)))
  assert.match(fault.message, /ts0\/config\.toml: node\.controlSocket: expected a path of at most 107 bytes/)
  assert.equal(existsSync(folder), false)
})

test('a folder that can not be written to is a fault', () => {
  const file = newFolder()
  writeFileSync(file, 'a file')
  const fault = faultOf(createCluster(optionsFor(join(file, 'below'))))
  assert.equal(fault.code, 'provisioning.write')
  assert.match(fault.message, /below: expected to make this folder, got ENOTDIR/)
})

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

function newCluster(...arguments_: readonly string[]): Promise<Ended> {
  const script = fileURLToPath(new URL('new-cluster', import.meta.url))
  return new Promise((resolve) => {
    const child = execFile(script, arguments_, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode, stdout, stderr })
    })
  })
}

test('the command makes the example plan, and says what it does', async () => {
  const folder = newFolder()
  const plan = fileURLToPath(new URL('example-plan.toml', import.meta.url))
  const dry = await newCluster('--plan', plan, '--out', folder, '--dry-run')
  assert.equal(dry.code, 0, dry.stderr)
  assert.match(dry.stdout, /^would create .*rack-\d+\/ts3\/keys\/signing\.pem \(ML-DSA-87 signing key, mode 0600\)$/m)
  assert.equal(existsSync(folder), false)
  const made = await newCluster('--plan', plan, '--out', folder)
  assert.equal(made.code, 0, made.stderr)
  assert.match(made.stdout, /^cluster rack-7, membership [0-9a-f]+…: 4 appliances, 3 decide, 1 may lie$/m)
  assert.equal(made.stdout.replaceAll(/^(?=create)/gm, 'would ').includes(dry.stdout), true)
})

test('the command says what is wrong on standard error and ends with 1', async () => {
  const folder = newFolder()
  for (const [arguments_, expected] of [
    [[], 'new-cluster: expected --plan FILE and --out FOLDER; --help explains\n'],
    [
      ['--plan', join(scratch, 'absent.toml'), '--out', folder],
      'absent.toml: expected a cluster plan, got no such file',
    ],
    [['--force'], "Unknown option '--force'"],
  ] as const) {
    const { code, stdout, stderr } = await newCluster(...arguments_)
    assert.equal(code, 1)
    assert.equal(stdout, '')
    assert.ok(stderr.includes(expected), stderr)
    assert.equal(stderr.trim().includes('\n'), false, stderr)
  }
  assert.equal(existsSync(folder), false)
})
