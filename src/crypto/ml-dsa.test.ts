import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import fc from 'fast-check'
import { InvariantError } from '../core/assert.ts'
import { utf8 } from '../core/bytes.ts'
import { createNobleMlDsa } from './ml-dsa-noble.ts'
import { createOpenSslMlDsa } from './ml-dsa-openssl.ts'
import { type MlDsa87, PUBLIC_KEY_BYTES, SEED_BYTES, SIGNATURE_BYTES } from './signature.ts'

const openSsl = createOpenSslMlDsa()
const noble = createNobleMlDsa()
const seed = Uint8Array.from({ length: SEED_BYTES }, (_, index) => index)
const message = utf8('R_2 read at one instant')
const context = 'quorumtime/v1/proposal'

const pairs: readonly (readonly [MlDsa87, MlDsa87])[] = [
  [openSsl, noble],
  [noble, openSsl],
  [openSsl, openSsl],
]

for (const [signing, verifying] of pairs) {
  describe(`a signature by ${signing.name} at a verifier by ${verifying.name}`, () => {
    const signer = signing.createSigner(seed)
    const { publicKey } = signer
    let signature: Uint8Array
    before(() => {
      signature = signer.sign(context, message)
    })

    async function verdict(key: Uint8Array, about: string, text: Uint8Array, bytes: Uint8Array): Promise<boolean> {
      const valid = await verifying.verifier.verify(key, about, text, bytes)
      assert.equal(verifying.verifier.verifySync(key, about, text, bytes), valid)
      return valid
    }

    test('is valid under its own key, context and message', async () => {
      assert.equal(publicKey.length, PUBLIC_KEY_BYTES)
      assert.equal(signature.length, SIGNATURE_BYTES)
      assert.equal(await verdict(publicKey, context, message, signature), true)
    })

    test('is valid over an empty message under an empty context', async () => {
      assert.equal(await verdict(publicKey, '', new Uint8Array(), signer.sign('', new Uint8Array())), true)
    })

    test('is valid under a context of 255 bytes', async () => {
      const longest = `${'é'.repeat(127)}e`
      assert.equal(await verdict(publicKey, longest, message, signer.sign(longest, message)), true)
    })

    test('is invalid under another context, none, or the same text moved into the message', async () => {
      assert.equal(await verdict(publicKey, 'quorumtime/v1/notarize', message, signature), false)
      assert.equal(await verdict(publicKey, '', message, signature), false)
      const moved = signer.sign('quorumtime/v1/', utf8('proposalX'))
      assert.equal(await verdict(publicKey, 'quorumtime/v1/proposal', utf8('X'), moved), false)
    })

    test('is invalid under another key', async () => {
      const other = signing.createSigner(new Uint8Array(SEED_BYTES)).publicKey
      assert.equal(await verdict(other, context, message, signature), false)
    })

    test('is refused at any other length of key or signature', async () => {
      for (const wrong of [
        new Uint8Array(),
        signature.subarray(1),
        new Uint8Array([...signature, 0]),
        new Uint8Array(4595),
      ]) {
        assert.equal(await verdict(publicKey, context, message, wrong), false)
      }
      for (const wrong of [new Uint8Array(), publicKey.subarray(1), new Uint8Array([...publicKey, 0])]) {
        assert.equal(await verdict(wrong, context, message, signature), false)
      }
    })

    test('is invalid after one flipped bit anywhere in signature, message or key', async () => {
      const parts = [
        {
          bits: 8 * SIGNATURE_BYTES,
          at: (bytes: Uint8Array) => verdict(publicKey, context, message, bytes),
          of: signature,
        },
        {
          bits: 8 * message.length,
          at: (bytes: Uint8Array) => verdict(publicKey, context, bytes, signature),
          of: message,
        },
        {
          bits: 8 * PUBLIC_KEY_BYTES,
          at: (bytes: Uint8Array) => verdict(bytes, context, message, signature),
          of: publicKey,
        },
      ]
      for (const { bits, at, of } of parts) {
        await fc.assert(
          fc.asyncProperty(fc.nat(bits - 1), async (bit) => {
            assert.equal(await at(withFlippedBit(of, bit)), false)
          }),
          { numRuns: 12 },
        )
      }
    })
  })
}

test('both implementations derive the same public key from a seed', () => {
  for (const bytes of [seed, new Uint8Array(SEED_BYTES), new Uint8Array(SEED_BYTES).fill(255)]) {
    assert.deepEqual(openSsl.createSigner(bytes).publicKey, noble.createSigner(bytes).publicKey)
  }
})

test('signing is hedged: two signatures of one message differ', () => {
  for (const implementation of [openSsl, noble]) {
    const signer = implementation.createSigner(seed)
    assert.notDeepEqual(signer.sign(context, message), signer.sign(context, message))
  }
})

test('random bytes of the right lengths are an invalid signature, not an error', async () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
  await fc.assert(
    fc.asyncProperty(bytes(PUBLIC_KEY_BYTES), bytes(SIGNATURE_BYTES), async (key, signature) => {
      assert.equal(await openSsl.verifier.verify(key, context, message, signature), false)
    }),
    { numRuns: 20 },
  )
})

test('more public keys than the cache holds still verify, the first one again too', async () => {
  const signer = openSsl.createSigner(seed)
  const signature = signer.sign(context, message)
  const { verifier } = openSsl
  assert.equal(verifier.verifySync(signer.publicKey, context, message, signature), true)
  for (let i = 0; i < 300; i++) {
    const other = Uint8Array.from(signer.publicKey)
    new DataView(other.buffer).setUint32(0, i)
    assert.equal(verifier.verifySync(other, context, message, signature), false)
  }
  assert.equal(verifier.verifySync(signer.publicKey, context, message, signature), true)
})

test('the bytes given to an asynchronous verification may be reused at once', async () => {
  const signer = openSsl.createSigner(seed)
  const parts = [signer.publicKey, Uint8Array.from(message), signer.sign(context, message)] as const
  const verdict = openSsl.verifier.verify(parts[0], context, parts[1], parts[2])
  for (const part of parts) part.fill(0)
  assert.equal(await verdict, true)
})

test('a context of more than 255 bytes is a broken invariant of the caller', () => {
  for (const implementation of [openSsl, noble]) {
    assert.throws(() => implementation.createSigner(seed).sign('x'.repeat(256), message), InvariantError)
  }
})

function withFlippedBit(bytes: Uint8Array, bit: number): Uint8Array {
  return bytes.map((byte, index) => (index === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte))
}
