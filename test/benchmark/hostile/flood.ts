import { spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Scope } from '../../support/scope.ts'
import { FLOOD_SOURCE } from './flood-source.ts'

/** What the generator does with each connection; `udp` sends datagrams instead. */
export type FloodKind = 'connect' | 'silent' | 'loris' | 'hello' | 'garbage' | 'udp'

export const FLOOD_KINDS: readonly FloodKind[] = ['connect', 'silent', 'loris', 'hello', 'garbage', 'udp']

export interface FloodOptions {
  readonly kind: FloodKind
  readonly host: string
  readonly port: number
  readonly perSecond: number
  readonly seconds: number
  /** Source addresses, used in turn. */
  readonly sources: readonly string[]
  /** What is sent. */
  readonly payload: Uint8Array
}

/** What the generator counted; `closed` by the other side, `answered` with at least a byte. */
export interface FloodCounts {
  readonly opened: number
  readonly connected: number
  readonly answered: number
  readonly closed: number
  readonly failed: number
  readonly cpuS: number
}

export interface Flood {
  run(options: FloodOptions, within: readonly string[]): Promise<FloodCounts>
}

/** Compiles the generator into a folder; throws where there is no C compiler. */
export function compileFlood(scope: Scope, folder: string): Flood {
  const source = join(folder, 'flood.c')
  const program = join(folder, 'flood')
  writeFileSync(source, FLOOD_SOURCE)
  const { status, stderr } = spawnSync('cc', ['-O2', '-Wall', '-o', program, source], { encoding: 'utf8' })
  if (status !== 0) throw new Error(`expected a C compiler (cc) to compile the load generator, got: ${stderr}`)
  return {
    run: async ({ kind, host, port, perSecond, seconds, sources, payload }, within) => {
      const file = join(folder, `payload-${kind}`)
      writeFileSync(file, payload)
      const [command, ...words] = [...within, program]
      const settings = [host, String(port), String(perSecond), String(seconds), kind, file, ...sources]
      const child = spawn(command, [...words, ...settings], { stdio: ['ignore', 'pipe', 'inherit'] })
      scope.after(() => child.kill('SIGKILL'))
      return JSON.parse(await text(child.stdout)) as FloodCounts
    },
  }
}
