import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type LockFile, missingPlatformPackages } from './lock-file.ts'
import { ROOT } from './project-files.ts'

// Run after npm install: gives the lock file the entries without which npm ci refuses it.
const path = join(ROOT, 'package-lock.json')
const lock = JSON.parse(readFileSync(path, 'utf8')) as LockFile
const missing = missingPlatformPackages(lock)
const packages = Object.entries({ ...lock.packages, ...missing }).sort(([a], [b]) => (a < b ? -1 : 1))

if (Object.keys(missing).length > 0) {
  writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(packages) }, null, 2)}\n`)
}
console.log(`package-lock.json: ${packages.length} entries, ${Object.keys(missing).length} of them added`)
