import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPromptVerify } from './prompt-verify.ts'

test('a little is verified at once, the rest elsewhere, and the answer is the same', async () => {
  let nowMs = 0
  let onPool = 0
  let atOnce = 0
  const isRight = (signature: Uint8Array): boolean => signature[0] === 1
  const verify = createPromptVerify(
    {
      verify: async (_key, _context, _message, signature) => {
        onPool += 1
        return isRight(signature)
      },
      verifySync: (_key, _context, _message, signature) => {
        atOnce += 1
        return isRight(signature)
      },
    },
    () => nowMs,
  )
  const ask = async (times: number): Promise<void> => {
    for (let time = 0; time < times; time++) {
      const expected = time % 2 === 0
      assert.equal(await verify(Uint8Array.of(), 'test', Uint8Array.of(), Uint8Array.of(expected ? 1 : 0)), expected)
    }
  }
  // An epoch of four members.
  await ask(12)
  assert.deepEqual([atOnce, onPool], [12, 0])
  await ask(500)
  assert.deepEqual([atOnce, onPool], [12, 500])
  nowMs = 500
  await ask(24)
  assert.deepEqual([atOnce, onPool], [24, 512])
})
