import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stepsCodec } from '../consensus/chained-certificate.ts'
import type { Membership } from '../consensus/membership.ts'
import { createSessionChain, type SessionChain } from '../consensus/session-chain.ts'
import { readSessionStep, sessionStepCodec } from '../consensus/session-step.ts'
import { type Codec, decode, encode, literalCodec, recordCodec } from '../core/encoding.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { attempt } from '../linux/attempt.ts'

/** How every membership of the cluster took the place of the one before it: what a later one is trusted by. */
export interface SessionFile {
  readonly format: 'quorumtime-sessions-1'
  /** From the genesis on. */
  readonly steps: readonly Uint8Array[]
}

export const sessionFileCodec: Codec<SessionFile> = recordCodec<SessionFile>({
  format: literalCodec('quorumtime-sessions-1'),
  steps: stepsCodec,
})

export function sessionsPath(stateDirectory: string): string {
  return join(stateDirectory, 'sessions.cbor')
}

/**
 * The sessions that an appliance knows, the first one alone when there is no file. Their signatures were checked when they
 * were written. Faults: `sessions.read`, those of `readSessionStep`.
 */
export function readSessions(stateDirectory: string, genesis: Membership): Result<SessionChain> {
  const path = sessionsPath(stateDirectory)
  const chain = createSessionChain(genesis)
  if (!existsSync(path)) return ok(chain)
  const bytes = attempt('sessions.read', `${path}: expected to read the sessions`, () => readFileSync(path))
  if (!bytes.ok) return bytes
  const file = decode(sessionFileCodec, new Uint8Array(bytes.value), path)
  if (!file.ok) return file
  for (const [index, encoded] of file.value.steps.entries()) {
    const step = decode(sessionStepCodec, encoded, `${path}: step ${index}`)
    if (!step.ok) return step
    const read = readSessionStep(step.value, chain.present)
    if (!read.ok) return fail(read.fault.code, `${path}: step ${index}: ${read.fault.message}`)
    chain.append(read.value.verified)
  }
  return ok(chain)
}

/** Keeps the sessions of a chain, whole or not at all. Fault: `sessions.write`. */
export function writeSessions(stateDirectory: string, { steps }: SessionChain): Result<void> {
  const path = sessionsPath(stateDirectory)
  const draft = `${path}.new`
  const bytes = encode(sessionFileCodec, { format: 'quorumtime-sessions-1', steps })
  return attempt('sessions.write', `${path}: expected to write the sessions`, () => {
    try {
      writeFileSync(draft, bytes, { mode: 0o640, flush: true })
      renameSync(draft, path)
    } finally {
      rmSync(draft, { force: true })
    }
  })
}
