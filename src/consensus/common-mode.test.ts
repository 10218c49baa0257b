import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleMembership, sampleProposal, sampleReading, sampleSources } from '../../test/support/proposals.ts'
import type { AgreedFrame } from './agreed-frame.ts'
import type { ListedProposal } from './agreement.ts'
import { capGrade, domainVerdicts } from './common-mode.ts'
import type { Membership } from './membership.ts'
import type { DomainVerdict } from './outcome.ts'
import type { SourceVerdict } from './proposal.ts'

const SKY = sampleSources(['gnss', 'selected'])
const ATOM = sampleSources(['caesium', 'selected'])
const BOTH = sampleSources(['gnss', 'selected'], ['caesium', 'selected'])
const THREE = sampleSources(['gnss', 'selected'], ['caesium', 'selected'], ['ptp:a', 'selected'])

function listedWith(sources: readonly (readonly SourceVerdict[])[], clock = true): ListedProposal[] {
  return sources.map((verdicts, member) => {
    const reading = sampleReading(member, 0n, clock ? { tai: 0n, bound: 1n } : undefined)
    return { member, proposal: sampleProposal(reading, [], { sources: verdicts }), attestationDigest: undefined }
  })
}

/** One frame per entry, in which the named members' intervals are present and agree. */
function framesOf(...present: readonly (readonly number[])[]): AgreedFrame[] {
  return present.map((members, member) => ({
    observer: { member, reading: sampleReading(member, 0n), ranging: [] },
    intervals: members.map((seen) => ({ member: seen, lo: 0n, hi: 1n, uncertaintyNs: 1n })),
    region: { lo: 0n, hi: 1n, point: 0n, method: 'multi-round', survivors: 1 },
  }))
}

function sitesOf(...sites: readonly string[]): Membership {
  const membership = sampleMembership(sites.length)
  return { ...membership, members: membership.members.map((member, id) => ({ ...member, site: sites[id] ?? '' })) }
}

function named(verdicts: readonly DomainVerdict[]): Record<string, boolean> {
  return Object.fromEntries(verdicts.map(({ domain, survives }) => [domain, survives]))
}

const ALL = [0, 1, 2, 3]
const FULL = framesOf(ALL, ALL, ALL, ALL)

test('four skies do not survive the loss of the sky, and every site is named too, in order', () => {
  const verdicts = domainVerdicts(listedWith([SKY, SKY, SKY, SKY]), FULL, sitesOf('b', 'a', 'b', 'b'))
  assert.deepEqual(verdicts, [
    { domain: 'gnss', survives: false },
    // Without the one at site a three remain, which is 2f + 1.
    { domain: 'gnss@a', survives: true },
    { domain: 'gnss@b', survives: false },
  ])
})

test('one of four in a domain can be spared, two cannot', () => {
  const one = domainVerdicts(listedWith([SKY, ATOM, ATOM, ATOM]), FULL, sampleMembership(4))
  assert.deepEqual(named(one), { gnss: true, 'gnss@north': true, caesium: false, 'caesium@north': false })
  const two = domainVerdicts(listedWith([SKY, SKY, ATOM, ATOM]), FULL, sampleMembership(4))
  assert.deepEqual(named(two), { gnss: false, 'gnss@north': false, caesium: false, 'caesium@north': false })
})

test('two domains in one appliance need each other, three do not', () => {
  // D = 2: one of two is no majority. D = 3, all selected: two of three are.
  const two = domainVerdicts(listedWith([BOTH, BOTH, BOTH, BOTH]), FULL, sampleMembership(4))
  assert.deepEqual(Object.values(named(two)), [false, false, false, false])
  const three = domainVerdicts(listedWith([THREE, THREE, THREE, THREE]), FULL, sampleMembership(4))
  assert.deepEqual(named(three), {
    gnss: true,
    'gnss@north': true,
    caesium: true,
    'caesium@north': true,
    'ptp:a': true,
    'ptp:a@north': true,
  })
})

test('a falseticker counts among the domains that a majority is of, and the node clock does not depend on it', () => {
  // D = 4, A = 3: without one of the selected three the other two are no majority of four.
  const outvoted = sampleSources(
    ['gnss', 'selected'],
    ['caesium', 'selected'],
    ['ptp:a', 'selected'],
    ['ptp:b', 'falseticker'],
  )
  const listed = listedWith([outvoted, outvoted, outvoted, outvoted])
  const verdicts = named(domainVerdicts(listed, FULL, sampleMembership(4)))
  const { gnss, caesium, 'ptp:a': a, 'ptp:b': b } = verdicts
  assert.deepEqual([gnss, caesium, a, b], [false, false, false, true])
})

test('several sources of one domain are one vote', () => {
  const skies = sampleSources(['gnss', 'selected'], ['gnss', 'selected'], ['caesium', 'selected'])
  const verdicts = named(domainVerdicts(listedWith([skies, skies, skies, skies]), FULL, sampleMembership(4)))
  assert.deepEqual([verdicts['gnss'], verdicts['caesium']], [false, false])
})

test('sources that do not vote name no domain while others carry the node clock', () => {
  const helped = sampleSources(
    ['gnss', 'selected'],
    ['rubidium', 'frequency'],
    ['serial', 'label'],
    ['ptp:a', 'abstaining'],
  )
  assert.deepEqual(Object.keys(named(domainVerdicts(listedWith([helped]), FULL, sampleMembership(4)))), [
    'gnss',
    'gnss@north',
  ])
})

test('in holdover a node clock depends on every domain it names, and on an unknown one if it names none', () => {
  const holdover = sampleSources(['gnss', 'abstaining'], ['rubidium', 'frequency'])
  const some = named(domainVerdicts(listedWith([holdover, holdover, ATOM, ATOM]), FULL, sampleMembership(4)))
  assert.deepEqual([some['gnss'], some['rubidium']], [false, false])
  const none = named(domainVerdicts(listedWith([[], [], ATOM, ATOM]), FULL, sampleMembership(4)))
  assert.deepEqual([none['unknown'], none['unknown@north']], [false, false])
})

test('a proposal without a node clock names its domains and depends on none', () => {
  const verdicts = named(domainVerdicts(listedWith([SKY, SKY, SKY, SKY], false), FULL, sampleMembership(4)))
  assert.deepEqual(verdicts, { gnss: true, 'gnss@north': true })
})

test('every frame that has a region must survive, and there must be one', () => {
  const listed = listedWith([SKY, ATOM, ATOM, ATOM])
  // In the last frame only three intervals arrived; without member 0 two remain.
  const thin = [...framesOf(ALL, ALL, ALL), ...framesOf([0, 1, 2])]
  assert.equal(named(domainVerdicts(listed, thin, sampleMembership(4)))['gnss'], false)
  // A frame in which member 0 was not seen loses nothing.
  const unseen = [...framesOf(ALL, ALL, ALL), ...framesOf([1, 2, 3])]
  assert.equal(named(domainVerdicts(listed, unseen, sampleMembership(4)))['gnss'], true)
  const void3 = thin.map((frame, index) => (index === 3 ? { ...frame, region: undefined } : frame))
  assert.equal(named(domainVerdicts(listed, void3, sampleMembership(4)))['gnss'], true)
  const none = thin.map((frame) => ({ ...frame, region: undefined }))
  assert.equal(named(domainVerdicts(listed, none, sampleMembership(4)))['gnss'], false)
})

test('a label that looks like a site of another domain shares its fate instead of doubling its name', () => {
  const odd = sampleSources(['gnss@north', 'selected'])
  const verdicts = domainVerdicts(listedWith([SKY, odd, ATOM, ATOM]), FULL, sampleMembership(4))
  assert.deepEqual(named(verdicts)['gnss'], true)
  assert.deepEqual(named(verdicts)['gnss@north'], false)
  assert.equal(new Set(verdicts.map(({ domain }) => domain)).size, verdicts.length)
})

test('a domain that is not survived caps the grade, unless the membership accepts it', () => {
  const domains = [
    { domain: 'caesium', survives: true },
    { domain: 'gnss', survives: false },
    { domain: 'gnss@north', survives: false },
  ]
  const accepting = (...acceptSingleDomain: string[]): Membership => sampleMembership(4, { acceptSingleDomain })
  assert.equal(capGrade('validated', domains, accepting()), 'partial')
  assert.equal(capGrade('validated', domains, accepting('gnss')), 'validated')
  assert.equal(capGrade('validated', domains, accepting('gnss@north')), 'partial')
  assert.equal(capGrade('validated', domains.slice(2), accepting('gnss@north')), 'validated')
  assert.equal(capGrade('validated', domains, accepting('gn')), 'partial')
  assert.equal(capGrade('validated', domains.slice(0, 1), accepting()), 'validated')
  assert.equal(capGrade('unvalidated', domains, accepting()), 'unvalidated')
  assert.equal(capGrade('partial', domains, accepting()), 'partial')
})
