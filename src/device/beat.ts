/**
 * One timer for all that look at something ten times a second: each with its own would wake an idle process as often as
 * there are of them.
 */
export interface Beat {
  stop(): void
}

export const BEAT_MS = 100

const listeners = new Set<() => void>()
let timer: NodeJS.Timeout | undefined

/** Calls `onBeat` every `BEAT_MS`, or every so many beats, until it is stopped. It does not keep the process alive. */
export function startBeat(onBeat: () => void, every = 1): Beat {
  let beats = 0
  // A function of its own, so that one listener may listen twice.
  const listener = (): void => {
    beats += 1
    if (beats % every === 0) onBeat()
  }
  listeners.add(listener)
  timer ??= setInterval(() => {
    for (const each of listeners) each()
  }, BEAT_MS).unref()
  return {
    stop: () => {
      listeners.delete(listener)
      if (listeners.size > 0) return
      clearInterval(timer)
      timer = undefined
    },
  }
}
