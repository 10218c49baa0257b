import type { Automaton } from './automaton.ts'
import type { Option } from './soup.ts'

/** A way to the next word of a member: what happens to it on the way, and the state that it says it in. */
export interface Word {
  readonly next: number
  readonly trail: readonly Option[]
}

/** What can come out of one state of one member while nothing new is said by others. */
export interface Outlook {
  readonly words: readonly Word[]
  /** States on the way, those of the words included, and the happenings between them. */
  readonly states: number
  readonly transitions: number
  /** The first of them in which something is wrong. */
  readonly wrong: Word | undefined
}

/**
 * What a member takes in without a word changes nothing for anybody else, and whatever could reach it before can reach it
 * later: so it is put off until just before the next word. Here are all ways to that word.
 */
export function outlook(automaton: Automaton, from: number, options: readonly Option[]): Outlook {
  const { found, words, transitions } = silently(automaton, from, options)
  const wrong = [...found].find(([state]) => automaton.states[state]?.problem !== undefined)
  return {
    words: uncovered(automaton, words, options),
    states: found.size,
    transitions,
    wrong: wrong && { next: wrong[0], trail: wrong[1] },
  }
}

/** All states that are reached without a word, each with the way to it; and those of the first word after it. */
function silently(
  automaton: Automaton,
  from: number,
  options: readonly Option[],
): {
  readonly found: ReadonlyMap<number, readonly Option[]>
  readonly words: readonly Word[]
  readonly transitions: number
} {
  const said = automaton.states[from]?.saidId
  const found = new Map<number, readonly Option[]>([[from, []]])
  const words: Word[] = []
  let transitions = 0
  for (const [at, trail] of found) {
    // Beyond a mistake there is nothing to know, and perhaps no end.
    if (automaton.states[at]?.problem !== undefined) continue
    if (automaton.states[at]?.saidId !== said) {
      words.push({ next: at, trail })
      continue
    }
    for (const option of options) {
      const next = automaton.step(at, option)
      if (next === undefined) continue
      transitions += 1
      if (!found.has(next)) found.set(next, [...trail, option])
    }
  }
  return { found, words, transitions }
}

/**
 * Of two words after which one state silently leads to the other, the one that leads there is enough: whatever can come of
 * the other can come of it.
 */
function uncovered(automaton: Automaton, words: readonly Word[], options: readonly Option[]): readonly Word[] {
  const covered = new Set<number>()
  const kept: Word[] = []
  // From the back those that have taken in least come last: they are looked at again, first to last.
  const candidates = words.filter(({ next }) => {
    if (covered.has(next)) return false
    for (const state of silently(automaton, next, options).found.keys()) covered.add(state)
    return true
  })
  covered.clear()
  for (const word of candidates.reverse()) {
    if (covered.has(word.next)) continue
    for (const state of silently(automaton, word.next, options).found.keys()) covered.add(state)
    kept.push(word)
  }
  return kept
}
