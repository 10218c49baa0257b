import type { Evidence } from '../consensus/evidence.ts'
import type { Commit, Input, JournalRecord, Measurement, Outgoing } from '../consensus/replica/types.ts'
import type { Replica } from '../consensus/replica.ts'
import type { VerifiedStep } from '../consensus/session-step.ts'
import type { Fault, Result } from '../core/fault.ts'
import type { MonoNs } from '../core/time.ts'

/** What the loop around a replica needs of its world: the agent's sockets and disk, or the simulator's. */
export interface ReplicaPorts {
  now(): MonoNs
  /** Durable when it returns ok; after a fault the loop stops for good. */
  persist(records: readonly JournalRecord[]): Result<void>
  send(outgoing: Outgoing): void
  commit(commit: Commit): void
  evidence(evidence: Evidence): void
  /** Reads the hardware at this instant; undefined when there is nothing to propose. */
  measure(epoch: number): Measurement | undefined
  /** The session is over, durably; the next one starts from this. */
  sessionEnded?(verified: VerifiedStep): void
  /** One timer: the previous instant is forgotten. */
  wakeAt(at: MonoNs | undefined): void
  /** The journal could not be written: nothing of this member may leave the machine any more. */
  halted(fault: Fault): void
}

export interface ReplicaLoop {
  /** Takes one input and everything that follows from it. A no-op once halted. */
  take(input: Input): void
}

/** Journal before send, one input at a time: the same short loop in production and in the simulator. */
export function createReplicaLoop(replica: Replica, ports: ReplicaPorts): ReplicaLoop {
  const queue: Input[] = []
  let running = false
  let halted = false
  const step = (input: Input): void => {
    const effects = replica.step(input, ports.now())
    const persisted = ports.persist(effects.persist)
    if (!persisted.ok) {
      halted = true
      queue.length = 0
      ports.wakeAt(undefined)
      ports.halted(persisted.fault)
      return
    }
    for (const outgoing of effects.send) ports.send(outgoing)
    for (const evidence of effects.evidence) ports.evidence(evidence)
    for (const commit of effects.commit) ports.commit(commit)
    if (effects.sessionEnd !== undefined) ports.sessionEnded?.(effects.sessionEnd)
    ports.wakeAt(effects.nextWakeAt)
    if (effects.measure === undefined) return
    const { epoch } = effects.measure
    const measurement = ports.measure(epoch)
    if (measurement !== undefined) queue.push({ type: 'measurement', epoch, measurement })
  }
  return {
    take: (input) => {
      if (halted) return
      if (running) {
        queue.push(input)
        return
      }
      running = true
      for (let next: Input | undefined = input; next !== undefined; next = queue.shift()) step(next)
      running = false
    },
  }
}
