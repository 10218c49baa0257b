/** Where a process listens: a host name or address, and a TCP port (0: the system chooses one). */
export interface Address {
  readonly host: string
  readonly port: number
}

/** `10.0.0.1:4100`, `[::1]:4100`. */
export function formatAddress(host: string | undefined, port: number | undefined): string {
  const name = host ?? 'unknown'
  return `${name.includes(':') ? `[${name}]` : name}:${port ?? 0}`
}
