import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { blockCodec, blockHash } from '../../src/consensus/block.ts'
import { decisionBytes, decisionLeafHash } from '../../src/consensus/decision.ts'
import { membershipHash } from '../../src/consensus/membership.ts'
import { toHex } from '../../src/core/bytes.ts'
import { encode } from '../../src/core/encoding.ts'
import { annotate } from './annotate.ts'
import { type CddlRules, parseCddl } from './cddl-grammar.ts'
import { readCbor } from './strict-cbor.ts'
import type { VectorCluster, VectorFiles } from './vector-files.ts'

const DOCS = join(import.meta.dirname, '..', '..', 'docs')
export const PAGE = join(DOCS, 'certificate.md')
const BEGIN = '<!-- walk-through: test/vectors/make-vectors.ts writes what follows -->\n'
const END = '<!-- end of the walk-through -->\n'

/** The published CDDL. */
export function readRules(): CddlRules {
  return parseCddl(readFileSync(join(DOCS, 'quorumtime.cddl'), 'utf8'))
}

/** docs/certificate.md as it is, and as it would be with its walk-through made anew. */
export function pageWithWalkThrough(cluster: VectorCluster, files: VectorFiles): { is: string; becomes: string } {
  const is = readFileSync(PAGE, 'utf8')
  const [begin, end] = [is.indexOf(BEGIN), is.indexOf(END)]
  if (begin < 0 || end < begin) throw new Error(`${PAGE}: expected the two marks of the walk-through`)
  const becomes = `${is.slice(0, begin + BEGIN.length)}\n${walkThrough(cluster, files)}\n${is.slice(end)}`
  return { is, becomes }
}

function walkThrough({ membership, say, chain }: VectorCluster, files: VectorFiles): string {
  const rules = readRules()
  const shown = (rule: string, bytes: Uint8Array | undefined): string =>
    fenced(annotate(rules, rule, readCbor(bytes ?? new Uint8Array())))
  const [first] = chain
  if (first === undefined) throw new RangeError('expected a chain of at least one block')
  const { block } = first
  const hash = blockHash(block)
  const vote = say(0, 'finalize', { view: block.view, hash })
  return [
    'A cluster of one appliance, whose signing key comes from the seed 01 01 … 01 (32 bytes), and its first decision:',
    '`test/vectors/n1`. To the left the names of the CDDL, then the bytes, after `=` what they mean. Strings that hold',
    'CBOR are opened; of keys and signatures only the first 16 bytes are shown.',
    '',
    `*The genesis file*, ${files.get('n1/genesis.cbor')?.length} bytes:`,
    '',
    shown('genesis', files.get('n1/genesis.cbor')),
    '',
    'Its SHA-384 is the membership hash M; n = 1, f = 0, q = 1.',
    '',
    fenced(toHex(membershipHash(membership))),
    '',
    `*The certificate file*, ${files.get('n1/certificate.cbor')?.length} bytes:`,
    '',
    shown('certificate', files.get('n1/certificate.cbor')),
    '',
    'Height is 1, so the parent is M, the log is empty and its root is SHA-256 of nothing.',
    `SHA-384 of the ${encode(blockCodec, block).length} bytes of the block is its hash h:`,
    '',
    fenced(toHex(hash)),
    '',
    'With sender, boot count and attestation digest from the vote, and M, view and h from above, this is the *content*:',
    '',
    shown('content', vote.content),
    '',
    `These ${vote.content.length} bytes, in full below, are what the signature is over, with the context string`,
    '`quorumtime/v1/finalize`. It verifies under the signing key of the genesis file.',
    '',
    fenced(wrapped(toHex(vote.content))),
    '',
    '*The decision* in the log, at index 0:',
    '',
    shown('decision', decisionBytes(block, hash)),
    '',
    'Its leaf hash, SHA-256 of 00 and these bytes, is the root of the log of the next block, as `n1/proof.cbor` shows:',
    '',
    fenced(toHex(decisionLeafHash(block, hash))),
    '',
  ].join('\n')
}

function fenced(text: string): string {
  return `\`\`\`\n${text}\n\`\`\``
}

/** 64 bytes a line. */
function wrapped(hex: string): string {
  return (hex.match(/.{1,128}/g) ?? []).join('\n')
}
