import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultOf, unwrap } from '../../../test/support/results.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { withHandle } from './handles.ts'
import { getRandom } from './random.ts'
import { createTpm } from './tpm.ts'
import type { TpmTransport } from './transport.ts'

const hex = (text: string): Uint8Array => Uint8Array.fromHex(text.replaceAll(' ', ''))
const RANDOM = hex('8001 00000010 00000000 0004 01020304')
const refusal = (code: string): Uint8Array => hex(`8001 0000000a 0000${code}`)

/** A way to a TPM that says what it is told to, in order; beyond that it flushes whatever it is asked to. */
function scripted(
  answers: Result<Uint8Array>[],
): TpmTransport & { readonly sent: Uint8Array[]; readonly atOnceMax: () => number } {
  const sent: Uint8Array[] = []
  let [atOnce, atOnceMax] = [0, 0]
  return {
    sent,
    atOnceMax: () => atOnceMax,
    transmit: async (command) => {
      atOnce += 1
      atOnceMax = Math.max(atOnce, atOnceMax)
      sent.push(command)
      await new Promise(setImmediate)
      atOnce -= 1
      return answers.shift() ?? ok(hex('8001 0000000a 00000000'))
    },
    close: () => Promise.resolve(),
  }
}

test('a TPM that is busy with itself is asked the same again', async () => {
  const transport = scripted([ok(refusal('0922')), ok(refusal('0908')), ok(refusal('090a')), ok(RANDOM)])
  assert.deepEqual(unwrap(await getRandom(createTpm(transport), 4)), Uint8Array.of(1, 2, 3, 4))
  assert.equal(transport.sent.length, 4)
  for (const again of transport.sent) assert.deepEqual(again, transport.sent[0])
})

test('one that stays busy is a refusal with its words, after a limited number of times', async () => {
  const transport = scripted(Array.from({ length: 20 }, () => ok(refusal('0922'))))
  const fault = faultOf(await getRandom(createTpm(transport), 4))
  assert.match(fault.message, /^TPM2_GetRandom: 0x922 TPM_RC_RETRY/)
  assert.equal(transport.sent.length, 9)
})

test('commands go one at a time, in their order, and not too many of them wait', async () => {
  const transport = scripted(Array.from({ length: 40 }, () => ok(RANDOM)))
  const tpm = createTpm(transport)
  const results = await Promise.all(Array.from({ length: 40 }, (_, length) => getRandom(tpm, length)))
  assert.equal(transport.atOnceMax(), 1)
  assert.deepEqual(
    transport.sent.map((command) => command.at(-1)),
    Array.from({ length: 32 }, (_, length) => length),
  )
  assert.deepEqual(
    results.slice(32).map((result) => faultOf(result).code),
    Array.from({ length: 8 }, () => 'tpm.busy'),
  )
})

test('a fault of the transport names the command, and the next command goes on', async () => {
  const tpm = createTpm(scripted([fail('tpm.silent', 'here: expected a response, got none'), ok(RANDOM)]))
  const fault = faultOf(await getRandom(tpm, 4))
  assert.deepEqual(fault, { code: 'tpm.silent', message: 'TPM2_GetRandom: here: expected a response, got none' })
  unwrap(await getRandom(tpm, 4))
})

test('what was loaded is flushed, whatever came of its use', async () => {
  for (const use of [() => ok(1), () => fail('a.fault', 'of the use')]) {
    const transport = scripted([])
    const used = await withHandle(createTpm(transport), Promise.resolve(ok(0x8000_0002)), () => Promise.resolve(use()))
    assert.deepEqual(used, use())
    assert.deepEqual(transport.sent, [hex('8001 0000000e 00000165 80000002')])
  }
  const transport = scripted([])
  const never = withHandle(createTpm(transport), Promise.resolve(fail('a.fault', 'of loading')), () =>
    assert.fail('nothing was loaded'),
  )
  assert.equal(faultOf(await never).code, 'a.fault')
  assert.equal(transport.sent.length, 0)
})

test('a response that is too short or too long for its command is a fault', async () => {
  for (const bad of ['8001 0000000f 00000000 0004 010203', '8001 00000011 00000000 0004 0102030405']) {
    assert.equal(faultOf(await getRandom(createTpm(scripted([ok(hex(bad))])), 4)).code, 'tpm.encoding')
  }
})
