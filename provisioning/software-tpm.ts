import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readProperties } from '../src/attestation/tpm/properties.ts'
import { shutDown } from '../src/attestation/tpm/shutdown.ts'
import { createTpm, type Tpm } from '../src/attestation/tpm/tpm.ts'
import { createTpmSocket } from '../src/attestation/tpm/tpm-socket.ts'
import { fail, ok, type Result } from '../src/core/fault.ts'
import { attempt } from '../src/linux/attempt.ts'
import { programFolders, runProgram } from './run-program.ts'

/**
 * A TPM in software (swtpm), with an endorsement key and a certificate for it by an authority of the bench's own. It has the
 * security of the file that its state lies in: for benches and demonstrations.
 */
export interface SoftwareTpm {
  /** Where it listens: what `swtpm =` of a configuration names. */
  readonly socket: string
  /** Ends it as a machine that is shut down does, so that its clock is safe at the next start. Its state stays. */
  stop(): Promise<void>
}

export interface SoftwareTpmPlace {
  /** The authority that certifies the endorsement keys of all TPMs of a bench. */
  readonly authorityFolder: string
  /** State and socket of this one. */
  readonly folder: string
}

const SETUP_SECONDS_MAX = 180
const START_MS_MAX = 60_000
const POLL_MS = 20
/** sun_path of unix(7), without the final zero. */
const SOCKET_PATH_BYTES_MAX = 107
const PROGRAMS = ['swtpm', 'swtpm_setup', 'swtpm_localca', 'setpriv']
const PACKAGES = 'swtpm swtpm-tools'

/** Fault: `swtpm.missing`, with the packages that have it. */
export function findSwtpm(): Result<void> {
  const missing = PROGRAMS.find((program) => !programFolders().some((folder) => existsSync(join(folder, program))))
  if (missing === undefined) return ok(undefined)
  return fail(
    'swtpm.missing',
    `swtpm: expected the program ${missing}, got none; on Debian: apt-get install ${PACKAGES}`,
  )
}

/** Whether this TPM was made before. */
export function softwareTpmExists({ folder }: SoftwareTpmPlace): boolean {
  return existsSync(join(folder, 'state'))
}

/** Makes its state, whole or not at all, and its authority with the first one. Faults: `swtpm.setup`, `swtpm.write`. */
export async function makeSoftwareTpm({ authorityFolder, folder }: SoftwareTpmPlace): Promise<Result<void>> {
  const authority = resolve(authorityFolder)
  const draft = resolve(folder, 'state.new')
  const written = attempt('swtpm.write', `${folder}: expected to write the settings of swtpm`, () => {
    for (const path of [authority, folder]) mkdirSync(path, { recursive: true, mode: 0o700 })
    // An interrupted run may have left one.
    rmSync(draft, { recursive: true, force: true })
    mkdirSync(draft, { mode: 0o700 })
    return writeSettings(authority)
  })
  if (!written.ok) return written
  const wanted = ['--tpm2', '--create-ek-cert', '--lock-nvram', '--pcr-banks', 'sha256,sha384']
  const words = ['--tpmstate', draft, '--config', written.value, ...wanted]
  const ended = await runProgram('swtpm_setup', words, SETUP_SECONDS_MAX)
  if (!ended.ok) return fail('swtpm.setup', `${folder}: expected swtpm_setup to make a TPM, got ${ended.fault.message}`)
  return attempt('swtpm.write', `${folder}: expected to put the state in its place`, () =>
    renameSync(draft, join(folder, 'state')),
  )
}

/** What swtpm_setup and swtpm_localca go by; the same for all TPMs of an authority. Everything in it must be absolute. */
function writeSettings(authority: string): string {
  const file = (name: string, lines: readonly string[]): string => {
    const path = join(authority, name)
    writeFileSync(path, `${lines.join('\n')}\n`, { mode: 0o600 })
    return path
  }
  const localca = file('localca.conf', [
    `statedir = ${authority}`,
    `signingkey = ${join(authority, 'signkey.pem')}`,
    `issuercert = ${join(authority, 'issuercert.pem')}`,
    `certserial = ${join(authority, 'serial')}`,
  ])
  const options = file('localca.options', [
    '--platform-manufacturer bench',
    '--platform-model bench',
    '--platform-version 1',
  ])
  return file('setup.conf', [
    'create_certs_tool = swtpm_localca',
    `create_certs_tool_config = ${localca}`,
    `create_certs_tool_options = ${options}`,
  ])
}

/** The certificates of a bench's authority: what an enrolment authority is told to trust. */
export function benchCertificates(authorityFolder: string): readonly string[] {
  return ['swtpm-localca-rootca-cert.pem', 'issuercert.pem'].map((name) => join(authorityFolder, name))
}

/** Starts it, and waits until it answers. Ends with this process at the latest. Faults: `swtpm.socket`, `swtpm.start`. */
export async function startSoftwareTpm({ folder }: SoftwareTpmPlace): Promise<Result<SoftwareTpm>> {
  const socket = resolve(folder, 'tpm.sock')
  const bytes = Buffer.byteLength(socket)
  if (bytes > SOCKET_PATH_BYTES_MAX) {
    return fail(
      'swtpm.socket',
      `${socket}: expected a path of at most ${SOCKET_PATH_BYTES_MAX} bytes, as a socket needs, got ${bytes}`,
    )
  }
  rmSync(socket, { force: true })
  const words = ['socket', '--tpm2', '--tpmstate', `dir=${resolve(folder, 'state')}`]
  const channel = ['--server', `type=unixio,path=${socket},mode=0600`, '--flags', 'not-need-init,startup-clear']
  // setpriv has the kernel end it with this process; a group of its own, or Ctrl-C would end it before those who use it.
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', 'swtpm', ...words, ...channel], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  })
  const complaint: string[] = []
  child.stderr.on('data', (chunk: Buffer) => {
    if (complaint.length < 16) complaint.push(chunk.toString())
  })
  const exited = new Promise<void>((resolved) => {
    child.once('exit', () => resolved())
    child.once('error', (error) => {
      complaint.push(error.message)
      resolved()
    })
  })
  const up = await untilUp(child, socket)
  if (up) return ok({ socket, stop: () => stop(child, socket, exited) })
  child.kill('SIGKILL')
  return fail('swtpm.start', `${folder}: expected swtpm to answer, got ${complaint.join(' ').trim() || 'silence'}`)
}

async function untilUp(child: ChildProcess, socket: string): Promise<boolean> {
  const tpm = at(socket)
  try {
    for (let waitedMs = 0; waitedMs < START_MS_MAX; waitedMs += POLL_MS) {
      if (child.exitCode !== null || child.signalCode !== null) return false
      if (existsSync(socket) && (await readProperties(tpm)).ok) return true
      await sleep(POLL_MS)
    }
    return false
  } finally {
    await tpm.close()
  }
}

async function stop(child: ChildProcess, socket: string, exited: Promise<void>): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const tpm = at(socket)
  // One that somebody else still talks to does not answer: it is ended all the same.
  await shutDown(tpm)
  await tpm.close()
  child.kill('SIGTERM')
  await exited
}

const LAST_WORD_MS_MAX = 2_000

function at(path: string): Tpm {
  return createTpm(createTpmSocket({ path }, LAST_WORD_MS_MAX))
}
