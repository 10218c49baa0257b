import type { Inconsistency, Suspicion } from '../../src/consensus/behaviour/suspicion.ts'
import { type WorldOptions, watchWorld } from './behaviour-world.ts'

/** What the detectors said in the course of a world. */
export interface Watched {
  readonly epochs: number
  /** The first epoch in which a member was suspected of something; undefined: never. */
  first(kind: Suspicion, member: number): number | undefined
  /** Everything that anybody was ever suspected of, `bias 3`, sorted. */
  readonly suspected: readonly string[]
  readonly inconsistencies: readonly Inconsistency[]
  /** Members that the outcome called outliers at any time. */
  readonly outliers: readonly number[]
}

export function watch(options: WorldOptions): Watched {
  const first = new Map<string, number>()
  const inconsistencies = new Map<string, Inconsistency>()
  const outliers = new Set<number>()
  let epochs = 0
  for (const { epoch, behaviour, outcome } of watchWorld(options)) {
    epochs += 1
    for (const member of outcome.outliers) outliers.add(member)
    for (const { kind, member } of behaviour.suspects) {
      const key = `${kind} ${member}`
      if (!first.has(key)) first.set(key, epoch)
    }
    for (const inconsistency of behaviour.inconsistencies) {
      inconsistencies.set(inconsistency.join(), inconsistency)
    }
  }
  return {
    epochs,
    first: (kind, member) => first.get(`${kind} ${member}`),
    suspected: [...first.keys()].sort(),
    inconsistencies: [...inconsistencies.values()],
    outliers: [...outliers],
  }
}
