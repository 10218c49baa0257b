import { globSync } from 'node:fs'
import { join } from 'node:path'

/** The root of the repository. */
export const ROOT = join(import.meta.dirname, '..', '..')

/** The folders that hold TypeScript: what tsconfig.json includes. */
export const CODE_FOLDERS = ['src', 'drivers', 'test', 'provisioning'] as const

/** Files below `root` that match one of the globs, relative to `root`, sorted; fixtures are data and left out. */
export function findFiles(root: string, globs: readonly string[]): readonly string[] {
  const found = globSync(globs, { cwd: root, exclude: ['**/node_modules/**', '**/fixtures/**'] })
  return [...new Set(found)].sort()
}

/** Every TypeScript file of the project. */
export function codeFiles(root: string): readonly string[] {
  return findFiles(
    root,
    CODE_FOLDERS.map((folder) => `${folder}/**/*.ts`),
  )
}
