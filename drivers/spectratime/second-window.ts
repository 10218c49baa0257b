import { between, type MonoNs, NS_PER_MILLISECOND, NS_PER_SECOND, type TaiNs } from '../../src/core/time.ts'

/**
 * Where the unit's seconds begin, as far as its answers tell: an answer names the second that ran when it was made, so that
 * second had begun before its first byte, and the next one had not. Questions at all places of the second narrow that
 * down to a fraction of it.
 */
export interface SecondWindow {
  /** Notes that `taiNs` ran at `at`; false when what was said before does not allow it, which is then forgotten. */
  note(taiNs: TaiNs, at: MonoNs): boolean
  /** How long after the beginning of the second `taiNs` the instant `at` is, at least and at most, ns; undefined while little is known. */
  sinceBegin(taiNs: TaiNs, at: MonoNs): { readonly leastNs: bigint; readonly mostNs: bigint } | undefined
}

/** The two oscillators drift, and a line has its jitter. */
const MARGIN_NS = 20n * NS_PER_MILLISECOND
const KEPT_NS = 60n * NS_PER_SECOND
const KEPT_MAX = 64
const ANSWERS_MIN = 3

export function createSecondWindow(): SecondWindow {
  /** Local instant minus TAI of the beginning of any second lies within, by each answer. */
  let answers: { readonly at: MonoNs; readonly fromNs: bigint; readonly toNs: bigint }[] = []

  const bounds = (): { readonly fromNs: bigint; readonly toNs: bigint } | undefined => {
    const [first, ...others] = answers
    if (first === undefined) return undefined
    return others.reduce(
      (all, { fromNs, toNs }) => ({
        fromNs: fromNs > all.fromNs ? fromNs : all.fromNs,
        toNs: toNs < all.toNs ? toNs : all.toNs,
      }),
      { fromNs: first.fromNs, toNs: first.toNs },
    )
  }

  return {
    note(taiNs, at) {
      answers = answers.filter((answer) => between(answer.at, at) <= KEPT_NS).slice(-KEPT_MAX)
      const toNs = at - taiNs
      const answer = { at, fromNs: toNs - NS_PER_SECOND, toNs }
      const before = bounds()
      const fits =
        before === undefined || (answer.toNs >= before.fromNs - MARGIN_NS && answer.fromNs <= before.toNs + MARGIN_NS)
      answers = fits ? [...answers, answer] : [answer]
      return fits
    },
    sinceBegin(taiNs, at) {
      const known = bounds()
      if (known === undefined || answers.length < ANSWERS_MIN) return undefined
      return { leastNs: at - taiNs - known.toNs, mostNs: at - taiNs - known.fromNs }
    },
  }
}
