import { fail, ok, type Result } from '../../src/core/fault.ts'
import type { FleetAnswer, FleetMember } from './fleet-answer.ts'

/** One appliance, as those say who were asked. */
export interface FleetRow {
  readonly name: string
  readonly verdict: FleetMember['verdict']
  /** Who says what is wrong with it. */
  readonly reasons: readonly string[]
  /** Which agents have judged it. */
  readonly judges: readonly string[]
  readonly shown: FleetMember | undefined
}

/** From bad to good: of several verdicts the worst counts. */
const WORST_FIRST = ['refused', 'flagged', 'none', 'verified', 'unjudged'] as const

/**
 * Every appliance that was asked or spoken of, by name. No agent judges itself, so it takes two to see all. Fault: `fleet.no-terms`
 * where the membership asks for no attestation.
 */
export function fleetRows(answers: readonly FleetAnswer[]): Result<readonly FleetRow[]> {
  const without = answers.find(({ terms }) => terms === null)
  if (without !== undefined) {
    return fail(
      'fleet.no-terms',
      `${without.node}: expected a membership that asks for attestation, got one that does not`,
    )
  }
  const names = new Set(answers.flatMap(({ node, members }) => [node, ...members.map(({ member }) => member)]))
  return ok([...names].toSorted().map((name) => rowOf(name, answers)))
}

function rowOf(name: string, answers: readonly FleetAnswer[]): FleetRow {
  const told = answers.flatMap(({ node, members }) =>
    members.filter(({ member }) => member === name).map((member) => ({ node, member })),
  )
  const worst = WORST_FIRST.find((verdict) => told.some(({ member }) => member.verdict === verdict)) ?? 'unjudged'
  return {
    name,
    verdict: worst,
    reasons: told.flatMap(({ node, member }) => member.reasons.map(({ message }) => `${node}: ${message}`)),
    judges: told.filter(({ member }) => member.verdict !== 'unjudged').map(({ node }) => node),
    shown: told.find(({ member }) => member.provider !== null)?.member,
  }
}

const HEADS = [
  'name',
  'verdict',
  'age',
  'key',
  'TPM key',
  'number',
  'TPM firmware',
  'resets',
  'software',
  'configuration',
  'by',
]

/** A line for each appliance, below it why it is not verified, and its parts with their serial numbers. */
export function tableLines(rows: readonly FleetRow[]): readonly string[] {
  const cells = [HEADS, ...rows.map(cellsOf)]
  const widths = HEADS.map((_, column) => Math.max(...cells.map((row) => (row[column] ?? '').length)))
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()
  return [
    line(HEADS),
    ...rows.flatMap((row) => [line(cellsOf(row)), ...row.reasons.map((reason) => `  ${reason}`), ...partsOf(row)]),
  ]
}

function cellsOf({ name, verdict, judges, shown }: FleetRow): readonly string[] {
  const { tpm, enrolment } = shown ?? {}
  return [
    name,
    verdict,
    shown === undefined || shown.ageNs === null ? '?' : `${BigInt(shown.ageNs) / 1_000_000_000n} s`,
    short(shown?.key),
    // The first two bytes of a name say by which hash it was made.
    short(enrolment?.attestationKey.slice(4)),
    String(enrolment?.serial ?? '-'),
    tpm?.firmware ?? '-',
    tpm ? `${tpm.resetCount}/${tpm.restartCount}` : '-',
    short(shown?.software),
    short(shown?.configuration),
    judges.join(',') || 'nobody',
  ]
}

function short(digest: string | null | undefined): string {
  return digest?.slice(0, 12) ?? '-'
}

function partsOf({ shown }: FleetRow): readonly string[] {
  return (shown?.inventory ?? []).map(({ part, name, kind, serialNumber, firmware }) => {
    const serial = serialNumber === undefined ? '' : `, serial ${serialNumber}`
    return `  ${part} ${name}: ${kind}${serial}${firmware === undefined ? '' : `, firmware ${firmware}`}`
  })
}
