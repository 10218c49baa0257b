import { path } from './outputs.ts'

/** Where a private key is: a file, or a credential that systemd gives the service. */

const CREDENTIAL = /^credential:(?<name>[A-Za-z0-9][A-Za-z0-9._-]{0,63})$/
const EXPECTED = 'a path, or credential:NAME with a name of at most 64 letters, digits, ".", "_" and "-"'

export const keyPlace = path.refine((text) => !text.startsWith('credential:') || credentialOf(text) !== undefined, {
  error: EXPECTED,
})

/** The name of the credential; undefined when it is a path. */
export function credentialOf(text: string): string | undefined {
  return CREDENTIAL.exec(text)?.groups?.['name']
}

/** A path resolved by `from`. */
export function resolveKey(text: string, from: (path: string) => string): string {
  return credentialOf(text) === undefined ? from(text) : text
}
