import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { sampleMembership } from '../../test/support/proposals.ts'
import { faultOf, unwrap } from '../../test/support/results.ts'
import { membershipCodec } from '../consensus/membership.ts'
import { encode } from '../core/encoding.ts'
import { readGenesis } from './genesis.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-genesis-'))
after(() => rmSync(folder, { recursive: true }))

const file = join(folder, 'genesis.cbor')
const bytes = encode(membershipCodec, sampleMembership(4))

test('a genesis file is the membership that it encodes', () => {
  writeFileSync(file, bytes)
  assert.deepEqual(unwrap(readGenesis(file)), sampleMembership(4))
})

test('a genesis that is cut, longer or of another format is refused with the file and the place', () => {
  writeFileSync(file, bytes.subarray(0, -1))
  assert.match(faultOf(readGenesis(file)).message, /genesis\.cbor: genesis\.previous: expected canonical CBOR, got /)
  writeFileSync(file, Buffer.concat([bytes, Buffer.of(0)]))
  assert.match(faultOf(readGenesis(file)).message, /genesis\.cbor: genesis: expected /)
  writeFileSync(file, 'quorumtime')
  assert.ok(faultOf(readGenesis(file)).message.startsWith(`${file}: genesis: expected `))
  writeFileSync(file, encode(membershipCodec, sampleMembership(4, { epochPeriodNs: 1n })))
  assert.equal(
    faultOf(readGenesis(file)).message,
    `${file}: genesis.epochPeriodNs: expected an integer in [100000000, 60000000000], got 1`,
  )
})

test('a membership that is no genesis is refused: only the chain of orders makes it worth anything', () => {
  writeFileSync(file, encode(membershipCodec, sampleMembership(4, { session: 1, previous: new Uint8Array(48) })))
  assert.match(faultOf(readGenesis(file)).message, /genesis\.session: expected 0, got 1: /)
})

test('a genesis that is not there, or endless, is refused', () => {
  const absent = join(folder, 'absent.cbor')
  assert.equal(faultOf(readGenesis(absent)).message, `${absent}: expected a genesis file, got no such file`)
  assert.equal(
    faultOf(readGenesis('/dev/zero')).message,
    '/dev/zero: expected a genesis file of at most 1048576 bytes, got more',
  )
})
