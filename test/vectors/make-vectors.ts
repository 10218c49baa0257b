import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { clusterOfFour, clusterOfOne } from './vector-files.ts'
import { vectorFiles, vectorIndex } from './vector-index.ts'
import { PAGE, pageWithWalkThrough } from './walk-through.ts'

/**
 * Writes the vectors of this folder and the walk-through of docs/certificate.md:
 *
 *   node test/vectors/make-vectors.ts
 *
 * Run it only when a format changes on purpose: every file out there then becomes another. vectors.test.ts fails while
 * what is written here is not what it would write.
 */
const one = clusterOfOne()
const four = clusterOfFour()
const files = vectorFiles(one, four)

for (const [file, bytes] of files) {
  const path = join(import.meta.dirname, file)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, bytes)
}
const index = `${JSON.stringify(vectorIndex(one, four, files), undefined, 2)}\n`
writeFileSync(join(import.meta.dirname, 'vectors.json'), index)
writeFileSync(PAGE, pageWithWalkThrough(one, files).becomes)

const total = [...files.values()].reduce((sum, bytes) => sum + bytes.length, index.length)
console.log(`${files.size} files and vectors.json, ${total} bytes`)
