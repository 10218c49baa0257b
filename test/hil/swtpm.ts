import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTpm, type Tpm } from '../../src/attestation/tpm/tpm.ts'
import { createTpmSocket } from '../../src/attestation/tpm/tpm-socket.ts'
import { freePorts } from '../../src/cli/demo/ports.ts'
import { openScope, type Scope } from '../support/scope.ts'
import { runCommand } from './command.ts'
import { type Daemon, missingPrograms, startDaemon } from './daemon.ts'

/** A software TPM with an endorsement key, and a certificate for it by an authority of its own. */
export interface Swtpm {
  readonly host: '127.0.0.1'
  readonly port: number
  /** DER: the authority's root, and the one that signs certificates. */
  readonly authorities: { readonly roots: readonly Uint8Array[]; readonly intermediates: readonly Uint8Array[] }
  readonly child: Daemon['child']
  /** Ours; it is closed whenever something else is to talk to the same TPM, since swtpm serves one connection at a time. */
  readonly tpm: Tpm
  /** Runs one of tpm2-tools against it, which must succeed. */
  tool(name: string, args: readonly string[]): Promise<void>
  /** Ends it without a word to it, as a loss of power does, and starts it again; where told so on an older image of its state. */
  losePower(on?: string): Promise<void>
  /** Takes an image of its state, as whoever has the disk of a virtual machine can. */
  takeImage(): string
}

/** It draws RSA keys, which takes seconds, and ten times that on a busy machine. */
const SECONDS_MAX = 180
/** Commands of a busy machine; what is to be silent is told a shorter one. */
const COMMAND_MS_MAX = 20_000

/** Why there is none here, for `skip`; false when there is one. */
export function missingSwtpm(): Promise<string | false> {
  return missingPrograms('swtpm', 'swtpm_setup', 'swtpm_localca', 'tpm2_quote', 'setpriv')
}

/** `image`: of another one's state, which it is a copy of then; without, it is made anew. */
export async function startSwtpm(t: Scope, folder: string, name: string, image?: string): Promise<Swtpm> {
  const place = join(folder, name)
  // Absolute, as everything that swtpm is told must be.
  const [state, authority] = [join(place, 'state'), join(place, 'ca')]
  for (const made of [place, state, authority]) mkdirSync(made)
  if (image === undefined) await manufacture(place, state, authority)
  else cpSync(image, state, { recursive: true })
  let running = await run(t, state)
  let images = 0
  const tpm = createTpm(createTpmSocket({ host: '127.0.0.1', port: running.port }, COMMAND_MS_MAX))
  t.after(() => tpm.close())
  const certificate = (file: string): Uint8Array =>
    new Uint8Array(new X509Certificate(readFileSync(join(authority, file))).raw)
  return {
    host: '127.0.0.1',
    port: running.port,
    get authorities() {
      return {
        roots: [certificate('swtpm-localca-rootca-cert.pem')],
        intermediates: [certificate('issuercert.pem')],
      }
    },
    get child() {
      return running.child
    },
    tpm,
    tool: async (tool, args) => {
      await tpm.close()
      const tcti = `swtpm:host=127.0.0.1,port=${running.port}`
      const ended = await runCommand(tool, ['-T', tcti, ...args], SECONDS_MAX)
      assert.equal(ended.exitCode, 0, `${tool} ${args.join(' ')}: ${ended.complaint}`)
    },
    takeImage: () => {
      images += 1
      const image = join(place, `image-${images}`)
      cpSync(state, image, { recursive: true })
      return image
    },
    losePower: async (on) => {
      await tpm.close()
      await running.end()
      if (on !== undefined) {
        rmSync(state, { recursive: true })
        cpSync(on, state, { recursive: true })
      }
      running = await run(t, state, running.port)
    },
  }
}

async function manufacture(place: string, state: string, authority: string): Promise<void> {
  const file = (name: string, lines: readonly string[]): string => {
    const path = join(place, name)
    writeFileSync(path, `${lines.join('\n')}\n`)
    return path
  }
  const settings = [`statedir = ${authority}`, ...['signkey', 'issuercert'].map((key) => pem(key, authority))]
  const localca = file('localca.conf', [...settings, `certserial = ${join(authority, 'serial')}`])
  const options = file('localca.options', [
    '--platform-manufacturer test',
    '--platform-model test',
    '--platform-version 1',
  ])
  const setup = file('setup.conf', [
    'create_certs_tool = swtpm_localca',
    `create_certs_tool_config = ${localca}`,
    `create_certs_tool_options = ${options}`,
  ])
  const wanted = ['--tpm2', '--create-ek-cert', '--lock-nvram', '--pcr-banks', 'sha256,sha384']
  const words = ['--tpmstate', state, '--config', setup, ...wanted]
  const ended = await runCommand('swtpm_setup', words, SECONDS_MAX)
  assert.equal(ended.exitCode, 0, ended.output + ended.complaint)
}

function pem(key: string, authority: string): string {
  return `${key === 'signkey' ? 'signingkey' : key} = ${join(authority, `${key}.pem`)}`
}

interface Running {
  readonly port: number
  readonly child: Daemon['child']
  end(): Promise<void>
}

async function run(t: Scope, state: string, samePort?: number): Promise<Running> {
  const port = samePort ?? (await freePorts(1))[0]?.clusterPort
  assert.ok(port !== undefined)
  const scope = openScope()
  t.after(() => scope.close())
  const { child, output } = startDaemon(scope, 'swtpm', [
    'socket',
    '--tpm2',
    '--tpmstate',
    `dir=${state}`,
    '--ctrl',
    // The TCTI of tpm2-tools looks for it there.
    `type=tcp,port=${port + 1}`,
    '--server',
    `type=tcp,port=${port}`,
    '--flags',
    'not-need-init,startup-clear',
  ])
  for (let waits = 0; !(await listens(port + 1)); waits++) {
    assert.ok(waits < 600 && child.exitCode === null, `swtpm does not listen: ${output()}`)
    await sleep(50)
  }
  return { port, child, end: () => scope.close() }
}

/** Its control channel does, and nothing is lost by asking there. */
async function listens(port: number): Promise<boolean> {
  const { exitCode } = await runCommand('swtpm_ioctl', ['--tcp', `127.0.0.1:${port}`, '-c'], 30)
  return exitCode === 0
}
