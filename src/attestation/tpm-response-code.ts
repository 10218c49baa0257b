/** Response codes (part 2, 6.6). What a person reads of a refusal; `TPM_RC_SUCCESS` is 0. */
const TPM_RC_YIELDED = 0x908
const TPM_RC_TESTING = 0x90a
const TPM_RC_RETRY = 0x922

const FORMAT_ONE = 0x080
const FORMAT_ONE_ERROR = 0x03f
const PARAMETER = 0x040
const SUBJECT_AT = 8
const HANDLE_OR_SESSION_MAX = 8
/** Where kernel and library software put their own codes (TSS 2.0 Overview, 4.1.2): bits 16 to 23 name the layer. */
const LAYER_AT = 16

/** About a handle, a session or a parameter, whose number the code carries: by the lower six bits. */
const FORMAT_ONE_SENTENCES: Readonly<Record<number, string>> = {
  1: 'TPM_RC_ASYMMETRIC: the asymmetric algorithm is not supported',
  2: 'TPM_RC_ATTRIBUTES: inconsistent attributes',
  3: 'TPM_RC_HASH: the hash algorithm is not supported or not appropriate',
  4: 'TPM_RC_VALUE: the value is out of range or not correct for the context',
  5: 'TPM_RC_HIERARCHY: the hierarchy is not enabled or not correct for the use',
  7: 'TPM_RC_KEY_SIZE: the key size is not supported',
  8: 'TPM_RC_MGF: the mask generation function is not supported',
  9: 'TPM_RC_MODE: the mode of operation is not supported',
  10: 'TPM_RC_TYPE: the type of the value is not appropriate for the use',
  11: 'TPM_RC_HANDLE: the handle is not correct for the use',
  12: 'TPM_RC_KDF: the key derivation function is not supported or not appropriate',
  13: 'TPM_RC_RANGE: the value is out of the allowed range',
  14: 'TPM_RC_AUTH_FAIL: the authorization failed and was counted against guessing',
  15: 'TPM_RC_NONCE: the nonce has a wrong size or value',
  16: 'TPM_RC_PP: the authorization requires physical presence',
  18: 'TPM_RC_SCHEME: the scheme is not supported',
  21: 'TPM_RC_SIZE: the structure has a wrong size',
  22: 'TPM_RC_SYMMETRIC: the symmetric algorithm or key size is not supported',
  23: 'TPM_RC_TAG: the structure has a wrong tag',
  24: 'TPM_RC_SELECTOR: the union selector is not correct',
  26: 'TPM_RC_INSUFFICIENT: the structure ends too early',
  27: 'TPM_RC_SIGNATURE: the signature is not valid',
  28: 'TPM_RC_KEY: the key fields are not compatible with the use',
  29: 'TPM_RC_POLICY_FAIL: what the policy asks for is not so',
  31: 'TPM_RC_INTEGRITY: the integrity check failed',
  32: 'TPM_RC_TICKET: the ticket is not valid',
  33: 'TPM_RC_RESERVED_BITS: reserved bits are not zero',
  34: 'TPM_RC_BAD_AUTH: the authorization failed',
  35: 'TPM_RC_EXPIRED: the policy has expired',
  36: 'TPM_RC_POLICY_CC: the command is not the one of the policy',
  37: 'TPM_RC_BINDING: public and sensitive portions do not belong together',
  38: 'TPM_RC_CURVE: the curve is not supported',
  39: 'TPM_RC_ECC_POINT: the point is not on the curve',
}

const SENTENCES: Readonly<Record<number, string>> = {
  30: 'TPM_RC_BAD_TAG: the command has a wrong tag, or the TPM is of version 1.2',
  256: 'TPM_RC_INITIALIZE: the TPM was not started by TPM2_Startup, or was before',
  257: 'TPM_RC_FAILURE: the TPM is in failure mode and must be reset',
  259: 'TPM_RC_SEQUENCE: improper use of a sequence handle',
  281: 'TPM_RC_DISABLED: the command is disabled',
  288: 'TPM_RC_EXCLUSIVE: the audit session is not exclusive any more',
  292: 'TPM_RC_AUTH_TYPE: the authorization is not of the type that the command needs',
  293: 'TPM_RC_AUTH_MISSING: the command needs an authorization',
  294: 'TPM_RC_POLICY: a policy failed in a way of the command',
  295: 'TPM_RC_PCR: the register check failed',
  296: 'TPM_RC_PCR_CHANGED: the registers have changed since they were checked',
  301: 'TPM_RC_UPGRADE: the TPM is in field upgrade mode',
  302: 'TPM_RC_TOO_MANY_CONTEXTS: the context counter is at its end',
  303: 'TPM_RC_AUTH_UNAVAILABLE: the object has no authorization of this kind',
  304: 'TPM_RC_REBOOT: the TPM must be reset before it goes on',
  305: 'TPM_RC_UNBALANCED: hash and symmetric algorithms are of different strength',
  322: 'TPM_RC_COMMAND_SIZE: the command size does not fit its bytes',
  323: 'TPM_RC_COMMAND_CODE: the TPM does not know the command',
  324: 'TPM_RC_AUTHSIZE: the authorization area has a wrong size',
  325: 'TPM_RC_AUTH_CONTEXT: a session was used with a command that takes none',
  326: 'TPM_RC_NV_RANGE: the NV offset and size are out of the index',
  327: 'TPM_RC_NV_SIZE: the NV index is too large',
  328: 'TPM_RC_NV_LOCKED: the NV index is locked',
  329: 'TPM_RC_NV_AUTHORIZATION: the NV index does not allow this with that authorization',
  330: 'TPM_RC_NV_UNINITIALIZED: the NV index was never written',
  331: 'TPM_RC_NV_SPACE: there is no room in NV storage',
  332: 'TPM_RC_NV_DEFINED: the handle is in use already',
  336: 'TPM_RC_BAD_CONTEXT: the context is not valid',
  340: 'TPM_RC_PARENT: the handle cannot be a parent',
  2305: 'TPM_RC_CONTEXT_GAP: the gap for context ids is too large',
  2306: 'TPM_RC_OBJECT_MEMORY: there is no room for another object; some were not flushed',
  2307: 'TPM_RC_SESSION_MEMORY: there is no room for another session; some were not flushed',
  2308: 'TPM_RC_MEMORY: there is no room for another object or session',
  2309: 'TPM_RC_SESSION_HANDLES: there is no session handle left',
  2310: 'TPM_RC_OBJECT_HANDLES: there is no object handle left',
  2311: 'TPM_RC_LOCALITY: the locality is not the right one',
  [TPM_RC_YIELDED]: 'TPM_RC_YIELDED: the TPM has suspended the command; it may be retried',
  2313: 'TPM_RC_CANCELED: the command was cancelled',
  [TPM_RC_TESTING]: 'TPM_RC_TESTING: the TPM is testing itself',
  2336: 'TPM_RC_NV_RATE: NV storage is written too often and waits to save its life',
  2337: 'TPM_RC_LOCKOUT: authorizations are refused for a time, after too many that failed',
  [TPM_RC_RETRY]: 'TPM_RC_RETRY: the TPM could not begin the command; it may be retried',
  2339: 'TPM_RC_NV_UNAVAILABLE: NV storage cannot be written at present',
}

/** The same command may be sent again after a pause (part 2, 6.6.3: TPM_RC_RETRY, TPM_RC_YIELDED, TPM_RC_TESTING). */
export function isRetryable(code: number): boolean {
  return code === TPM_RC_RETRY || code === TPM_RC_YIELDED || code === TPM_RC_TESTING
}

/** The error itself, without the number of the handle, session or parameter that it is about. */
function errorOf(code: number): number {
  return (code & FORMAT_ONE) === 0 ? code : FORMAT_ONE | (code & FORMAT_ONE_ERROR)
}

/** TPM_RC_COMMAND_CODE and, about a parameter: asymmetric, hash, value, key size, mode, KDF, scheme, symmetric, curve. */
const UNSUPPORTED = [0x143, 0x081, 0x083, 0x084, 0x087, 0x089, 0x08c, 0x092, 0x096, 0x0a6]

/** The chip may be asked for something that more chips have. */
export function isUnsupported(code: number): boolean {
  return UNSUPPORTED.includes(errorOf(code))
}

/** `0x99d TPM_RC_POLICY_FAIL: what the policy asks for is not so (session 1)`. */
export function describeResponseCode(code: number): string {
  const shown = `0x${code.toString(16)}`
  if (code >> LAYER_AT !== 0) return `${shown} of software layer ${code >> LAYER_AT}, not of the TPM`
  if ((code & FORMAT_ONE) === 0) return `${shown} ${SENTENCES[code] ?? 'a code that is not known here'}`
  const sentence = FORMAT_ONE_SENTENCES[code & FORMAT_ONE_ERROR] ?? 'a code that is not known here'
  return `${shown} ${sentence} (${subjectOf(code)})`
}

function subjectOf(code: number): string {
  const number = (code >> SUBJECT_AT) & 0xf
  if ((code & PARAMETER) !== 0) return `parameter ${number}`
  return number >= HANDLE_OR_SESSION_MAX ? `session ${number - HANDLE_OR_SESSION_MAX}` : `handle ${number}`
}
