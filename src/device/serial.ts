import { readSync, writeSync } from 'node:fs'
import { constants } from 'node:os'
import { SerialPort } from 'serialport'
import type { LineSettings } from '../../drivers/driver.ts'
import { type Fault, fail, ok, type Result } from '../core/fault.ts'
import { between, type MonoNs } from '../core/time.ts'
import { attempt } from '../linux/attempt.ts'
import { readMonoNs } from '../linux/clock.ts'
import { type Beat, startBeat } from './beat.ts'
import { type Link, type LinkHandlers, openReconnectingWire } from './reconnecting-wire.ts'
import { findDeviceFault } from './serial-device.ts'
import type { Wire, WireHandlers } from './wire.ts'

/** A serial line with one stop bit and no flow control, on a tty or a pty. */
export interface SerialLine extends LineSettings {
  readonly path: string
  /** A line that says nothing for so long is opened afresh; undefined lets it be silent for ever. */
  readonly silenceNsMax?: bigint
}

/** What may wait to be sent, beside what the kernel has taken; at 9600 baud that is four seconds' worth. */
const WRITE_QUEUE_BYTES_MAX = 4096

/** How often the device and the silence are looked at: twice a second. */
const WATCH_BEATS = 5

/** As much as the kernel keeps of a line that is not read (N_TTY_BUF_SIZE). */
const READ_BYTES_MAX = 4096

/**
 * Opens the line and keeps opening it for ever. Faults: `serial.open` (missing, busy, no tty), `serial.vanished`,
 * `serial.replaced`, `serial.silent`, `serial.lost` (a read or a write failed), `serial.queue-full` from `write`, and
 * those of every reconnecting wire. A function says before each opening how the line is to be set.
 */
export function openSerialWire(line: SerialLine | (() => SerialLine), handlers: WireHandlers): Wire {
  const lineNow = typeof line === 'function' ? line : () => line
  return openReconnectingWire(lineNow().path, (linkHandlers) => openPort(lineNow(), linkHandlers), handlers)
}

/** How settings are written on the back of instruments: `19200 7O1`. */
export function describeSettings({ baudRate, dataBits, parity }: LineSettings): string {
  return `${baudRate} ${dataBits}${parity.charAt(0).toUpperCase()}1`
}

function openPort(line: SerialLine, handlers: LinkHandlers): Link {
  const { path, baudRate, parity, dataBits } = line
  const name = `${path} at ${describeSettings(line)}`
  const port = new SerialPort({ path, baudRate, parity, dataBits, autoOpen: false })
  let watch: Beat | undefined
  let lastByteAt = readMonoNs()
  let released = false

  port.on('open', () => {
    if (released) return
    lastByteAt = readMonoNs()
    runMicrotasksAfterEvents(port)
    readAsBytesCome(port, name, {
      onBytes: (bytes) => {
        lastByteAt = readMonoNs()
        handlers.onBytes(bytes)
      },
      onEnd: (fault) => handlers.onEnd(findVanished(line, port) ?? fault),
    })
    watch = startBeat(() => {
      const fault = findVanished(line, port) ?? findSilence(line, name, lastByteAt)
      if (fault !== undefined) handlers.onEnd(fault)
    }, WATCH_BEATS)
    handlers.onUp(`${name} is open`)
  })
  port.on('error', (error) => {
    const [code, expected] = watch === undefined ? ['serial.open', 'to open it'] : ['serial.lost', 'it to stay open']
    handlers.onEnd({ code, message: `${name}: expected ${expected}, got ${error.message}` })
  })
  port.on('close', () => {
    handlers.onEnd({ code: 'serial.lost', message: `${name}: expected it to stay open, got a hang-up` })
  })
  port.open()
  return {
    write: (bytes) => writeTo(port, name, bytes),
    release: () => {
      released = true
      watch?.stop()
      return closePort(port)
    },
  }
}

function writeTo(port: SerialPort, name: string, bytes: Uint8Array): Result<void> {
  const waiting = port.writableLength
  if (waiting + bytes.length > WRITE_QUEUE_BYTES_MAX) {
    const expected = `${name}: expected at most ${WRITE_QUEUE_BYTES_MAX} bytes to wait`
    return fail('serial.queue-full', `${expected}, got ${waiting} waiting and ${bytes.length} more`)
  }
  const written = waiting === 0 ? writeNow(port, bytes) : 0
  if (written < bytes.length) port.write(Buffer.from(bytes.subarray(written)))
  return ok(undefined)
}

/**
 * How many bytes the kernel took at once: for a question to an instrument, all of them. The stream of the port would have a
 * thread of the pool do it, and be woken for the end. Whatever is wrong, the port finds it too, and tells it.
 */
function writeNow(port: SerialPort, bytes: Uint8Array): number {
  const binding = port.port
  if (!port.isOpen || binding === undefined || !('fd' in binding) || binding.fd === null) return 0
  try {
    return writeSync(binding.fd, bytes)
  } catch {
    return 0
  }
}

/** What the port does not notice itself: a pty that was hung up on neither closes nor errs, it reads as empty for ever. */
function findVanished(line: SerialLine, port: SerialPort): Fault | undefined {
  const binding = port.port
  if (binding === undefined || !('fd' in binding) || binding.fd === null) return undefined
  return findDeviceFault(line.path, binding.fd)
}

function findSilence(line: SerialLine, name: string, lastByteAt: MonoNs): Fault | undefined {
  const silentNs = between(lastByteAt, readMonoNs())
  if (line.silenceNsMax === undefined || silentNs <= line.silenceNsMax) return undefined
  const expected = `${name}: expected bytes at least every ${line.silenceNsMax} ns`
  return { code: 'serial.silent', message: `${expected}, got none for ${silentNs} ns` }
}

/**
 * Reads what there is when the kernel says that there is something. The stream of the port would have a thread of the pool
 * try first and wait then: two trips through the pool for each burst of bytes, and an arrival that is told after both.
 */
function readAsBytesCome(port: SerialPort, name: string, handlers: Pick<LinkHandlers, 'onBytes' | 'onEnd'>): void {
  const binding = port.port
  if (binding === undefined || !('poller' in binding)) return
  const into = new Uint8Array(READ_BYTES_MAX)
  const read = (): void => {
    const { fd } = binding
    // Closed meanwhile: the number may stand for another file by now.
    if (fd === null || !port.isOpen) return
    const got = attempt('serial.lost', `${name}: expected it to stay open`, () => readNow(fd, into))
    if (!got.ok) handlers.onEnd(got.fault)
    else if (got.value === 0) handlers.onEnd(fail('serial.lost', `${name}: expected bytes, got a hang-up`).fault)
    else {
      if (got.value !== undefined) handlers.onBytes(into.slice(0, got.value))
      wait()
    }
  }
  const giveUp = (error: Error): void => {
    if (port.isOpen)
      handlers.onEnd({ code: 'serial.lost', message: `${name}: expected to wait for bytes, got ${error.message}` })
  }
  const wait = (): void => {
    if (!port.isOpen) return
    // Not in the native callback itself: what is thrown there is lost, and no microtask runs after it.
    binding.poller.once('readable', (error) => setImmediate(error === null ? read : () => giveUp(error)))
  }
  wait()
}

/** How many bytes there were: none at the end of a line that was hung up, undefined where somebody called too early. */
function readNow(fd: number, into: Uint8Array): number | undefined {
  try {
    return readSync(fd, into, 0, into.length, null)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).errno === -constants.errno.EAGAIN) return undefined
    throw error
  }
}

/**
 * The bindings resolve the promises of writes in a native callback after which Node runs no microtasks
 * (serialport/bindings-cpp#239, Node 26.4 and later), so that the rest of a write waits until some timer happens to fire. An
 * immediate ends each such turn.
 */
function runMicrotasksAfterEvents(port: SerialPort): void {
  const binding = port.port
  if (binding === undefined || !('poller' in binding)) return
  for (const event of ['writable', 'disconnect']) binding.poller.on(event, () => setImmediate(() => undefined))
}

/** Resolves when the descriptor is closed, also for a port that is still opening or already closing. */
function closePort(port: SerialPort): Promise<void> {
  return new Promise((resolve) => {
    if (port.opening) {
      port.once('open', () => port.close(() => resolve()))
      port.once('error', () => resolve())
    } else if (port.isOpen) {
      port.close(() => resolve())
    } else if (port.closing) {
      port.once('close', () => resolve())
    } else {
      resolve()
    }
  })
}
