import type { Report } from './agent-event.ts'

/** What is told to the world, some parts of the agent hear too. */
export interface Audience {
  readonly report: Report
  listen(listener: Report): void
}

export function createAudience(tell: Report): Audience {
  const listeners: Report[] = []
  return {
    report: (event) => {
      tell(event)
      for (const listener of listeners) listener(event)
    },
    listen: (listener) => {
      listeners.push(listener)
    },
  }
}
