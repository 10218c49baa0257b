import type { ClusterNode } from '../../support/replica-cluster.ts'
import { type Problem, problem } from './problem.ts'

type Journalling = Pick<ClusterNode, 'id' | 'journal' | 'unjournalled'>

/** Nothing is sent that was never durable, and no journal holds two words that one member may not both say. */
export function findUnjournalled({ id, journal, unjournalled }: Journalling): readonly Problem[] {
  return [
    ...journal.contradictions.map((contradiction) => problem('journalViolations', `node ${id} said ${contradiction}`)),
    ...unjournalled.map((type) => problem('journalViolations', `node ${id} sent a ${type} that was never durable`)),
  ]
}
