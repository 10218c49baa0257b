/**
 * A mistake that somebody could make in the real source, and the tests that must notice. Each edit replaces a text that
 * stands exactly once in its file, so a mutant that no longer fits the source says so instead of passing unseen.
 */
export interface Mutant {
  /** What the mistake is, in a few words; unique. */
  readonly name: string
  /** What a cluster that made it would suffer. */
  readonly harm: string
  readonly edits: readonly Edit[]
  /** Test files of which at least one must fail, the quickest first. */
  readonly killers: readonly string[]
}

export interface Edit {
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** The source with the mistake in it, or the sentence that says why it does not fit. */
export function mutate(source: string, { file, find, replace }: Edit): { text: string } | { problem: string } {
  const places = source.split(find).length - 1
  if (places !== 1) return { problem: `${file}: expected once, found ${places} times: ${find}` }
  if (find === replace) return { problem: `${file}: expected a change, got the same text: ${find}` }
  return { text: source.replace(find, () => replace) }
}
