import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CODE_FOLDERS, ROOT } from '../tools/project-files.ts'
import { type Mutant, mutate } from './mutant.ts'

/** A copy of the code to make mistakes in; the packages are those of the checkout. */
export interface Scratch {
  readonly root: string
  /** Puts a mistake in. Returns why that is not possible, if so; nothing has changed then. */
  plant(mutant: Mutant): string | undefined
  /** Takes it out again. */
  restore(): void
  remove(): void
}

/** What tests read beside code. */
const OTHER_FILES = ['package.json', 'package-lock.json', 'tsconfig.json', 'docs', 'systemd']

export function createScratch(): Scratch {
  const root = mkdtempSync(join(tmpdir(), 'quorumtime-mutants-'))
  for (const name of [...CODE_FOLDERS, ...OTHER_FILES]) {
    cpSync(join(ROOT, name), join(root, name), { recursive: true })
  }
  symlinkSync(join(ROOT, 'node_modules'), join(root, 'node_modules'))
  const originals = new Map<string, string>()
  const restore = (): void => {
    for (const [file, text] of originals) writeFileSync(join(root, file), text)
    originals.clear()
  }
  return {
    root,
    plant: ({ edits }) => {
      for (const edit of edits) {
        const source = readFileSync(join(root, edit.file), 'utf8')
        const mutated = mutate(source, edit)
        if ('problem' in mutated) {
          restore()
          return mutated.problem
        }
        if (!originals.has(edit.file)) originals.set(edit.file, source)
        writeFileSync(join(root, edit.file), mutated.text)
      }
      return undefined
    },
    restore,
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}
