import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from './mesh-fixture.ts'
import { canonicalAddress, createPlaces } from './places.ts'

test('an address has one notation, whichever socket shows it', () => {
  assert.equal(canonicalAddress('::ffff:192.0.2.1'), '192.0.2.1')
  assert.equal(canonicalAddress('192.0.2.1'), '192.0.2.1')
  assert.equal(canonicalAddress('2001:DB8:0:0:0:0:0:A'), '2001:db8::a')
  assert.equal(canonicalAddress('fe80::0001%eth0'), 'fe80::1%eth0')
})

test('members are where their addresses are; several may share one', (t) => {
  const places = createPlaces([
    { id: 0, hosts: ['192.0.2.1', '2001:db8:0::1'] },
    { id: 1, hosts: ['192.0.2.1', '192.0.2.1'] },
  ])
  t.after(() => places.close())
  assert.deepEqual(places.membersAt('::ffff:192.0.2.1'), [0, 1])
  assert.deepEqual(places.membersAt('2001:db8::1'), [0])
  assert.equal(places.membersAt('192.0.2.2'), undefined)
})

test('names are looked up; one that nobody knows is nowhere', async (t) => {
  const places = createPlaces([
    { id: 0, hosts: ['localhost'] },
    { id: 1, hosts: ['nobody.invalid'] },
  ])
  t.after(() => places.close())
  await until('localhost is known', () => places.membersAt('127.0.0.1') !== undefined)
  assert.deepEqual(places.membersAt('127.0.0.1'), [0])
})
