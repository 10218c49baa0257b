import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { ok, type Result } from '../src/core/fault.ts'
import { attempt } from '../src/linux/attempt.ts'

/** What is done, or in a dry run would be done, to one file or folder. */
export interface Step {
  readonly action: 'create' | 'keep' | 'update'
  readonly path: string
  readonly what: string
  /** Does it. A no-op for what is kept. */
  perform(): Result<void>
}

export function keepStep(path: string, what: string): Step {
  return { action: 'keep', path, what, perform: () => ok(undefined) }
}

/** A folder with exactly these permissions, whatever the umask; one that exists stays as it is. */
export function folderStep(path: string, mode: number, what: string): Step {
  if (existsSync(path)) return keepStep(path, what)
  return {
    action: 'create',
    path,
    what: `${what}, mode 0${mode.toString(8)}`,
    perform: () =>
      attempt('provisioning.write', `${path}: expected to make this folder`, () => {
        mkdirSync(path, { recursive: true, mode })
        chmodSync(path, mode)
      }),
  }
}

/** A new file, whole or not at all; one that has appeared meanwhile is not overwritten. */
export function newFileStep(path: string, bytes: Uint8Array, mode: number, what: string): Step {
  return { action: 'create', path, what, perform: () => putInPlace(path, bytes, mode, linkSync) }
}

/** Other content for a file that exists, and stays its owner's. */
export function updateStep(path: string, bytes: Uint8Array, mode: number, what: string): Step {
  return { action: 'update', path, what, perform: () => putInPlace(path, bytes, mode, renameSync) }
}

function putInPlace(
  path: string,
  bytes: Uint8Array,
  mode: number,
  place: (draft: string, path: string) => void,
): Result<void> {
  const draft = `${path}.new`
  return attempt('provisioning.write', `${path}: expected to write it`, () => {
    try {
      writeFileSync(draft, bytes, { mode, flush: true })
      if (existsSync(path)) keepOwner(path, draft)
      place(draft, path)
    } finally {
      rmSync(draft, { force: true })
    }
  })
}

/** What root puts in the place of a file that is the agent's has to be the agent's, or it could not read it at its next start. */
export function keepOwner(path: string, draft: string): void {
  const [kept, made] = [statSync(path), statSync(draft)]
  if (kept.uid !== made.uid || kept.gid !== made.gid) chownSync(draft, kept.uid, kept.gid)
}
