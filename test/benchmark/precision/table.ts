import type { Figures } from './series.ts'

const HEAD = ['', 'readings', '|error| p50', 'p99', 'max', 'bound p50', 'p99', 'outside', 'p99 to the best']

/** For people: µs, and each p99 as a multiple of the smallest of them. */
export function showTable(rows: readonly Figures[]): string {
  const best = Math.min(...rows.map(({ errorNs }) => errorNs?.p99 ?? Number.POSITIVE_INFINITY))
  const cells = rows.map(({ what, readings, errorNs, boundNs, outside }) => [
    what,
    String(readings),
    ...[errorNs?.p50, errorNs?.p99, errorNs?.max, boundNs?.p50, boundNs?.p99].map(inMicroseconds),
    outside === undefined ? '–' : String(outside),
    errorNs === undefined ? '–' : (errorNs.p99 / best).toFixed(2),
  ])
  return [HEAD, HEAD.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

function inMicroseconds(ns: number | undefined): string {
  return ns === undefined ? '–' : `${(ns / 1_000).toFixed(2)} µs`
}
