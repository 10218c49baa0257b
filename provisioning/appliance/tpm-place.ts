import { resolve } from 'node:path'
import { createTpm, type Tpm } from '../../src/attestation/tpm/tpm.ts'
import { createTpmDevice } from '../../src/attestation/tpm/tpm-device.ts'
import { createTpmSocket } from '../../src/attestation/tpm/tpm-socket.ts'
import { socketOf } from '../../src/config/attestation.ts'

/** Where a TPM is: as `[attestation]` of a configuration names it. */
export type TpmPlace = { readonly device: string } | { readonly swtpm: string }

/** `/dev/tpmrm0` is a device, `127.0.0.1:2321` and any other path a software TPM. */
export function placeOf(text: string): TpmPlace {
  if (text.startsWith('/dev/')) return { device: text }
  return { swtpm: socketOf(text) === undefined ? resolve(text) : text }
}

export function openTpm(place: TpmPlace): Tpm {
  if ('device' in place) return createTpm(createTpmDevice(place.device))
  return createTpm(createTpmSocket(socketOf(place.swtpm) ?? { path: place.swtpm }))
}

/** For people. */
export function describePlace(place: TpmPlace): string {
  return 'device' in place ? place.device : `software TPM ${place.swtpm}`
}
