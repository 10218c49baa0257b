/** What `quorumtime attestation` is answered, as JSON has it. */
export interface AttestationAnswer {
  readonly node: string
  readonly own: {
    readonly provider: string
    readonly shownProvider: string | null
    readonly digest: string | null
    readonly ageMs: number | null
    readonly failure: { readonly code: string; readonly message: string } | null
    readonly softwareDigest: string | null
    readonly inventory: readonly Part[]
  }
  readonly terms: { readonly fleet: string; readonly onFailure: string; readonly ageNsMax: string } | null
  readonly members: readonly Told[]
}

interface Part {
  readonly part: string
  readonly name: string
  readonly kind: string
  readonly serialNumber?: string
  readonly firmware?: string
}

interface Told {
  readonly member: string
  readonly verdict: string
  readonly reasons: readonly { readonly code: string; readonly message: string }[]
  readonly unchecked: readonly string[]
  readonly provider: string | null
  readonly ageNs: string | null
  readonly tpm: { readonly firmware: string; readonly resetCount: number } | null
  readonly inventory: readonly Part[]
}

/** The appliances, each with its verdict, why, how old its record is, and what it says it is made of. */
export function describeAttestation({ node, own, terms, members }: AttestationAnswer): readonly string[] {
  const asked =
    terms === null
      ? 'the membership asks for no attestation'
      : `fleet "${terms.fleet}", at most ${seconds(terms.ageNsMax)} old, else ${terms.onFailure}`
  return [`${node}: ${asked}`, ...ownLines(own), ...members.flatMap(memberLines)]
}

function ownLines({
  provider,
  shownProvider,
  ageMs,
  failure,
  softwareDigest,
  inventory,
}: AttestationAnswer['own']): readonly string[] {
  const shown =
    ageMs === null
      ? 'shows no record yet'
      : `shows a record of ${shownProvider}, made ${Math.round(ageMs / 1_000)} s ago`
  return [
    `own: provider ${provider}, ${shown}`,
    ...(failure === null ? [] : [`  ${failure.code}: ${failure.message}`]),
    `  software ${softwareDigest ?? 'unknown'}`,
    ...inventory.map(partLine),
  ]
}

function memberLines({
  member,
  verdict,
  reasons,
  unchecked,
  provider,
  ageNs,
  tpm,
  inventory,
}: Told): readonly string[] {
  const age = ageNs === null ? 'of unknown age' : `${seconds(ageNs)} old`
  const chip = tpm === null ? '' : `, firmware ${tpm.firmware}, reset ${tpm.resetCount} times`
  return [
    `${member}: ${verdict}${provider === null ? '' : `, ${provider}${chip}, ${age}`}`,
    ...reasons.map(({ code, message }) => `  ${code}: ${message}`),
    ...(verdict === 'verified' && unchecked.length > 0 ? [`  not asked about: ${unchecked.join(', ')}`] : []),
    ...inventory.map(partLine),
  ]
}

function partLine({ part, name, kind, serialNumber, firmware }: Part): string {
  const serial = serialNumber === undefined ? '' : `, serial ${serialNumber}`
  return `  ${part} ${name}: ${kind}${serial}${firmware === undefined ? '' : `, firmware ${firmware}`}`
}

/** Records are hours old at most: whole seconds. */
function seconds(ns: string): string {
  return `${BigInt(ns) / 1_000_000_000n} s`
}
