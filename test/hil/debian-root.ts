import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { runCommand } from './command.ts'

/** A Debian to boot in a container: its essential packages, and those that are named here with what they need. */
export interface DebianOptions {
  /** `bookworm` */
  readonly suite: string
  readonly packages: readonly string[]
}

/** It takes half a minute on two idle cores; the rest is for a slow mirror or busy ones. */
const MAKING_SECONDS_MAX = 220

/**
 * The folder of a root as asked for: made the first time, and kept in the folder for temporary files. Treat it as
 * read-only. The fault says why there can be none.
 */
export async function debianRoot({ suite, packages }: DebianOptions): Promise<Result<string>> {
  const kept = privateCache()
  if (!kept.ok) return kept
  const cache = kept.value
  const root = join(cache, [suite, process.arch, ...packages].join('-'))
  if (existsSync(root)) return ok(root)
  removeAbandonedDrafts(cache)
  const draft = join(cache, `draft-${process.pid}`)
  try {
    const made = await makeRoot(draft, suite, packages)
    if (!made.ok) return made
    chmodSync(draft, 0o755)
    renameSync(draft, root)
    return ok(root)
  } catch (error) {
    // Two runs at once make the same root; a folder that holds files is not replaced.
    return existsSync(root) ? ok(root) : fail('debian.root', `${root}: expected to put it here, got ${String(error)}`)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** The folder for what is made or fetched once. Fault: others may enter it. */
export function privateCache(): Result<string> {
  const cache = join(tmpdir(), 'quorumtime-hil')
  mkdirSync(cache, { recursive: true, mode: 0o700 })
  const { uid, mode } = lstatSync(cache)
  if (uid === 0 && (mode & 0o077) === 0) return ok(cache)
  return fail('debian.cache', `${cache}: expected a folder that only root may enter, since root boots what is in it`)
}

/** Those of processes that were killed. */
function removeAbandonedDrafts(cache: string): void {
  for (const name of readdirSync(cache)) {
    const [, pid] = /^draft-(\d+)/.exec(name) ?? []
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) rmSync(join(cache, name), { recursive: true, force: true })
  }
}

/** By mmdebstrap, which takes half the time of debootstrap. `timeout` ends its children too. */
async function makeRoot(into: string, suite: string, packages: readonly string[]): Promise<Result<void>> {
  const mirror = await mirrorOf(suite)
  const mmdebstrap = ['mmdebstrap', '--variant=essential', `--include=${packages.join(',')}`, suite, into]
  if (mirror !== undefined) mmdebstrap.push(mirror)
  const limited = ['--kill-after=5', String(MAKING_SECONDS_MAX), ...mmdebstrap]
  const made = await runCommand('timeout', limited, MAKING_SECONDS_MAX + 10)
  if (made.exitCode === 0) return ok(undefined)
  const lastWords = made.complaint.trim().split('\n').slice(-3).join(' ')
  return fail('debian.root', `mmdebstrap ${suite}: expected a root, got exit code ${made.exitCode}: ${lastWords}`)
}

/** Where this machine gets its own packages of that suite from; undefined leaves the choice to mmdebstrap. */
async function mirrorOf(suite: string): Promise<string | undefined> {
  const format = ['--format', '$(CODENAME) $(COMPONENT) $(REPO_URI)']
  const { output } = await runCommand('apt-get', ['indextargets', ...format], 30)
  const line = output.split('\n').find((text) => text.startsWith(`${suite} main `))
  return line?.split(' ')[2]
}
