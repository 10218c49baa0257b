import { availableParallelism } from 'node:os'
import { startDaemon } from '../../hil/daemon.ts'
import type { Scope } from '../../support/scope.ts'

/** Keeps every core busy with a process that does nothing else. */
export function keepBusy(scope: Scope): void {
  for (let core = 0; core < availableParallelism(); core++) startDaemon(scope, process.execPath, ['-e', 'for (;;);'])
}
