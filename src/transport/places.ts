import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { isIP, SocketAddress } from 'node:net'

/** A member that may dial, and where from: literal addresses, or names that are looked up again every minute. */
export interface Dialler {
  readonly id: number
  readonly hosts: readonly string[]
}

/** Which members may come from which address. A connection from anywhere else is nobody's. */
export interface Places {
  /** Ids of the members that may come from here; undefined: nobody may. */
  membersAt(address: string): readonly number[] | undefined
  close(): void
}

const LOOK_UP_EVERY_MS = 60_000

/**
 * A name that can not be looked up keeps the addresses that it had. Until it was found for the first time, its member is a
 * stranger, and comes again within a second.
 */
export function createPlaces(diallers: readonly Dialler[]): Places {
  const found = new Map<string, readonly string[]>()
  let places = new Map<string, number[]>()
  let closed = false
  const arrange = (): void => {
    places = new Map()
    for (const { id, hosts } of diallers) {
      const addresses = hosts.flatMap((host) => (isIP(host) === 0 ? (found.get(host) ?? []) : [host]))
      for (const address of new Set(addresses.map(canonicalAddress))) {
        places.set(address, [...(places.get(address) ?? []), id])
      }
    }
  }
  const names = new Set(diallers.flatMap(({ hosts }) => hosts).filter((host) => isIP(host) === 0))
  const learn = (name: string, addresses: readonly LookupAddress[]): void => {
    if (closed) return
    found.set(
      name,
      addresses.map(({ address }) => address),
    )
    arrange()
  }
  const lookUpAll = (): void => {
    for (const name of names) {
      lookup(name, { all: true }).then(
        (addresses) => learn(name, addresses),
        () => undefined,
      )
    }
  }
  arrange()
  lookUpAll()
  const timer = names.size === 0 ? undefined : setInterval(lookUpAll, LOOK_UP_EVERY_MS)
  return {
    membersAt: (address) => places.get(canonicalAddress(address)),
    close: () => {
      closed = true
      clearInterval(timer)
    },
  }
}

/** One notation for each address: `::ffff:10.0.0.1`, which a socket for both families shows, is 10.0.0.1. */
export function canonicalAddress(address: string): string {
  const [plain = '', zone] = address.split('%')
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1]
  if (mapped !== undefined) return mapped
  if (isIP(plain) !== 6) return plain
  const text = new SocketAddress({ address: plain, family: 'ipv6' }).address
  return zone === undefined ? text : `${text}%${zone}`
}
