import type { Said } from './delivery.ts'

/** Sets of things said, each with a number. Shared by all members, so that equal sets have equal numbers. */
export interface SaidSets {
  of(id: number): readonly Said[]
  with(id: number, more: readonly Said[]): number
}

export function createSaidSets(): SaidSets {
  const sets: (readonly Said[])[] = [[]]
  const ids = new Map<string, number>([['', 0]])
  const key = ({ type, view, label }: Said): string => `${type} ${view} ${label}`
  return {
    of: (id) => sets[id] ?? [],
    with: (id, more) => {
      const all = new Map([...(sets[id] ?? []), ...more].map((said) => [key(said), said]))
      const sorted = [...all.keys()].sort()
      const name = sorted.join()
      const known = ids.get(name)
      if (known !== undefined) return known
      sets.push(sorted.flatMap((each) => all.get(each) ?? []))
      ids.set(name, sets.length - 1)
      return sets.length - 1
    },
  }
}
