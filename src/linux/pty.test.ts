import assert from 'node:assert/strict'
import { closeSync, constants, existsSync, openSync, readSync, writeSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { keepPtyNumber } from '../../test/support/pty-number.ts'
import { utf8 } from '../core/bytes.ts'
import { openPty, type Pty } from './pty.ts'

function open(): { pty: Pty; heard: () => string; faults: string[] } {
  const chunks: Uint8Array[] = []
  const faults: string[] = []
  const pty = openPty({ onBytes: (bytes) => chunks.push(bytes), onFault: (fault) => faults.push(fault.message) })
  assert.ok(pty.ok)
  return { pty: pty.value, heard: () => Buffer.concat(chunks).toString('latin1'), faults }
}

function openLine(path: string): number {
  return openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK)
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(2)
}

/** Reads `length` bytes, which the kernel may take a moment to carry over. */
async function read(fd: number, length: number): Promise<Uint8Array> {
  const into = Buffer.alloc(length + 1)
  let used = 0
  while (used < length) {
    try {
      used += readSync(fd, into, used, into.length - used, null)
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN')
      await sleep(2)
    }
  }
  return Uint8Array.from(into.subarray(0, used))
}

const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, value) => value)

test('every byte value passes unchanged in both directions and nothing is echoed', async () => {
  const { pty, heard } = open()
  assert.ok(pty.write(ALL_BYTES).ok)
  const line = openLine(pty.path)
  assert.deepEqual(await read(line, 256), ALL_BYTES)
  writeSync(line, ALL_BYTES)
  await until(() => heard().length >= 256)
  assert.equal(heard(), Buffer.from(ALL_BYTES).toString('latin1'))
  closeSync(line)
  await pty.close()
})

test('the line may be closed and opened again any number of times', async () => {
  const { pty, heard, faults } = open()
  for (let turn = 1; turn <= 3; turn++) {
    const line = openLine(pty.path)
    writeSync(line, `command ${turn}\r`)
    await until(() => heard().endsWith(`command ${turn}\r`))
    assert.ok(pty.write(utf8(`reply ${turn}`)).ok)
    assert.deepEqual(await read(line, 7), utf8(`reply ${turn}`))
    closeSync(line)
    await sleep(20)
  }
  assert.deepEqual(faults, [])
  await pty.close()
})

test('a line that nobody reads fills up: the rest is a fault and the process goes on', async () => {
  const { pty } = open()
  const results = Array.from({ length: 200 }, () => pty.write(new Uint8Array(1000)))
  const refused = results.find((result) => !result.ok)
  assert.ok(refused !== undefined && !refused.ok)
  assert.equal(refused.fault.code, 'pty.full')
  await pty.close()
})

test('a pty has the speed that it was given, and that of the kernel where it is none of the standard ones', async () => {
  for (const [given, expected] of [
    [1200, 1200],
    [57_600, 57_600],
    [1234, 38_400],
    [undefined, 38_400],
  ] as const) {
    const pty = openPty({ onBytes: () => undefined, onFault: () => undefined }, given)
    assert.ok(pty.ok)
    assert.equal(pty.value.baudRate(), expected)
    await pty.value.close()
  }
})

test('closing makes the path vanish, and writing afterwards is a fault', async (t) => {
  const { pty } = open()
  assert.ok(existsSync(pty.path))
  keepPtyNumber(t, pty.path)
  await pty.close()
  await pty.close()
  assert.ok(!existsSync(pty.path))
  const late = pty.write(utf8('x'))
  assert.ok(!late.ok && late.fault.code === 'pty.closed')
})
