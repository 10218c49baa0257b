import assert from 'node:assert/strict'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { destroyKeyFile, readKeyFile, writeKeyFile } from './key-file.ts'
import { generateSeed, seedToPem } from './seed.ts'

let folder: string
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'quorumtime-key-'))
})
after(() => rmSync(folder, { recursive: true }))

const modeOf = (path: string): number => statSync(path).mode & 0o7777

test('a key file is read back, has mode 0600 whatever the umask, and leaves nothing else behind', () => {
  for (const umask of [0o000, 0o022, 0o777]) {
    const inner = join(folder, `umask-${umask}`)
    mkdirSync(inner)
    const path = join(inner, 'node.key')
    const seed = generateSeed()
    const before = process.umask(umask)
    const written = writeKeyFile(path, seed)
    process.umask(before)
    assert.deepEqual(written, { ok: true, value: undefined })
    assert.equal(modeOf(path), 0o600)
    assert.deepEqual(readKeyFile(path), { ok: true, value: seed })
    assert.deepEqual(readdirSync(inner), ['node.key'])
  }
})

test('a file that exists is left as it is', () => {
  const path = join(folder, 'taken.key')
  writeFileSync(path, 'something else')
  const result = writeKeyFile(path, generateSeed())
  assert(!result.ok)
  assert.equal(result.fault.code, 'key.exists')
  assert(result.fault.message.startsWith(`${path}: expected no file here yet, got`))
  assert.equal(readFileSync(path, 'utf8'), 'something else')
})

test('a dangling symbolic link is not followed', () => {
  const path = join(folder, 'link.key')
  symlinkSync(join(folder, 'elsewhere.key'), path)
  const result = writeKeyFile(path, generateSeed())
  assert(!result.ok)
  assert.equal(result.fault.code, 'key.exists')
})

test('a folder that is not there is a fault', () => {
  const result = writeKeyFile(join(folder, 'absent', 'node.key'), generateSeed())
  assert(!result.ok)
  assert.equal(result.fault.code, 'key.write')
})

test('a file that group or others may touch is refused', () => {
  const path = join(folder, 'open.key')
  writeKeyFile(path, generateSeed())
  for (const mode of [0o640, 0o604, 0o620, 0o610, 0o666]) {
    chmodSync(path, mode)
    const result = readKeyFile(path)
    assert(!result.ok)
    assert.equal(result.fault.code, 'key.permissions')
    assert.equal(result.fault.message, `${path}: expected mode 0600 or stricter, got 0${mode.toString(8)}`)
  }
  chmodSync(path, 0o400)
  assert.equal(readKeyFile(path).ok, true)
})

test('a missing file, a folder, a huge file and other text are faults with the path in them', () => {
  const put = (name: string, text: string): string => {
    const path = join(folder, name)
    writeFileSync(path, text, { mode: 0o600 })
    return path
  }
  const cases = [
    [join(folder, 'none.key'), 'key.missing'],
    [folder, 'key.format'],
    [put('huge.key', seedToPem(generateSeed()) + '\n'.repeat(4096)), 'key.format'],
    [put('text.key', 'not a key'), 'key.format'],
  ] as const
  for (const [path, code] of cases) {
    const result = readKeyFile(path)
    assert(!result.ok)
    assert.equal(result.fault.code, code)
    assert(result.fault.message.startsWith(`${path}: expected `))
  }
})

test('a key that is destroyed is overwritten before it is removed, and one that is not there is a fault', () => {
  const path = join(folder, 'retired.key')
  const other = join(folder, 'retired-link.key')
  assert.ok(writeKeyFile(path, generateSeed()).ok)
  // The same blocks under another name show what became of them.
  linkSync(path, other)
  assert.ok(destroyKeyFile(path).ok)
  assert.ok(readFileSync(other).every((byte) => byte === 0))
  const again = destroyKeyFile(path)
  assert.ok(!again.ok && again.fault.code === 'key.write')
})
