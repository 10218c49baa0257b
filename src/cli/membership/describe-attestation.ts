import type { AttestationPolicy } from '../../attestation/policy.ts'
import type { AttestationTerms, Membership } from '../../consensus/membership.ts'
import { toHex } from '../../core/bytes.ts'
import { sha384 } from '../../core/hash.ts'

/**
 * What changes of how members attest, in words, in full: an operator signs it, and a digest that was cut short could be the beginning
 * of another one too.
 */
export function attestationChanges({ attestation: before }: Membership, { attestation: after }: Membership): string[] {
  if (before === undefined && after === undefined) return []
  if (after === undefined) return ['asks for no attestation any more']
  const wording = PARTS.flatMap(([key, said]): string[] => {
    const [former, present] = [before && said(before), said(after)]
    if (former === present) return []
    return [former === undefined ? `${key}: ${present}` : `${key}: ${former} → ${present}`]
  })
  return before === undefined ? ['asks for attestation', ...wording] : wording
}

type Part = readonly [key: string, said: (terms: AttestationTerms) => string]

const PARTS: readonly Part[] = [
  ['attestation fleet', ({ fleet }) => fleet],
  ['attestation authorities', ({ authorities }) => authorities.map((key) => toHex(sha384(key))).join(', ')],
  ...policyParts({
    onFailure: (policy) => policy.onFailure,
    unattested: (policy) => policy.unattested,
    ageNsMax: ({ ageNsMax }) => String(ageNsMax),
    selection: ({ selection }) => `${selection.hash.name}:${selection.pcrs.join(',')}`,
    registers: ({ registers }) =>
      registers.map(({ pcr, values }) => `${pcr} is ${values.map(toHex).join(' or ')}`).join(', ') || 'any values',
    loggedPcrs: ({ loggedPcrs }) => loggedPcrs.join(',') || 'none',
    firmwareVersions: ({ firmwareVersions }) => firmwareVersions?.join(', ') ?? 'any',
    softwareDigests: ({ softwareDigests }) => softwareDigests?.map(toHex).join(', ') ?? 'any',
    unsafeClock: (policy) => policy.unsafeClock,
  }),
]

type PolicyWords = Readonly<Record<Exclude<keyof AttestationPolicy, 'format'>, (policy: AttestationPolicy) => string>>

/** A rule that is added to the policy has to be told too: without it this does not compile. */
function policyParts(words: PolicyWords): readonly Part[] {
  return Object.entries(words).map(([key, said]) => [`attestation ${key}`, ({ policy }) => said(policy)])
}
