import { quorumOf } from '../consensus/membership.ts'

/**
 * Holds back everything that counts until the others have had their chance to show what this member has signed before.
 * As many of them as it takes to certify anything have to have answered: with fewer nothing could be decided anyway, so a
 * cluster that has lost its power everywhere starts like one that has not. The rest is waited for a little longer.
 */
export interface VoiceGate {
  isOpen(): boolean
  /** This member has shown what it last heard. */
  answered(member: number): void
  start(): void
  stop(): void
}

export interface VoiceGateOptions {
  /** How many members there are, this one included. */
  readonly n: number
  /** Nothing to wait for: nothing was said before, or nothing will be said any more. */
  readonly open: boolean
  /** Once, after the start. */
  opened(): void
  /** Called while it is closed. */
  alive(): void
}

/** From when enough have answered: the others are down, or will not. */
const REST_MS_MAX = 2_000
const ALIVE_MS = 400

export function createVoiceGate({ n, open, opened, alive }: VoiceGateOptions): VoiceGate {
  const { q } = quorumOf(n)
  const answers = new Set<number>()
  let [isOpen, isStarted] = [open, false]
  let rest: NodeJS.Timeout | undefined
  let life: NodeJS.Timeout | undefined
  const stop = (): void => {
    clearTimeout(rest)
    clearInterval(life)
  }
  const openUp = (): void => {
    isOpen = true
    stop()
    opened()
  }
  const look = (): void => {
    if (isOpen || !isStarted || answers.size < q - 1) return
    if (answers.size === n - 1) openUp()
    else rest ??= setTimeout(openUp, REST_MS_MAX)
  }
  return {
    isOpen: () => isOpen,
    answered: (member) => {
      answers.add(member)
      look()
    },
    start: () => {
      isStarted = true
      if (isOpen) {
        opened()
        return
      }
      life = setInterval(alive, ALIVE_MS)
      look()
    },
    stop,
  }
}
