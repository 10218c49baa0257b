import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { decodeResponse, encodeCommand, NO_PASSWORD, responseCodeOf, type TpmCommand } from './tpm-command.ts'
import { describeResponseCode, isRetryable, isUnsupported } from './tpm-response-code.ts'

const GET_RANDOM: TpmCommand = {
  name: 'TPM2_GetRandom',
  code: 0x17b,
  handles: [],
  authorizations: [],
  parameters: Uint8Array.of(0, 4),
}
const UNSEAL: TpmCommand = {
  name: 'TPM2_Unseal',
  code: 0x15e,
  handles: [0x8000_0001],
  authorizations: [NO_PASSWORD],
  parameters: new Uint8Array(),
}

const hex = (text: string): Uint8Array => Uint8Array.fromHex(text.replaceAll(' ', ''))

test('commands have their bytes in the order of the library', () => {
  assert.deepEqual(encodeCommand(GET_RANDOM), hex('8001 0000000c 0000017b 0004'))
  assert.deepEqual(encodeCommand(UNSEAL), hex('8002 0000001b 0000015e 80000001 00000009 40000009 0000 01 0000'))
  const byPolicy = encodeCommand({ ...UNSEAL, authorizations: [{ by: 'policy', session: 0x0300_0000 }] })
  assert.deepEqual(byPolicy, hex('8002 0000001b 0000015e 80000001 00000009 03000000 0000 01 0000'))
})

test('a response gives its handles and parameters', () => {
  const random = unwrap(decodeResponse(hex('8001 00000010 00000000 0004 01020304'), GET_RANDOM, 0))
  assert.deepEqual(random.parameters, hex('0004 01020304'))
  const unsealed = unwrap(decodeResponse(hex('8002 00000018 00000000 00000005 0003 aabbcc 0000 01 0000'), UNSEAL, 0))
  assert.deepEqual(unsealed.parameters, hex('0003 aabbcc'))
  const loaded = unwrap(decodeResponse(hex('8001 0000000e 00000000 80000002'), GET_RANDOM, 1))
  assert.deepEqual(loaded.handles, [0x8000_0002])
})

test('a refusal is told in words', () => {
  const fault = faultOf(decodeResponse(hex('8001 0000000a 0000099d'), UNSEAL, 0))
  const expected = 'TPM2_Unseal: 0x99d TPM_RC_POLICY_FAIL: what the policy asks for is not so (session 1)'
  assert.deepEqual(fault, { code: 'tpm.refused', message: expected })
  assert.equal(describeResponseCode(0x902).split(':')[0], '0x902 TPM_RC_OBJECT_MEMORY')
  assert.match(describeResponseCode(0x2c4), /^0x2c4 TPM_RC_VALUE: .+ \(parameter 2\)$/)
  assert.match(describeResponseCode(0x18b), /^0x18b TPM_RC_HANDLE: .+ \(handle 1\)$/)
  assert.deepEqual([0x2e6, 0x2c4, 0x143, 0x99d, 0x902].map(isUnsupported), [true, true, true, false, false])
  assert.match(describeResponseCode(0x000b_0101), /software layer 11/)
  assert.deepEqual([0x908, 0x90a, 0x922, 0x923, 0].map(isRetryable), [true, true, true, false, false])
})

test('a response with another size, tag or length of parameters is a fault', () => {
  for (const bad of [
    '8001 00000011 00000000 0004 01020304',
    '8002 00000010 00000000 0004 01020304',
    '8001 0000000a',
    '',
  ]) {
    assert.equal(faultOf(decodeResponse(hex(bad), GET_RANDOM, 0)).code, 'tpm.encoding')
  }
  const longer = hex('8002 00000018 00000000 00000006 0003 aabbcc 0000 01 0000')
  assert.equal(faultOf(decodeResponse(longer, UNSEAL, 0)).code, 'tpm.encoding')
  assert.equal(responseCodeOf(hex('8001 0000000a 00000922')), 0x922)
  assert.equal(responseCodeOf(hex('8001 0000000b 00000922')), undefined)
  assert.equal(responseCodeOf(hex('8001')), undefined)
})

test('every code of 16 bits has a sentence, and any bytes are a response or a fault', () => {
  for (let code = 1; code < 0x1_0000; code++) assert.match(describeResponseCode(code), /^0x[0-9a-f]+ \S/)
  const headed = fc
    .uint8Array({ maxLength: 64 })
    .map((rest) => Uint8Array.from([0x80, 2, 0, 0, 0, rest.length + 10, 0, 0, 0, 0, ...rest]))
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 100 }), headed), (bytes) => {
      const decoded = decodeResponse(bytes, UNSEAL, 1)
      if (!decoded.ok) assert.match(decoded.fault.code, /^tpm\.(?:encoding|refused|unsupported)$/)
    }),
    { numRuns: 1000 },
  )
})
