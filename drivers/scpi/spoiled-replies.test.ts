import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPrng } from '../../src/core/prng.ts'
import { monoNs } from '../../src/core/time.ts'
import { createSpoiledReplies } from './spoiled-replies.ts'

function speaker(...on: readonly string[]) {
  const faults = new Set(on)
  const said: string[] = []
  const tell = (how: string) => (bytes: Uint8Array) => said.push(`${how} ${new TextDecoder('latin1').decode(bytes)}`)
  const replies = createSpoiledReplies(faults, createPrng(1))
  const say = (text: string, isCut = false): boolean =>
    replies.say(text, monoNs(0n), { whole: tell('whole'), half: tell('half'), isCut })
  return { faults, said, say, replies }
}

test('a reply goes out whole while no fault is on, and half where one says so', () => {
  const { faults, said, say } = speaker()
  say('abcdef')
  say('abcdef', true)
  faults.add('half-reply')
  say('abcdef')
  assert.deepEqual(said, ['whole abcdef', 'half abc', 'half abc'])
})

test('a late reply comes with the next one, and is lost with the power', () => {
  const { faults, said, say, replies } = speaker('late-reply')
  assert.equal(say('one'), false)
  assert.equal(say('two'), false)
  assert.deepEqual(said, ['whole one'])
  faults.delete('late-reply')
  assert.equal(say('three'), true)
  assert.deepEqual(said, ['whole one', 'whole two', 'whole three'])
  faults.add('late-reply')
  say('four')
  replies.clear()
  faults.clear()
  say('five')
  assert.deepEqual(said.slice(3), ['whole five'])
})

test('garbage keeps the length of a reply and changes some of it', () => {
  const { said, say } = speaker('garbage')
  const text = 'x'.repeat(64)
  say(text)
  const [got = ''] = said
  assert.equal(got.length, `whole ${text}`.length)
  assert.notEqual(got, `whole ${text}`)
})
