import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { toHex, utf8 } from '../core/bytes.ts'
import { openReplay, type Replay, type ReplayOptions } from './replay.ts'
import type { WireEvent } from './wire.ts'

const folder = mkdtempSync(join(tmpdir(), 'replay-'))
after(() => rmSync(folder, { recursive: true }))

function record(name: string, content: Uint8Array | string): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

interface Played {
  readonly chunks: readonly string[]
  readonly bytes: Buffer
  readonly events: readonly WireEvent[]
  readonly noteLines: number
}

/** Plays to the end, or to the first fault. */
function play(options: ReplayOptions): Promise<Played> {
  return new Promise((resolve) => {
    const chunks: string[] = []
    const received: Uint8Array[] = []
    const events: WireEvent[] = []
    const replay: Replay = openReplay(options, {
      onBytes: (bytes, receivedAt) => {
        received.push(bytes)
        chunks.push(`${receivedAt} ${toHex(bytes)}`)
      },
      onState: (event) => {
        events.push(event)
        if (event.type !== 'up')
          resolve({ chunks, bytes: Buffer.concat(received), events, noteLines: replay.noteLines() })
      },
    })
  })
}

const LONG = Uint8Array.from({ length: 200_000 }, (_, index) => (index * 7) % 251)

test('two replays at full speed are alike to the nanosecond, and carry every byte', async () => {
  const path = record('long', LONG)
  const [first, second] = await Promise.all([1, 2].map(() => play({ path, bytesPerSecond: 960, pace: 'full' })))
  assert.ok(first !== undefined)
  assert.deepEqual(first, second)
  assert.ok(first.bytes.equals(LONG))
  assert.deepEqual(
    first.events.map((event) => event.type),
    ['up', 'down'],
  )
})

test('at full speed each byte takes the time it took on the line', async () => {
  const path = record('timed', LONG.subarray(0, 40))
  const { chunks, events } = await play({ path, bytesPerSecond: 960, pace: 'full' })
  assert.deepEqual(
    chunks.map((chunk) => chunk.split(' ')[0]),
    ['16666667', '33333334', '41666667'],
  )
  assert.equal(events[1]?.at, 41_666_667n)
})

test('at its own speed no chunk comes before its time', async () => {
  const path = record('paced', LONG.subarray(0, 64))
  const { chunks, events } = await play({ path, bytesPerSecond: 960, pace: 'own' })
  const [up] = events
  assert.ok(up !== undefined)
  const ages = chunks.map((chunk) => BigInt(chunk.split(' ')[0] ?? 0) - up.at)
  assert.equal(ages.length, 4)
  for (const [index, age] of ages.entries()) assert.ok(age >= BigInt(index + 1) * 16_666_666n)
})

test("the recorder's notes before the first byte are left out and counted, later hashes are kept", async () => {
  const path = record('notes', '# Name: x\n#\n# Date: y\n$GPRMC*00\r\n# kept\r\n')
  const { bytes, noteLines } = await play({ path, bytesPerSecond: 960, pace: 'full' })
  assert.equal(bytes.toString(), '$GPRMC*00\r\n# kept\r\n')
  assert.equal(noteLines, 3)
})

test('a recording of notes alone, and an empty one, end at once', async () => {
  for (const content of ['# only notes', '']) {
    const { bytes, events } = await play({ path: record('nothing', content), bytesPerSecond: 960, pace: 'full' })
    assert.equal(bytes.length, 0)
    const last = events.at(-1)
    assert.ok(last?.type === 'down' && last.fault.code === 'replay.end')
  }
})

test('a missing recording and a folder are faults', async () => {
  const missing = await play({ path: join(folder, 'missing'), bytesPerSecond: 960, pace: 'full' })
  const [event] = missing.events
  assert.ok(event?.type === 'fault')
  assert.match(event.fault.message, /missing: expected to open it, got ENOENT/)
  const onFolder = (await play({ path: folder, bytesPerSecond: 960, pace: 'full' })).events.at(-1)
  assert.ok(onFolder?.type === 'down' && onFolder.fault.code === 'replay.read')
})

test('a replay that is closed says nothing more', async () => {
  const path = record('closed', LONG)
  let chunks = 0
  const closed = new Promise<void>((resolve, reject) => {
    const replay = openReplay(
      { path, bytesPerSecond: 960, pace: 'own' },
      {
        onBytes: () => {
          chunks += 1
          replay.close().then(resolve, reject)
        },
        onState: (event) => assert.equal(event.type, 'up'),
      },
    )
    assert.ok(replay.write(utf8('into the void')).ok)
  })
  await closed
  assert.equal(chunks, 1)
})
