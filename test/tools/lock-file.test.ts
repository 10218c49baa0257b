import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missingPlatformPackages, uncheckedPackages } from './lock-file.ts'

const DIGEST = { integrity: 'sha512-AAAA' }

test('optional packages that the lock file lacks get an entry with their platform', () => {
  const packages = {
    '': {},
    'node_modules/tool': {
      ...DIGEST,
      dev: true,
      optionalDependencies: {
        '@tool/darwin-arm64': '1.2.3',
        '@tool/linux-arm64-musl': '1.2.3',
        '@tool/linux-x64-gnu': '1.2.3',
        '@tool/win32-x64-msvc': '1.2.3',
      },
    },
    'node_modules/@tool/linux-x64-gnu': { ...DIGEST, version: '1.2.3', optional: true },
  }
  assert.deepEqual(missingPlatformPackages({ packages }), {
    'node_modules/@tool/darwin-arm64': { version: '1.2.3', cpu: ['arm64'], os: ['darwin'], dev: true, optional: true },
    'node_modules/@tool/linux-arm64-musl': {
      version: '1.2.3',
      cpu: ['arm64'],
      libc: ['musl'],
      os: ['linux'],
      dev: true,
      optional: true,
    },
    'node_modules/@tool/win32-x64-msvc': { version: '1.2.3', cpu: ['x64'], os: ['win32'], dev: true, optional: true },
  })
})

test('an optional package is found where Node would find it', () => {
  const asks = { ...DIGEST, optionalDependencies: { b: '1.0.0' } }
  const found = (path: string): number =>
    Object.keys(missingPlatformPackages({ packages: { 'node_modules/x/node_modules/a': asks, [path]: DIGEST } })).length
  assert.equal(found('node_modules/x/node_modules/a/node_modules/b'), 0)
  assert.equal(found('node_modules/x/node_modules/b'), 0)
  assert.equal(found('node_modules/b'), 0)
  assert.equal(found('node_modules/y/node_modules/b'), 1)
})

test('only packages that nobody here can install may go without a digest', () => {
  const unchecked = (locked: object): number => uncheckedPackages({ packages: { 'node_modules/a': locked } }).length
  assert.equal(uncheckedPackages({ packages: { '': {} } }).length, 0)
  assert.equal(unchecked(DIGEST), 0)
  assert.equal(unchecked({}), 1)
  assert.equal(unchecked({ integrity: 'sha1-AAAA' }), 1)
  assert.equal(unchecked({ optional: true }), 1)
  assert.equal(unchecked({ optional: true, os: ['linux'], cpu: ['x64'] }), 1)
  assert.equal(unchecked({ optional: true, os: ['linux'], cpu: ['arm64'], libc: ['glibc'] }), 1)
  assert.equal(unchecked({ optional: true, os: ['linux'], cpu: ['x64'], libc: ['musl'] }), 0)
  assert.equal(unchecked({ optional: true, os: ['linux'], cpu: ['s390x'] }), 0)
  assert.equal(unchecked({ optional: true, os: ['darwin'] }), 0)
  assert.equal(unchecked({ os: ['darwin'] }), 1)
})
