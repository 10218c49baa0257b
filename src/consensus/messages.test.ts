import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { digestOf } from '../../test/support/signed-messages.ts'
import { checkHeader, type Header, signingContext } from './messages.ts'

const identity = { cluster: 'rack-7', membershipHash: digestOf(1), n: 4 }
const header: Header = {
  cluster: 'rack-7',
  membershipHash: digestOf(1),
  type: 'notarize',
  sender: 3,
  bootCount: 1,
  attestationDigest: undefined,
}

function judged(changes: Partial<Header>): string {
  const checked = checkHeader({ ...header, ...changes }, identity)
  return checked.ok ? 'belongs' : checked.fault.code
}

describe('a header', () => {
  it('belongs to this cluster, this membership and one of its members', () => {
    assert.equal(judged({}), 'belongs')
    assert.equal(judged({ cluster: 'rack-8' }), 'message.cluster')
    assert.equal(judged({ membershipHash: digestOf(2) }), 'message.membership')
    assert.equal(judged({ sender: 4 }), 'message.sender')
  })
})

describe('the signing context', () => {
  it('is another one for every type, so that no signature counts as one of another type', () => {
    const types = ['hello', 'proposal', 'block', 'notarize', 'nullify', 'finalize'] as const
    assert.equal(new Set(types.map(signingContext)).size, types.length)
    assert.equal(signingContext('finalize'), 'quorumtime/v1/finalize')
  })
})
