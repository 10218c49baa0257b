import type { Fault, Result } from '../core/fault.ts'
import { fail } from '../core/fault.ts'
import { readMonoNs } from '../linux/clock.ts'
import { backoffMs } from './backoff.ts'
import type { Wire, WireHandlers } from './wire.ts'

/** One opening of a device or a connection, from the attempt to its end. */
export interface Link {
  write(bytes: Uint8Array): Result<void>
  /** Lets go of the device, whatever state the link is in; resolves when that is done. */
  release(): Promise<void>
}

export interface LinkHandlers {
  onUp(reason: string): void
  onBytes(bytes: Uint8Array): void
  /** The link is lost, or never came up. */
  onEnd(fault: Fault): void
}

/**
 * A wire over links that come and go: `openLink` is called again for ever, ever more slowly until bytes come. Its own
 * faults: `wire.down` from `write`, `wire.restarted` after `reopen`; `name` begins their messages.
 */
export function openReconnectingWire(
  name: string,
  openLink: (handlers: LinkHandlers) => Link,
  handlers: WireHandlers,
): Wire {
  let link: Link | undefined
  let up = false
  let retry: NodeJS.Timeout | undefined
  /** Attempts since bytes last came: that a link opens proves nothing, a dead line opens too. */
  let attempts = 0
  let reported = ''
  let closed = false
  let released = Promise.resolve()

  const open = (): void => {
    const mine = openLink({
      onUp: (reason) => mine === link && comeUp(reason),
      onBytes: (bytes) => mine === link && hear(bytes),
      onEnd: (fault) => mine === link && end(mine, fault),
    })
    link = mine
  }

  const comeUp = (reason: string): void => {
    up = true
    reported = ''
    handlers.onState({ type: 'up', at: readMonoNs(), reason })
  }

  const hear = (bytes: Uint8Array): void => {
    attempts = 0
    handlers.onBytes(bytes, readMonoNs())
  }

  const end = (mine: Link, fault: Fault): void => {
    const type = up ? 'down' : 'fault'
    up = false
    link = undefined
    released = releaseAndRetry(mine)
    if (type === 'fault' && fault.message === reported) return
    reported = fault.message
    handlers.onState({ type, at: readMonoNs(), fault })
  }

  const releaseAndRetry = async (mine: Link): Promise<void> => {
    // A device may be locked by its old descriptor, so the pause begins when that is closed.
    await mine.release()
    if (closed) return
    retry = setTimeout(open, backoffMs(attempts, Math.random()))
    attempts += 1
  }

  open()
  return {
    write: (bytes) =>
      link !== undefined && up
        ? link.write(bytes)
        : fail('wire.down', `${name}: expected to be connected for ${bytes.length} bytes, got none through`),
    reopen: (reason, pause = 'usual') => {
      if (link === undefined || !up) return
      if (pause === 'shortest') attempts = 0
      end(link, { code: 'wire.restarted', message: `${name}: restarted because ${reason}` })
    },
    close: () => {
      closed = true
      clearTimeout(retry)
      if (link !== undefined) released = link.release()
      link = undefined
      up = false
      return released
    },
  }
}
