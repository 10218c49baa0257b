/** Something that ends, and takes back then what was begun in it: a test is one. */
export interface Scope {
  after(undo: () => unknown): void
}

/** One that ends when it is told to; what was begun last is taken back first. */
export interface OpenScope extends Scope {
  close(): Promise<void>
}

/** One that ends with a test. A test itself takes back first what was begun first: a folder before those who write in it are gone. */
export function scopeIn(t: Scope): Scope {
  const scope = openScope()
  t.after(() => scope.close())
  return scope
}

export function openScope(): OpenScope {
  const undoes: (() => unknown)[] = []
  return {
    after: (undo) => {
      undoes.push(undo)
    },
    close: async () => {
      for (let undo = undoes.pop(); undo !== undefined; undo = undoes.pop()) await undo()
    },
  }
}
