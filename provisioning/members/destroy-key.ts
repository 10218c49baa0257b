import { destroyKeyFile } from '../../src/crypto/key-file.ts'
import type { Task } from '../run-tasks.ts'

/** The end of a key that no membership names any more. Fault: `key.write`. */
export function destroyStep(path: string, what: string): Task {
  return { action: 'update', path, what: `destroy the ${what}`, perform: () => destroyKeyFile(path) }
}
