import { watchersTable } from './accusers.ts'
import { centreNs } from './bias.ts'
import { isBiased, type LinkRecord, readingOf } from './link-record.ts'
import { lowerMedianOf } from './number-range.ts'
import { type Observations, sightOn } from './observe.ts'

/** A member that is suspected by itself, and how far it is away, or has moved, ns. */
export interface Astray {
  readonly member: number
  readonly byNs: number
  readonly boundNs: number
}

/** How far the deviating are from the points: by the lower median over the frames of others. */
export function deviations(seen: Observations, deviating: readonly number[]): readonly Astray[] {
  return deviating.flatMap((member) => {
    const clock = seen.clocks[member]
    if (clock === undefined) return []
    const offsets = seen.regions.flatMap((region, observer) => {
      const sight = sightOn(seen, observer, member)
      return region === undefined || sight === undefined ? [] : [sight.offsetNs + clock.aheadNs - region.point]
    })
    const byNs = lowerMedianOf(offsets)
    return byNs === undefined ? [] : [{ member, byNs, boundNs: clock.boundNs }]
  })
}

/**
 * How far the biased have moved from where their watchers had learnt them to be, by the lower median over those that
 * accuse. Where they are says less: the constant asymmetries of their ways are in it.
 */
export function movements(
  seen: Observations,
  biased: readonly number[],
  records: readonly { readonly links: readonly (LinkRecord | undefined)[] }[],
): readonly Astray[] {
  return biased.flatMap((member) => {
    const links = records[member]?.links ?? []
    const moves = (watchersTable(seen.n)[member] ?? []).flatMap((observer, index) => {
      const link = links[index]
      const reading = readingOf(seen, observer, member)
      if (link === undefined || reading === undefined || !isBiased(link)) return []
      return [reading.offsetNs - centreNs(link)]
    })
    const byNs = lowerMedianOf(moves)
    const boundNs = seen.clocks[member]?.boundNs
    return byNs === undefined || boundNs === undefined ? [] : [{ member, byNs, boundNs }]
  })
}

/**
 * Two or more that are away to the same side by more than the target and, net of their own bounds, within the target of
 * each other. They are among those that are suspected already, so nobody honest is drawn in.
 */
export function coordinated(astray: readonly Astray[], targetPrecisionNs: number): readonly number[] {
  const away = astray.filter(({ byNs }) => Math.abs(byNs) > targetPrecisionNs)
  const together = (a: Astray, b: Astray): boolean =>
    a.member !== b.member &&
    a.byNs > 0 === b.byNs > 0 &&
    Math.abs(a.byNs - b.byNs) <= targetPrecisionNs + a.boundNs + b.boundNs
  return away.filter((a) => away.some((b) => together(a, b))).map(({ member }) => member)
}
