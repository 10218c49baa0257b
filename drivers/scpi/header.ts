/**
 * Whether `header` is a spelling of `pattern`, in which capitals are the short form: `:SYNC:STAT?` and
 * `synchronization:state?` are both `SYNChronization:STATe?`. Each node is written short or whole and nothing in
 * between, in any case, with or without the first colon (SCPI-99 6.2). `[SOURce:]` in the pattern is an optional root.
 */
export function matchesHeader(pattern: string, header: string): boolean {
  const optional = /^\[(\w+):\](.*)$/.exec(pattern)
  if (optional?.[1] !== undefined && optional[2] !== undefined) {
    return matchesHeader(optional[2], header) || matchesHeader(`${optional[1]}:${optional[2]}`, header)
  }
  const wanted = nodes(pattern)
  const given = nodes(header.replace(/^:/, ''))
  return wanted.length === given.length && wanted.every((node, i) => isSpelling(node, given[i] ?? ''))
}

/** The nodes of a header; a question mark is one of its own. */
function nodes(header: string): readonly string[] {
  return header.replace(/\?$/, ':?').split(':')
}

function isSpelling(node: string, given: string): boolean {
  const upper = given.toUpperCase()
  return upper === node.toUpperCase() || upper === node.replace(/[a-z]/g, '')
}
