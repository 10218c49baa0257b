/** Lets `burst` events through at once and `perSecond` over time. `nowMs` is monotonic; nothing else moves it. */
export interface TokenBucket {
  /** True when the event may happen, which uses up one token. */
  take(nowMs: number): boolean
}

export function createTokenBucket(perSecond: number, burst: number): TokenBucket {
  let tokens = burst
  let filledAtMs: number | undefined
  return {
    take: (nowMs) => {
      tokens = Math.min(burst, tokens + ((nowMs - (filledAtMs ?? nowMs)) * perSecond) / 1000)
      filledAtMs = nowMs
      if (tokens < 1) return false
      tokens -= 1
      return true
    },
  }
}
