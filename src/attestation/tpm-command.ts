import { concatBytes } from '../core/bytes.ts'
import { fail, type Result } from '../core/fault.ts'
import { TpmReader } from './tpm-reader.ts'
import { describeResponseCode, isUnsupported } from './tpm-response-code.ts'
import { EMPTY, sized, u8, u16, u32 } from './tpm-writer.ts'

/** Command and response (part 1, 18): tag, size, code, handles, authorizations, parameters. */

const TPM_ST_NO_SESSIONS = 0x8001
const TPM_ST_SESSIONS = 0x8002
const HEADER_BYTES = 10

/** TPM_RS_PW: the pseudo session of an authorization by password. */
const PASSWORD_SESSION = 0x4000_0009
const CONTINUE_SESSION = 0x01
const AUTH_BYTES_MAX = 64
const NONCE_BYTES_MAX = 64
const AUTHORIZATIONS_MAX = 3

/** TPMS_AUTH_COMMAND (part 2, 10.13.2): why the TPM should do it. Sessions here are neither salted nor bound, so none has a key. */
export type Authorization =
  | { readonly by: 'password'; readonly password: Uint8Array }
  | { readonly by: 'policy'; readonly session: number }

/** The password of everything that has none. */
export const NO_PASSWORD: Authorization = { by: 'password', password: new Uint8Array() }

export interface TpmCommand {
  /** As the library calls it: for faults. */
  readonly name: string
  /** TPM_CC (part 2, 6.5.2). */
  readonly code: number
  readonly handles: readonly number[]
  /** One for each of the first handles that needs one. */
  readonly authorizations: readonly Authorization[]
  readonly parameters: Uint8Array
}

export function encodeCommand({ code, handles, authorizations, parameters }: TpmCommand): Uint8Array {
  const signed = authorizations.length > 0
  const area = concatBytes(...authorizations.map(encodeAuthorization))
  const body = concatBytes(...handles.map(u32), ...(signed ? [u32(area.length), area] : []), parameters)
  const tag = signed ? TPM_ST_SESSIONS : TPM_ST_NO_SESSIONS
  return concatBytes(u16(tag), u32(HEADER_BYTES + body.length), u32(code), body)
}

function encodeAuthorization(authorization: Authorization): Uint8Array {
  return authorization.by === 'password'
    ? concatBytes(u32(PASSWORD_SESSION), EMPTY, u8(CONTINUE_SESSION), sized(authorization.password))
    : concatBytes(u32(authorization.session), EMPTY, u8(CONTINUE_SESSION), EMPTY)
}

/** What a TPM answered, before anybody looked inside. */
export interface TpmResponse {
  readonly code: number
  readonly handles: readonly number[]
  readonly parameters: Uint8Array
}

/** The code of a response, which stands in every one; undefined when the bytes are no response at all. */
export function responseCodeOf(bytes: Uint8Array): number | undefined {
  if (bytes.length < HEADER_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return view.getUint32(2) === bytes.length ? view.getUint32(6) : undefined
}

/**
 * The response to `command`, of which `handleCount` handles are expected. Faults: `tpm.encoding`, and with the TPM's
 * reason in words `tpm.refused`, or `tpm.unsupported` where another choice of algorithms may do.
 */
export function decodeResponse(bytes: Uint8Array, command: TpmCommand, handleCount: number): Result<TpmResponse> {
  const from = new TpmReader(bytes, command.name)
  const tag = from.u16()
  const size = from.u32()
  const code = from.u32()
  if (from.intact && size !== bytes.length) from.refuse(`a size of ${bytes.length}`, `${size}`)
  if (from.intact && code !== 0) {
    return fail(
      isUnsupported(code) ? 'tpm.unsupported' : 'tpm.refused',
      `${command.name}: ${describeResponseCode(code)}`,
    )
  }
  const signed = command.authorizations.length > 0
  if (tag !== (signed ? TPM_ST_SESSIONS : TPM_ST_NO_SESSIONS)) {
    from.refuse(signed ? 'a response with sessions' : 'a response without sessions', `tag 0x${tag.toString(16)}`)
  }
  const handles = Array.from({ length: handleCount }, () => from.u32())
  const parameters = signed ? from.take(from.u32()) : from.rest()
  if (signed) readAuthorizations(from)
  return from.end({ code, handles, parameters })
}

/** Their nonces and keyed hashes are read for their form alone: sessions here have no key. */
function readAuthorizations(from: TpmReader): void {
  for (let index = 0; index < AUTHORIZATIONS_MAX && from.intact && from.left > 0; index++) {
    from.sized(NONCE_BYTES_MAX)
    from.u8()
    from.sized(AUTH_BYTES_MAX)
  }
}
