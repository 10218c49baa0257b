import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { faultOf, unwrap } from '../../../test/support/results.ts'
import { sha384 } from '../../core/hash.ts'
import { manifestDigest, readManifest } from './manifest.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-manifest-'))
after(() => rmSync(folder, { recursive: true }))

test('a manifest names every file of the package with its digest, and any other byte gives another digest', async () => {
  for (const part of ['src/core', 'drivers', 'docs']) mkdirSync(join(folder, part), { recursive: true })
  assert.equal(faultOf(await readManifest(folder)).code, 'attestation.package')
  const files = ['src/core/b.ts', 'src/a.ts', 'drivers/c.ts', 'package.json', 'package-lock.json']
  for (const file of [...files, 'docs/read.md']) writeFileSync(join(folder, file), file)
  const manifest = unwrap(await readManifest(folder))
  assert.deepEqual(
    manifest.files.map(({ path }) => path),
    files.toSorted(),
  )
  assert.deepEqual(manifest.files[0]?.digest, sha384(Buffer.from('drivers/c.ts')))
  const digests = new Set([manifestDigest(manifest).toHex()])
  writeFileSync(join(folder, 'src/a.ts'), 'src/a.tS')
  digests.add(manifestDigest(unwrap(await readManifest(folder))).toHex())
  writeFileSync(join(folder, 'src/d.ts'), '')
  digests.add(manifestDigest(unwrap(await readManifest(folder))).toHex())
  assert.equal(digests.size, 3)
})

test('the package that runs has one', async () => {
  const { files } = unwrap(await readManifest())
  assert.ok(files.some(({ path }) => path === 'src/agent/attestation/manifest.ts'))
})
