import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import * as trueClock from '../../../src/linux/clock.ts'
import { createFalseTime, distortionOf } from './distortion.ts'
import { withFalseClock } from './false-process.ts'

const READINGS = 20
/** Reads in the main thread, then in a worker. */
const READER = `
import { isMainThread, Worker } from 'node:worker_threads'
const clock = await import('${new URL('../../../src/linux/clock.ts', import.meta.url).href}')
const { readMonoNs, readClockPair } = clock
if (isMainThread) console.log(Object.keys(clock).join())
for (let i = 0; i < ${READINGS}; i++) {
  const pair = readClockPair()
  console.log(pair.monoNs + ' ' + pair.bracketNs + ' ' + readMonoNs())
}
if (isMainThread) new Worker(new URL(import.meta.url))
`

test('a false clock can be turned back into the true one to 1 ns, and never goes back', () => {
  const since = 10n ** 15n
  fc.assert(
    fc.property(fc.nat(3), fc.bigInt(0n, 10n ** 14n), fc.bigInt(1n, 10n ** 9n), (node, after, step) => {
      const falseTime = createFalseTime(distortionOf(node, since))
      const trueNs = since + after
      const shownNs = falseTime.shownAt(trueNs)
      const back = falseTime.trueAt(shownNs) - trueNs
      assert.ok(back >= -1n && back <= 1n, `${back} ns`)
      assert.ok(falseTime.shownAt(trueNs + step) >= shownNs)
    }),
  )
})

test('what is loaded after the preload sees the false clock, in a worker too, and pairs that bracket it', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'quorumtime-false-clock-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const program = join(folder, 'reader.mjs')
  writeFileSync(program, READER)
  const distortion = distortionOf(1, trueClock.readMonoNs())
  const falseTime = createFalseTime(distortion)
  const [command = '', ...words] = withFalseClock(distortion, [program])
  const before = trueClock.readMonoNs()
  const [names, ...lines] = execFileSync(command, words, { encoding: 'utf8' }).trim().split('\n')
  const after = trueClock.readMonoNs()
  assert.equal(names, Object.keys(trueClock).join())
  assert.equal(lines.length, 2 * READINGS)
  for (const [pairNs = 0n, bracketNs = 0n, monoNs = 0n] of lines.map((line) => line.split(' ').map(BigInt))) {
    for (const shown of [pairNs, monoNs]) {
      const trueNs = falseTime.trueAt(shown)
      assert.ok(before <= trueNs && trueNs <= after, `${trueNs} outside of ${before} to ${after}`)
    }
    assert.ok(bracketNs > 0n && pairNs <= monoNs)
  }
})
