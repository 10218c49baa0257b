import { fileURLToPath } from 'node:url'

const STRIPPED_PROGRAM = fileURLToPath(new URL('../../provisioning/stripped-program.mjs', import.meta.url))

/**
 * How Node is started to be an agent, in systemd/quorumtime.service and wherever this program starts one: half the memory
 * for the same work (docs/measurements.md). Small generations that are collected often, by the thread that made them; without
 * the first flag V8 takes up to 48 MiB for what is young. And another process strips the types, or what that takes stays.
 */
export const AGENT_NODE_FLAGS: readonly string[] = [
  '--optimize-for-size',
  '--single-threaded-gc',
  `--import=${STRIPPED_PROGRAM}`,
]

/** For glibc's allocator, mallopt(3): few arenas, and what is free at the top of the heap goes back to the system. */
export const AGENT_ENVIRONMENT: Readonly<Record<string, string>> = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_TRIM_THRESHOLD_: '131072',
}
