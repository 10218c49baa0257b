import type { LineSettings } from '../../drivers/driver.ts'
import { assert } from '../core/assert.ts'
import { between, type MonoNs, NS_PER_SECOND, plus } from '../core/time.ts'
import { describeSettings } from './serial.ts'
import { createWakeTimer } from './wake-timer.ts'
import type { OpenWire, Wire, WireHandlers } from './wire.ts'

/**
 * Finds out how an instrument's port is set: settings are tried in turn, each for `TRY_NS`, while the driver understands
 * nothing. Once it has understood something the settings stay, through any silence. Only where the link was opened afresh
 * since (another instrument may hang on it) and bytes keep coming that nobody understands does the search begin again.
 */
export interface LineProbe {
  /** What the line is to be opened with. */
  settings(): LineSettings
  /** The link is open, with a driver of its own. */
  opened(now: MonoNs): void
  closed(): void
  /** Bytes came. */
  heard(now: MonoNs): void
  understood(): void
  /** When it wants to be woken. */
  nextAt(): MonoNs | undefined
  /** Whether the line is to be opened afresh, with the next settings. */
  wake(now: MonoNs): boolean
}

/** Longer than a slow instrument takes to answer the first question, the drain before it included. */
export const TRY_NS = 6n * NS_PER_SECOND
/** For so long bytes come that mean nothing before settings that once were right are doubted. */
export const DOUBT_NS = 60n * NS_PER_SECOND

export function createLineProbe(candidates: readonly LineSettings[]): LineProbe {
  assert(candidates.length > 0, 'a line has settings')
  let index = 0
  let wasUnderstood = false
  /** Since when the link has been open without anything understood on it. */
  let openedAt: MonoNs | undefined
  let heardAt: MonoNs | undefined
  let dueAt: MonoNs | undefined

  const settings = (): LineSettings => {
    const chosen = candidates[index]
    assert(chosen !== undefined, `${index} is the index of settings`)
    return chosen
  }
  return {
    settings,
    opened(now) {
      openedAt = now
      heardAt = undefined
      dueAt = candidates.length === 1 ? undefined : plus(now, wasUnderstood ? DOUBT_NS : TRY_NS)
    },
    closed() {
      dueAt = undefined
      openedAt = undefined
    },
    heard(now) {
      heardAt = now
    },
    understood() {
      wasUnderstood = true
      dueAt = undefined
    },
    nextAt: () => dueAt,
    wake(now) {
      if (dueAt === undefined || now < dueAt || openedAt === undefined) return false
      if (wasUnderstood && (heardAt === undefined || between(heardAt, now) > TRY_NS)) {
        // Silence is no reason to doubt them.
        dueAt = plus(now, DOUBT_NS)
        return false
      }
      wasUnderstood = false
      dueAt = undefined
      index = (index + 1) % candidates.length
      return true
    },
  }
}

export interface ProbedWire {
  readonly openWire: OpenWire
  /** The driver says that it understands what comes. */
  onUnderstood(): void
}

/** A wire whose settings are found by `createLineProbe`; `open` opens it with whatever they are at the time. */
export function probeLine(
  candidates: readonly LineSettings[],
  open: (settings: () => LineSettings, handlers: WireHandlers) => Wire,
): ProbedWire {
  const probe = createLineProbe(candidates)
  let wire: Wire | undefined
  const timer = createWakeTimer((now) => {
    const tried = describeSettings(probe.settings())
    if (probe.wake(now))
      wire?.reopen(`nothing was understood at ${tried}, ${describeSettings(probe.settings())} is next`, 'shortest')
    else timer.arm(probe.nextAt())
  })
  return {
    openWire: (handlers) => {
      const opened = open(probe.settings, {
        onBytes: (bytes, receivedAt) => {
          probe.heard(receivedAt)
          handlers.onBytes(bytes, receivedAt)
        },
        onState: (event) => {
          if (event.type === 'up') probe.opened(event.at)
          else probe.closed()
          timer.arm(probe.nextAt())
          handlers.onState(event)
        },
      })
      wire = opened
      return {
        ...opened,
        close: () => {
          timer.arm(undefined)
          return opened.close()
        },
      }
    },
    onUnderstood: () => {
      probe.understood()
      timer.arm(undefined)
    },
  }
}
