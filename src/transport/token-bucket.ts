/** Lets `burst` events through at once and `perSecond` over time. `nowMs` is monotonic; nothing else moves it. */
export interface TokenBucket {
  /** Whether `take` of as many would be true. */
  has(nowMs: number, tokens?: number): boolean
  /** True when the event may happen, which uses up one token, or as many as it costs. */
  take(nowMs: number, tokens?: number): boolean
}

export function createTokenBucket(perSecond: number, burst: number): TokenBucket {
  let tokens = burst
  let filledAtMs: number | undefined
  const has = (nowMs: number, cost = 1): boolean => {
    tokens = Math.min(burst, tokens + ((nowMs - (filledAtMs ?? nowMs)) * perSecond) / 1000)
    filledAtMs = nowMs
    return tokens >= cost
  }
  return {
    has,
    take: (nowMs, cost = 1) => {
      if (!has(nowMs, cost)) return false
      tokens -= cost
      return true
    },
  }
}
