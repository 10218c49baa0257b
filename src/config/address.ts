/** `10.0.0.1:7400`, `[2001:db8::1]:7400`, `ts0.example:7400`. */
export interface HostAndPort {
  readonly host: string
  readonly port: number
}

/** The parts of an address of the right form; the schema has checked that it is one. */
export function splitAddress(text: string): HostAndPort {
  const at = text.lastIndexOf(':')
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) }
}

/** The other way: a literal IPv6 address gets its brackets. */
export function joinAddress({ host, port }: HostAndPort): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
