/**
 * An expected failure as a value. `code` is stable and machine readable (`nmea.checksum`, `tls.wrong-member`);
 * `message` is one sentence that says where, what was expected and what came.
 */
export interface Fault {
  readonly code: string
  readonly message: string
}

/** Either a value or the reason why there is none. */
export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault }

export function ok<T>(value: T): Result<T> {
  return { ok: true, value }
}

export function fail(code: string, message: string): { readonly ok: false; readonly fault: Fault } {
  return { ok: false, fault: { code, message } }
}
