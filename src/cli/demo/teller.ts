import { type Membership, quorumOf } from '../../consensus/membership.ts'
import type { DemoOptions } from '../demo.ts'
import { formatDurationNs } from '../present.ts'
import { printJson, printLine } from '../terminal.ts'
import type { EpochLine, SummaryLine } from './epoch-book.ts'
import { describeRecords } from './record-book.ts'

/** Says what happens: lines for people, or JSON lines. */
export interface Teller {
  epoch(line: EpochLine, markUtc: string): void
  /** Something that an operator would want to know of one appliance. */
  note(node: number, text: string): void
  summary(line: SummaryLine, interrupted: boolean): void
}

export function createTeller(options: DemoOptions, folder: string, membership: Membership): Teller {
  const { n, f, q } = quorumOf(membership.members.length)
  const nameOf = (id: number): string => membership.members[id]?.name ?? String(id)
  if (!options.json) {
    printLine(
      `${n} appliances, each a process with an emulated GNSS receiver and SmartClock on real ptys, in ${folder}`,
    )
    printLine(`${q} signatures decide, ${f} may lie; the genesis accepts the single failure domain "gnss"`)
    if (options.attest) printLine('each has a software TPM, and the others judge what it attests')
    if (options.liar !== undefined)
      printLine(`the sky of ${nameOf(options.liar)} walks away by ${Number(options.liarRatePpb) / 1_000} µs/s`)
  }
  return {
    epoch: (line, markUtc) => {
      if (options.json) printJson(line)
      else printLine(describeEpoch(line, markUtc, nameOf))
    },
    note: (node, text) => {
      if (options.json) printJson({ type: 'note', node, text })
      else printLine(`  ${nameOf(node)}: ${text}`)
    },
    summary: (line, interrupted) => {
      if (options.json) printJson({ ...line, interrupted })
      else describeSummary(line, interrupted, nameOf).forEach(printLine)
    },
  }
}

function describeEpoch(line: EpochLine, markUtc: string, nameOf: (id: number) => string): string {
  if (!line.certified) return `epoch ${line.epoch}  ${markUtc}  no certificate`
  const bounds = Object.values(line.boundNs)
  const widest = bounds.reduce((max, bound) => (bound > max ? bound : max), 0n)
  const parts = [
    `epoch ${line.epoch}`,
    markUtc,
    `precision ${line.precisionNs === null ? 'unknown' : formatDurationNs(line.precisionNs)}`,
    bounds.length === 0 ? 'nothing served yet' : `served ± ${formatDurationNs(widest)}`,
    `${line.signatures} signatures (${line.quorum} decide)`,
    `${line.markToCertificateMs ?? '?'} ms`,
    ...describeVerdicts(line.attestation),
    line.suspected.length === 0 ? 'nobody suspected' : `suspected: ${line.suspected.map(nameOf).join(', ')}`,
  ]
  return parts.join('  ')
}

/** `4 records verified`, or how many there are of each verdict; nothing where nobody is asked. */
function describeVerdicts(attestation: EpochLine['attestation']): readonly string[] {
  const verdicts = [...new Set(attestation.map(({ verdict }) => verdict))]
  const counts = verdicts.map((verdict) => `${attestation.filter((one) => one.verdict === verdict).length} ${verdict}`)
  return counts.length === 0 ? [] : [`records: ${counts.join(', ')}`]
}

function describeSummary(line: SummaryLine, interrupted: boolean, nameOf: (id: number) => string): readonly string[] {
  if (line.epochs === 0) return [interrupted ? 'stopped before the first certificate' : 'given up: no certificate came']
  const suspects =
    line.suspected.length === 0 ? 'nobody was suspected' : `suspected: ${line.suspected.map(nameOf).join(', ')}`
  const truth =
    line.missedTruth === 0
      ? 'every served interval held the truth'
      : `${line.missedTruth} SERVED INTERVALS MISSED THE TRUTH`
  const records = line.records === null ? [] : [describeRecords(line.records, line.certified)]
  const done = `${interrupted ? 'stopped' : 'done'}: ${line.certified} of ${line.epochs} epochs certified, p95 ${line.markToCertificateMsP95 ?? '?'} ms from mark to certificate, ${truth}, ${suspects}`
  return [done, ...records]
}
