import { readLeapTable } from '../../config/leap-seconds.ts'
import { type Member, type Membership, type Operator, quorumOf } from '../../consensus/membership.ts'
import { equalBytes } from '../../core/bytes.ts'
import { shortHex } from '../../core/encoding.ts'
import { sha384 } from '../../core/hash.ts'
import { formatInstant } from '../present.ts'
import { attestationChanges } from './describe-attestation.ts'

/** What one membership changes of the one before it, by comparing all that they hold: an order says nothing else. */
export interface ChangeDescription {
  readonly cluster: string
  readonly session: number
  readonly before: Side
  readonly after: Side
  /** In words, one for each change. */
  readonly changes: readonly string[]
  readonly warnings: readonly string[]
}

interface Side {
  readonly members: readonly string[]
  readonly n: number
  readonly f: number
  readonly q: number
}

export function describeChange(before: Membership, after: Membership): ChangeDescription {
  const sides = { before: sideOf(before), after: sideOf(after) }
  return {
    cluster: after.cluster,
    session: after.session,
    ...sides,
    changes: [
      ...memberChanges(before, after),
      ...operatorChanges(before, after),
      ...policyChanges(before, after),
      ...attestationChanges(before, after),
    ],
    warnings: warningsOf(sides, after),
  }
}

export function changeLines({ cluster, session, before, after, changes, warnings }: ChangeDescription): string[] {
  return [
    `cluster ${cluster}, session ${session - 1} → ${session}`,
    ...changes.map((change) => `  ${change}`),
    `  before: ${sideLine(before)}`,
    `  after:  ${sideLine(after)}`,
    ...warnings.map((warning) => `  warning: ${warning}`),
  ]
}

function sideOf({ members }: Membership): Side {
  return { members: members.map(({ name }) => name), ...quorumOf(members.length) }
}

function sideLine({ members, n, f, q }: Side): string {
  return `${members.join(', ')}: ${n} members, ${q} decide, ${f} may lie`
}

function warningsOf({ before, after }: { readonly before: Side; readonly after: Side }, next: Membership): string[] {
  const warnings: string[] = []
  if (after.f < before.f) warnings.push(`fewer may lie than before: ${before.f} → ${after.f}`)
  if (next.operators.length === 0) warnings.push('no operator is left, so the membership can never change again')
  return warnings
}

/** Enough of a key's SHA-384 to compare it with what its owner says. */
function keyWord(key: Uint8Array): string {
  return `${shortHex(sha384(key))}…`
}

function memberChanges(before: Membership, after: Membership): string[] {
  const { removed, added, kept } = compared(before.members, after.members)
  return [
    ...removed.map(({ name }) => `removes ${name}`),
    ...kept.flatMap(([former, present]) => changesOfMember(former, present)),
    ...added.map(
      ({ name, site, signingKey, tlsKeyHash }) =>
        `adds ${name} at site ${site}: signing key ${keyWord(signingKey)}, TLS key ${shortHex(tlsKeyHash)}…`,
    ),
    ...(kept.some(([former, present]) => former.id !== present.id) ? ['numbers the members that stay anew'] : []),
  ]
}

function changesOfMember(former: Member, present: Member): string[] {
  const { name } = present
  const changes: string[] = []
  if (!equalBytes(former.signingKey, present.signingKey)) {
    changes.push(`replaces the signing key of ${name}: ${keyWord(former.signingKey)} → ${keyWord(present.signingKey)}`)
  }
  if (!equalBytes(former.tlsKeyHash, present.tlsKeyHash)) {
    changes.push(`replaces the TLS key of ${name}: ${shortHex(former.tlsKeyHash)}… → ${shortHex(present.tlsKeyHash)}…`)
  }
  if (former.site !== present.site) changes.push(`moves ${name} from site ${former.site} to ${present.site}`)
  return changes
}

function operatorChanges(before: Membership, after: Membership): string[] {
  const { removed, added, kept } = compared<Operator>(before.operators, after.operators)
  return [
    ...removed.map(({ name }) => `removes the operator ${name}`),
    ...kept
      .filter(([former, present]) => !equalBytes(former.signingKey, present.signingKey))
      .map(([{ name }, present]) => `replaces the key of the operator ${name}: ${keyWord(present.signingKey)}`),
    ...added.map(({ name, signingKey }) => `adds the operator ${name}: key ${keyWord(signingKey)}`),
  ]
}

function compared<T extends { readonly name: string }>(before: readonly T[], after: readonly T[]) {
  const formerOf = new Map(before.map((item) => [item.name, item]))
  const names = new Set(after.map(({ name }) => name))
  return {
    removed: before.filter(({ name }) => !names.has(name)),
    added: after.filter(({ name }) => !formerOf.has(name)),
    kept: after.flatMap((present): readonly (readonly [T, T])[] => {
      const former = formerOf.get(present.name)
      return former === undefined ? [] : [[former, present]]
    }),
  }
}

function policyChanges(before: Membership, after: Membership): string[] {
  return POLICY.flatMap(([key, said]) => {
    const [former, present] = [said(before), said(after)]
    return former === present ? [] : [`${key}: ${former} → ${present}`]
  })
}

const POLICY: readonly (readonly [string, (membership: Membership) => string])[] = [
  ['era', ({ era }) => String(era)],
  ['epoch 0', ({ genesisTai }) => instant(genesisTai)],
  ['epochPeriodNs', ({ epochPeriodNs }) => String(epochPeriodNs)],
  ['rulesVersion', ({ rulesVersion }) => String(rulesVersion)],
  ['targetPrecisionNs', ({ targetPrecisionNs }) => String(targetPrecisionNs)],
  ['acceptSingleDomain', ({ acceptSingleDomain }) => acceptSingleDomain.join(', ') || 'none'],
  ['operatorThreshold', ({ operatorThreshold }) => String(operatorThreshold)],
]

function instant(tai: Membership['genesisTai']): string {
  const table = readLeapTable(undefined)
  return table.ok ? `${formatInstant(tai, table.value)} (${tai} ns TAI)` : `${tai} ns TAI`
}
