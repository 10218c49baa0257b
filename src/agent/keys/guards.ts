import type { Configuration } from '../../config/schema.ts'
import type { Fault } from '../../core/fault.ts'
import { alarm, type Report } from '../agent-event.ts'
import type { HeldKey, KeyGuard, Keys } from './load-keys.ts'

/** How the private keys are guarded while nothing runs, in words. */
export function describeGuards({ signing, tls }: Keys): string {
  return `signing key ${signing.map(describe).join(' and ')}, TLS key ${tls.map(describe).join(' and ')}`
}

function describe({ guard, place }: HeldKey<unknown>): string {
  if (guard === 'tpm') return `sealed by the TPM (${place})`
  return guard === 'credential'
    ? `given by systemd (${place})`
    : `in a file that nothing but its mode guards (${place})`
}

/** Whoever has a TPM and leaves a key beside it in the clear has most likely forgotten to seal it: `key.plain`. */
export function findUnsealed({ signing, tls }: Keys, { attestation }: Configuration): readonly Fault[] {
  if (attestation?.provider !== 'tpm2') return []
  return [...signing, ...tls]
    .filter(({ guard }) => guard === 'file')
    .map(({ place }) => ({
      code: 'key.plain',
      message: `${place}: expected a key that the TPM has sealed, got one in the clear: whoever reads this file or its disk is this appliance; seal it with "quorumtime key seal"`,
    }))
}

/** Says at every start how the keys are guarded, and loudly where a TPM stands by unused. */
export function reportGuards(keys: Keys, configuration: Configuration, report: Report): void {
  const guards = (held: readonly HeldKey<unknown>[]): readonly KeyGuard[] => held.map(({ guard }) => guard)
  report({ type: 'keys', signing: guards(keys.signing), tls: guards(keys.tls), message: describeGuards(keys) })
  for (const fault of findUnsealed(keys, configuration)) alarm(report, fault)
}
