import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { runCommand } from './command.ts'

/** A Debian to boot in a container: what debootstrap calls minbase, and the packages named here. */
export interface DebianOptions {
  /** `bookworm`, the release that the README promises to run on. */
  readonly suite: string
  readonly packages: readonly string[]
}

/** A slow mirror gets this long; the tests that need the root have to run afterwards. */
const DEBOOTSTRAP_SECONDS_MAX = 170

/**
 * The folder of a root as asked for: made by debootstrap the first time, and kept in the folder for temporary files. Treat
 * it as read-only. The fault says why there can be none.
 */
export async function debianRoot({ suite, packages }: DebianOptions): Promise<Result<string>> {
  const cache = join(tmpdir(), 'quorumtime-hil')
  mkdirSync(cache, { recursive: true, mode: 0o700 })
  const { uid, mode } = lstatSync(cache)
  if (uid !== 0 || (mode & 0o077) !== 0) {
    return fail('debian.cache', `${cache}: expected a folder that only root may enter, since it is booted as root`)
  }
  const root = join(cache, [suite, process.arch, ...packages].join('-'))
  if (existsSync(root)) return ok(root)
  const draft = mkdtempSync(join(cache, 'draft-'))
  try {
    const made = await debootstrap(draft, suite, packages)
    if (!made.ok) return made
    // The root of a system is for everybody; the draft was for root alone.
    chmodSync(draft, 0o755)
    renameSync(draft, root)
    return ok(root)
  } catch (error) {
    // Two runs at once make the same root; a folder that holds files is not replaced.
    return existsSync(root)
      ? ok(root)
      : fail('debian.rename', `${root}: expected to put it there, got ${String(error)}`)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

async function debootstrap(into: string, suite: string, packages: readonly string[]): Promise<Result<void>> {
  const mirror = await mirrorOf(suite)
  const made = await runCommand(
    'timeout',
    [
      // Unlike a limit of our own, this one ends the children too.
      `--kill-after=5`,
      String(DEBOOTSTRAP_SECONDS_MAX),
      'debootstrap',
      '--variant=minbase',
      `--include=${packages.join(',')}`,
      suite,
      into,
      ...(mirror === undefined ? [] : [mirror]),
    ],
    DEBOOTSTRAP_SECONDS_MAX + 10,
  )
  if (made.exitCode === 0) return ok(undefined)
  const lastWords = `${made.output}\n${made.complaint}`.trim().split('\n').slice(-3).join(' | ')
  return fail(
    'debian.debootstrap',
    `debootstrap ${suite}: expected a root, got exit code ${made.exitCode}: ${lastWords}`,
  )
}

/** Where this machine gets its own packages of that suite from; undefined leaves the choice to debootstrap. */
async function mirrorOf(suite: string): Promise<string | undefined> {
  const { output } = await runCommand(
    'apt-get',
    ['indextargets', '--format', '$(CODENAME) $(COMPONENT) $(REPO_URI)'],
    30,
  )
  const line = output.split('\n').find((text) => text.startsWith(`${suite} main `))
  return line?.split(' ')[2]
}
