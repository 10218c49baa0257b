import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { generateSeed } from '../../../src/crypto/seed.ts'
import { createTlsIdentity } from '../../../src/crypto/tls-identity.ts'
import { runCommand } from '../../hil/command.ts'
import { recordClientHello } from '../../support/recorded-hello.ts'

/** The first flight of a real dialler. */
export function recordHello(): Promise<Uint8Array> {
  return recordClientHello(createTlsIdentity(generateSeed()))
}

const PACKET_BYTES = 104

/** A ranging packet that a peer really sent, recorded where it arrives. */
export async function recordRangingPacket(
  folder: string,
  port: number,
  from: string,
  within: readonly string[],
): Promise<Uint8Array> {
  const file = join(folder, 'ranging.pcap')
  const filter = `udp dst port ${port} and src host ${from}`
  const words = ['tcpdump', '-U', '-c', '1', '-i', 'uplink', '-Z', 'root', '-w', file, filter]
  const [command = '', ...rest] = [...within, ...words]
  const { exitCode, complaint } = await runCommand(command, rest, 20)
  if (exitCode !== 0) throw new Error(`tcpdump: expected a ranging packet from ${from}, got: ${complaint}`)
  return readFileSync(file).subarray(-PACKET_BYTES)
}

export function garbage(bytes: number): Uint8Array {
  return randomBytes(bytes)
}
