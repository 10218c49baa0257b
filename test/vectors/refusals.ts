import { blockCodec } from '../../src/consensus/block.ts'
import { type Certificate, certificateCodec } from '../../src/consensus/certificate.ts'
import { type CompactVote, compactVote } from '../../src/consensus/messages.ts'
import { type ProofBundle, proofBundleCodec } from '../../src/consensus/proof.ts'
import { concatBytes, toHex, utf8 } from '../../src/core/bytes.ts'
import { bytesCodec, encode, listCodec } from '../../src/core/encoding.ts'
import { bytesOf, type VectorCluster, type VectorFiles, valueIn } from './vector-files.ts'

/** A file that must be refused: one of the good ones with a change, or under another genesis. */
export interface Refusal {
  readonly name: string
  readonly file: string
  readonly genesis: string
  /** What the file becomes. */
  readonly bytes: Uint8Array
  /** The code of the product's fault; before the dot what kind of thing is wrong. */
  readonly code: string
}

export function refusals(one: VectorCluster, files: VectorFiles): readonly Refusal[] {
  return [...certificateRefusals(files), ...firstBlockRefusals(one, files), ...proofRefusals(files)]
}

function certificateRefusals(files: VectorFiles): readonly Refusal[] {
  const file = 'n4/certificate.cbor'
  const good = bytesOf(files, file)
  const certificate = valueIn(certificateCodec, good)
  const block = valueIn(blockCodec, certificate.block)
  const [zero, two, three] = certificate.votes
  if (zero === undefined || two === undefined || three === undefined) throw new RangeError('expected three votes')
  const refused = (name: string, code: string, bytes: Uint8Array, genesis = 'n4/genesis.cbor'): Refusal => ({
    name,
    file,
    genesis,
    bytes,
    code,
  })
  const withVotes = (...votes: readonly CompactVote[]): Uint8Array =>
    encode(certificateCodec, { ...certificate, votes } satisfies Certificate)
  const withBlock = (change: Partial<typeof block>): Uint8Array =>
    encode(certificateCodec, { ...certificate, block: encode(blockCodec, { ...block, ...change }) })
  const { state, outcome } = block
  const { leap } = outcome
  const { frontier } = state.log
  const withState = (change: Partial<typeof state>): Uint8Array => withBlock({ state: { ...state, ...change } })
  const withOutcome = (change: Partial<typeof outcome>): Uint8Array => withBlock({ outcome: { ...outcome, ...change } })
  const fewer = state.reputationPpm.slice(1)
  const pointless = outcome.frames.map(({ region, ...frame }) => {
    return { ...frame, region: region && { ...region, point: region.hi + 1n } }
  })
  return [
    refused('a byte too many', 'encoding.cbor', concatBytes(good, Uint8Array.of(0))),
    refused('cut short by a byte', 'encoding.cbor', good.subarray(0, -1)),
    refused('its length in a longer form', 'encoding.cbor', concatBytes(Uint8Array.of(0x98, 3), good.subarray(1))),
    refused('a tag before it', 'encoding.cbor', concatBytes(Uint8Array.of(0xd9, 0xd9, 0xf7), good)),
    refused('another format', 'encoding.value', replaced(good, utf8('certificate-1'), utf8('certificate-2'))),
    refused('a signer twice', 'encoding.rule', withVotes(zero, { ...two, sender: 0 }, three)),
    refused('signers out of order', 'encoding.rule', withVotes({ ...zero, sender: 3 }, two, three)),
    refused('q - 1 signatures', 'certificate.quorum', withVotes(two, three)),
    refused('a signer who is no member', 'certificate.signers', withVotes(zero, two, { ...three, sender: 4 })),
    refused(
      'one signature under two names',
      'certificate.signature',
      withVotes(zero, { ...zero, sender: two.sender }, three),
    ),
    refused('another boot count', 'certificate.signature', withVotes({ ...zero, bootCount: 2 }, two, three)),
    refused(
      'no attestation digest where one was signed',
      'certificate.signature',
      withVotes(zero, { ...two, attestationDigest: undefined }, three),
    ),
    refused('another grade', 'certificate.signature', withBlock({ outcome: { ...block.outcome, grade: 'partial' } })),
    refused('another view', 'certificate.signature', withBlock({ view: block.view + 1 })),
    refused('another era', 'block.era', withBlock({ era: 2 })),
    refused('a height above its view', 'block.number', withBlock({ view: 6 })),
    refused('an epoch beyond 2^62 ns', 'block.number', withBlock({ epoch: 3_000_000_000 })),
    refused('a member left out of the list', 'block.frames', withBlock({ list: block.list.slice(1) })),
    refused('a short list', 'block.list', withBlock({ list: block.list.slice(2) })),
    refused('a state of another height', 'block.state', withState({ height: block.height + 1 })),
    refused(
      'a log without its last decision',
      'block.state',
      withState({ log: { size: 4, frontier: frontier.slice(0, 1) } }),
    ),
    refused('a reputation too few', 'block.state', withState({ reputationPpm: fewer, omittedBy: fewer.map(() => []) })),
    refused(
      'other leap knowledge in its state',
      'block.state',
      withState({ leap: { ...leap, resolved: !leap.resolved } }),
    ),
    refused('outliers out of order', 'encoding.rule', withOutcome({ outliers: [3, 2] })),
    refused('domains out of order', 'encoding.rule', withOutcome({ domains: outcome.domains.toReversed() })),
    refused('a region without its point', 'encoding.rule', withOutcome({ frames: pointless })),
    refused('another log root', 'block.log-root', withBlock({ logRoot: block.parent.slice(0, 32) })),
    refused('another cluster', 'block.list', good, 'n1/genesis.cbor'),
    refused('another name of the cluster', 'certificate.signature', good, 'n4/genesis-renamed.cbor'),
  ]
}

/** What only a first block can get wrong, and a signature of the right key over the right block as a notarization. */
function firstBlockRefusals({ say, chain }: VectorCluster, files: VectorFiles): readonly Refusal[] {
  const file = 'n1/certificate.cbor'
  const certificate = valueIn(certificateCodec, bytesOf(files, file))
  const [first] = chain
  if (first === undefined) throw new RangeError('expected a block')
  const { block, hash } = first
  const vote = compactVote(say(0, 'notarize', { view: block.view, hash }))
  const refused = (name: string, code: string, change: Partial<Certificate>): Refusal => ({
    name,
    file,
    genesis: 'n1/genesis.cbor',
    bytes: encode(certificateCodec, { ...certificate, ...change }),
    code,
  })
  return [
    refused('a notarization in place of a finalization', 'certificate.signature', { votes: [vote] }),
    refused('a first block on another parent', 'block.parent', {
      block: encode(blockCodec, { ...block, parent: hash }),
    }),
    refused('a first block on another state', 'block.state', {
      block: encode(blockCodec, { ...block, parentStateHash: hash }),
    }),
  ]
}

function proofRefusals(files: VectorFiles): readonly Refusal[] {
  const file = 'n4/proof.cbor'
  const bundle = valueIn(proofBundleCodec, bytesOf(files, file))
  const block = valueIn(blockCodec, bundle.block)
  const refused = (name: string, code: string, change: Partial<ProofBundle>, genesis = 'n4/genesis.cbor'): Refusal => ({
    name,
    file,
    genesis,
    bytes: encode(proofBundleCodec, { ...bundle, ...change }),
    code,
  })
  const path = encode(listCodec(bytesCodec(32), 64), bundle.path)
  const endless = Uint8Array.of(0x9f, ...path.subarray(1), 0xff)
  return [
    {
      ...refused('a path of indefinite length', 'encoding.cbor', {}),
      bytes: replaced(bytesOf(files, file), path, endless),
    },
    refused('another index', 'proof.index', { leafIndex: bundle.leafIndex + 1 }),
    refused('a path in the wrong order', 'proof.path', { path: bundle.path.toReversed() }),
    refused('a path without its end', 'proof.path', { path: bundle.path.slice(0, -1) }),
    refused('a path with more at its end', 'proof.path', { path: [...bundle.path, block.logRoot] }),
    refused('a block that was not decided', 'proof.path', {
      block: encode(blockCodec, { ...block, outcome: { ...block.outcome, grade: 'partial' } }),
    }),
    refused('two memberships', 'proof.memberships', { memberships: [new Uint8Array(), new Uint8Array()] }),
    refused('the genesis of another cluster', 'proof.genesis', { memberships: [bytesOf(files, 'n1/genesis.cbor')] }),
    refused('a reader with another genesis', 'proof.genesis', {}, 'n4/genesis-renamed.cbor'),
  ]
}

/** The one place where `part` stands, with `other` instead. */
function replaced(bytes: Uint8Array, part: Uint8Array, other: Uint8Array): Uint8Array {
  const at = Buffer.from(bytes).indexOf(part)
  if (at < 0) throw new RangeError(`expected ${toHex(part)} in the file`)
  return concatBytes(bytes.subarray(0, at), other, bytes.subarray(at + part.length))
}
