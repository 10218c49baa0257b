import { quorumOf } from '../membership.ts'

/** How many others keep a record about one member. In clusters of up to twelve, everybody. */
export const WATCHERS_MAX = 11

/** More than half of eleven watchers. */
const ACCUSERS_MAX = 6

/**
 * How many others must find the same of a member before it is suspected: f + 1, so that one of them is honest. Where f
 * is 0 nobody may lie, and then two must say so: with two members nothing tells which of them is wrong.
 */
export function accusersNeeded(n: number): number {
  return Math.max(2, quorumOf(n).f + 1)
}

/**
 * The same among the watchers of a member. Above n = 18 that is fewer than f + 1: liars that happen to be six of the
 * eleven neighbours of a member can lower its reputation. Records of all pairs would be too much to carry in every
 * block.
 */
export function watchersNeeded(n: number): number {
  return Math.min(ACCUSERS_MAX, accusersNeeded(n))
}

/** By the number of members, which is at most a hundred: the same tables serve every block. */
const tables = new Map<number, readonly (readonly number[])[]>()

/** By member: who keeps a record about it, the members that follow it in the order of ids, around. */
export function watchersTable(n: number): readonly (readonly number[])[] {
  const known = tables.get(n)
  if (known !== undefined) return known
  const count = Math.min(n - 1, WATCHERS_MAX)
  const table = Array.from({ length: n }, (_, subject) =>
    Array.from({ length: count }, (_unused, index) => (subject + 1 + index) % n),
  )
  tables.set(n, table)
  return table
}

/** A tally by member: those that reached `needed`, ascending. */
export function reached(counts: readonly number[], needed: number): readonly number[] {
  return where(counts, (count) => count >= needed)
}

/** The members whose value passes, ascending. */
export function where<T>(values: readonly T[], passes: (value: T) => boolean): readonly number[] {
  const members: number[] = []
  for (const [member, value] of values.entries()) if (passes(value)) members.push(member)
  return members
}
