// The child of stripped-program.mjs: takes the types out of every source of the program, and writes to its output an
// index (its length, 4 bytes big-endian, then JSON: for each file its beginning and its end in what follows) and the
// texts, each compressed. Types become spaces, so lines and columns of an error stay those of the file.
import { globSync, readFileSync, writeSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { deflateRawSync } from 'node:zlib'

const root = new URL('../', import.meta.url)
const SOURCES = ['src/**/*.ts', 'drivers/**/*.ts', 'provisioning/**/*.ts']

const index = {}
const texts = []
let end = 0
for (const file of globSync(SOURCES, { cwd: root })) {
  if (file.endsWith('.test.ts')) continue
  const text = deflateRawSync(stripTypeScriptTypes(readFileSync(new URL(file, root), 'utf8')))
  texts.push(text)
  index[file] = [end, end + text.length]
  end += text.length
}
const head = Buffer.from(JSON.stringify(index))
const length = Buffer.alloc(4)
length.writeUInt32BE(head.length)
const archive = Buffer.concat([length, head, ...texts])
try {
  for (let written = 0; written < archive.length; ) written += writeSync(1, archive, written)
} catch (error) {
  // The agent was stopped while it started: nobody is there who would read this, or a complaint.
  if (error.code !== 'EPIPE') throw error
  process.exitCode = 1
}
