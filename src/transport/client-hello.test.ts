import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import fc from 'fast-check'
import { recordClientHello } from '../../test/support/recorded-hello.ts'
import { CLIENT_HELLO_BYTES_MAX, clientHelloBytes } from './client-hello.ts'
import { createIdentities } from './mesh-fixture.ts'

let hello: Uint8Array

before(async () => {
  const [identity] = createIdentities(1) as [never]
  hello = await recordClientHello(identity)
})

test('the ClientHello of a member is told from its first nine bytes on, wherever it is cut', () => {
  for (let bytes = 0; bytes <= hello.length; bytes++) {
    assert.deepEqual(clientHelloBytes(hello.subarray(0, bytes)), {
      ok: true,
      value: bytes < 9 ? undefined : hello.length,
    })
  }
})

test('a byte that is wrong in the headers is seen as soon as it is there', () => {
  const cases = [
    [0, 0x15, 'expected a first byte of 22, got 21'],
    [1, 2, 'expected record version 3.1 or 3.3, got 2.1'],
    [2, 2, 'expected record version 3.1 or 3.3, got 3.2'],
    [3, 0xff, `expected a first record of at most ${CLIENT_HELLO_BYTES_MAX} bytes that holds a ClientHello, got 65380`],
    [5, 2, 'expected one ClientHello that fills its record, got another message'],
    [8, 0, 'expected one ClientHello that fills its record, got another message'],
  ] as const
  for (const [at, byte, message] of cases) {
    const changed = Uint8Array.from(hello)
    changed[3] = hello[3] ?? 0
    changed[at] = byte
    const judged = clientHelloBytes(changed)
    assert(!judged.ok, `byte ${at}`)
    assert.equal(judged.fault.code, 'transport.garbage')
    if (at !== 3) assert.equal(judged.fault.message, message)
  }
})

test('no bytes make it throw, and none make it wait for more than its limit', () => {
  const begun = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    fc.uint8Array({ maxLength: 64 }).map((rest) => Uint8Array.of(0x16, 3, 1, ...rest)),
  )
  fc.assert(
    fc.property(begun, (bytes) => {
      const judged = clientHelloBytes(bytes)
      if (judged.ok && judged.value !== undefined) assert(judged.value <= CLIENT_HELLO_BYTES_MAX)
    }),
  )
})
