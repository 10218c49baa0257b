/** A cycle of a directed graph as `a → b → a`, or undefined. Deterministic: follows the edges in their order. */
export function findCycle(edges: ReadonlyMap<string, Iterable<string>>): string | undefined {
  const done = new Set<string>()
  const path: string[] = []
  const visit = (node: string): string | undefined => {
    const seenAt = path.indexOf(node)
    if (seenAt !== -1) return [...path.slice(seenAt), node].join(' → ')
    if (done.has(node)) return undefined
    path.push(node)
    for (const next of edges.get(node) ?? []) {
      const cycle = visit(next)
      if (cycle !== undefined) return cycle
    }
    path.pop()
    done.add(node)
    return undefined
  }
  for (const node of edges.keys()) {
    const cycle = visit(node)
    if (cycle !== undefined) return cycle
  }
  return undefined
}
