import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sampleEntry, sampleProposal, sampleReading, sampleSources } from '../../test/support/proposals.ts'
import { decode, encode } from '../core/encoding.ts'
import { type Proposal, proposalCodec } from './proposal.ts'

function told(change: Partial<Proposal>): string {
  const proposal = sampleProposal(sampleReading(0, 5n), [sampleEntry(1, 0n, 1n), sampleEntry(2, 0n, 1n)], change)
  const decoded = decode(proposalCodec, encode(proposalCodec, proposal), 'proposal')
  return decoded.ok ? 'accepted' : decoded.fault.message
}

test('a proposal is accepted with its lists in order', () => {
  assert.equal(told({ sources: sampleSources(['gnss', 'selected'], ['ptp:0011', 'selected']) }), 'accepted')
})

test('a source has no domain that an outcome would read as a domain at a site', () => {
  assert.match(
    told({ sources: sampleSources(['gnss@north', 'selected']) }),
    /^proposal\.sources\[0\]\.domain: expected a domain without "@"$/,
  )
})

test('sources, ranging entries and links are refused out of order or repeated', () => {
  const [first, second] = sampleSources(['gnss', 'selected'], ['gnss', 'selected'])
  assert.match(told({ sources: [second!, first!] }), /expected sources sorted by name, each name once$/)
  assert.match(told({ sources: [first!, first!] }), /expected sources sorted by name, each name once$/)
  const [low, high] = [sampleEntry(1, 0n, 1n), sampleEntry(2, 0n, 1n)]
  assert.match(told({ ranging: [high, low] }), /expected ranging entries sorted by peer, each peer once$/)
  assert.match(told({ ranging: [low, low] }), /expected ranging entries sorted by peer, each peer once$/)
  const link = { peer: 1, up: true, roundTripNs: undefined, lossPpm: 0 }
  assert.match(told({ links: [link, link] }), /expected links sorted by peer, each peer once$/)
})
