/** `10.0.0.1:7400`, `[2001:db8::1]:7400`, `ts0.example:7400`: the schema has checked the form. */
export interface HostAndPort {
  readonly host: string
  readonly port: number
}

export function splitAddress(text: string): HostAndPort {
  const at = text.lastIndexOf(':')
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) }
}
