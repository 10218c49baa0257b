import { readdir, readFile } from 'node:fs/promises'
import { isAbsolute, join } from 'node:path'
import { type Fault, fail, ok, type Result } from '../core/fault.ts'

export interface TemperatureSensorOptions {
  /**
   * A file with thousandths of a degree Celsius, or `NAME` or `NAME/LABEL` as the kernel's hardware monitoring has them: the
   * name of a chip, and the label (`Package id 0`) or the input (`temp2`) of one of its sensors; without one, its first.
   */
  readonly sensor: string
  /** Where hardware monitoring stands. */
  readonly root?: string
  readonly pollMs?: number
}

export interface TemperatureSensorHandlers {
  onReading(celsius: number): void
  /** Once a reason, not once an attempt. */
  onFault(fault: Fault): void
}

export interface TemperatureSensor {
  close(): void
}

/** Kernel documentation, hwmon/sysfs-interface.rst: `/sys/class/hwmon/hwmonN/{name,tempM_input,tempM_label}`, m°C. */
const HWMON = '/sys/class/hwmon'
const POLL_MS = 10_000
/** A file of sysfs is a page. */
const FILE_LENGTH_MAX = 4_096
/** Of chips, and of sensors of one. */
const ENTRIES_MAX = 256

/**
 * Asks a sensor for its temperature every ten seconds, at first at once. One that is missing is looked for again each time:
 * numbers of chips change from start to start. Faults: `temperature.absent`, `temperature.value`.
 */
export function openTemperatureSensor(
  { sensor, root = HWMON, pollMs = POLL_MS }: TemperatureSensorOptions,
  handlers: TemperatureSensorHandlers,
): TemperatureSensor {
  let isReading = false
  let isClosed = false
  let reported = ''
  const tell = (reading: Result<number>): void => {
    if (isClosed) return
    if (reading.ok) handlers.onReading(reading.value)
    else if (reading.fault.message !== reported) handlers.onFault(reading.fault)
    reported = reading.ok ? '' : reading.fault.message
  }
  const poll = (): void => {
    // A sensor behind a slow bus may take longer than that.
    if (isReading) return
    isReading = true
    readTemperature(sensor, root).then((reading) => {
      isReading = false
      tell(reading)
    }, rethrow)
  }
  poll()
  const timer = setInterval(poll, pollMs)
  timer.unref()
  return {
    close: () => {
      isClosed = true
      clearInterval(timer)
    },
  }
}

function rethrow(error: unknown): void {
  queueMicrotask(() => {
    throw error
  })
}

async function readTemperature(sensor: string, root: string): Promise<Result<number>> {
  const path = isAbsolute(sensor) ? ok(sensor) : await findSensor(sensor, root)
  if (!path.ok) return path
  const text = await readText(path.value)
  if (text === undefined)
    return fail('temperature.absent', `${path.value}: expected to read a temperature, got no answer`)
  if (/^-?\d{1,7}$/.test(text)) return ok(Number(text) / 1_000)
  return fail('temperature.value', `${path.value}: expected thousandths of a degree, got "${text.slice(0, 40)}"`)
}

/** The path of the input of a sensor of hardware monitoring. */
async function findSensor(sensor: string, root: string): Promise<Result<string>> {
  const slash = sensor.indexOf('/')
  const [name, label] = slash < 0 ? [sensor, undefined] : [sensor.slice(0, slash), sensor.slice(slash + 1)]
  const names: string[] = []
  for (const chip of await entriesOf(root)) {
    const folder = join(root, chip)
    const chipName = await readText(join(folder, 'name'))
    if (chipName !== name) {
      if (chipName !== undefined) names.push(chipName)
      continue
    }
    const labels: string[] = []
    for (const input of await inputsOf(folder)) {
      const shown = (await readText(join(folder, `${input}_label`))) ?? input
      if (label === undefined || label === shown || label === input) return ok(join(folder, `${input}_input`))
      labels.push(shown)
    }
    names.push(...labels.map((each) => `${name}/${each}`))
  }
  const seen = names.length === 0 ? 'none' : names.slice(0, 16).join(', ')
  return fail('temperature.absent', `${root}: expected a sensor "${sensor}", got ${seen}`)
}

/** `temp1`, `temp2`, …: in the order of their numbers. */
async function inputsOf(folder: string): Promise<readonly string[]> {
  const inputs = (await entriesOf(folder)).flatMap((file) => /^(temp\d{1,3})_input$/.exec(file)?.[1] ?? [])
  return inputs.sort((a, b) => Number(a.slice(4)) - Number(b.slice(4)))
}

async function entriesOf(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).sort().slice(0, ENTRIES_MAX)
  } catch {
    return []
  }
}

async function readText(path: string): Promise<string | undefined> {
  try {
    const text = await readFile(path, 'utf8')
    return text.length <= FILE_LENGTH_MAX ? text.trim() : undefined
  } catch {
    return undefined
  }
}
