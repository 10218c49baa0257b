import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system of its own that can really run full. */
export interface TinyDisk {
  readonly folder: string
  /** Leaves no byte for anybody. */
  fill(): void
  /** Gives back what `fill` took. */
  drain(): void
  /** Takes the file system away, also from those that still have files open on it. */
  unmount(): void
}

/** Mounts one of so many KiB, which takes root; without that, the reason why there is none. */
export function mountTinyDisk(sizeKib: number): TinyDisk | { readonly absent: string } {
  const folder = mkdtempSync(join(tmpdir(), 'quorumtime-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeKib}k`, 'tmpfs', folder], { stdio: 'pipe' })
  } catch (error) {
    rmSync(folder, { recursive: true })
    return { absent: `no file system can be mounted here: ${(error as Error).message.split('\n').join(' ').trim()}` }
  }
  const ballast = join(folder, 'ballast')
  return {
    folder,
    fill: () => {
      const { bavail, bsize } = statfsSync(folder)
      writeFileSync(ballast, new Uint8Array(bavail * bsize))
    },
    drain: () => rmSync(ballast, { force: true }),
    unmount: () => {
      execFileSync('umount', ['--lazy', folder])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
