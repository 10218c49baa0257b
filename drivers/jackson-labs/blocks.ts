/** The answers of several lines: `NAME : value`, in which firmwares differ in names, spaces and what they leave out. */

/** By name in capitals, without the spaces around it; the first of a name counts. */
type Block = ReadonlyMap<string, string>

export function parseBlock(lines: readonly string[]): Block {
  const block = new Map<string, string>()
  for (const line of lines) {
    const [, name, value] = /^\s*([^:]{1,40}?)\s*:\s*(.{0,120}?)\s*$/.exec(line) ?? []
    if (name !== undefined && value !== undefined && !block.has(name.toUpperCase())) {
      block.set(name.toUpperCase(), value)
    }
  }
  return block
}

/** What `SYNC?` says beside what is asked for by itself. */
export interface Synchronization {
  readonly sourceMode: string | undefined
  readonly sourceState: string | undefined
  readonly pulseDomain: string | undefined
  readonly holdoverState: string | undefined
  readonly frequencyErrorE15: number | undefined
  readonly timeIntervalThresholdNs: number | undefined
}

export function parseSynchronization(lines: readonly string[]): Synchronization {
  const block = parseBlock(lines)
  const estimate = numberIn(block.get('FREQ ERROR ESTIMATE'))
  return {
    sourceMode: block.get('1PPS SOURCE MODE'),
    sourceState: block.get('1PPS SOURCE STATE'),
    pulseDomain: block.get('1PPS DOMAIN'),
    holdoverState: block.get('HOLDOVER STATE'),
    frequencyErrorE15: estimate === undefined ? undefined : Math.round(estimate * 1e15),
    timeIntervalThresholdNs: numberIn(block.get('TIME INTERVAL THRESHOLD')),
  }
}

/** What `GPS?` says. */
export interface ReceiverState {
  readonly antennaDelayNs: number | undefined
  readonly hasFix: boolean | undefined
  readonly timingMode: string | undefined
  readonly surveyStatus: string | undefined
  readonly jammingLevel: number | undefined
}

export function parseReceiver(lines: readonly string[]): ReceiverState {
  const block = parseBlock(lines)
  const delay = numberIn(block.get('ANTENNA DELAY'))
  const fix = block.get('GPS RECEIVER STATUS')
  return {
    antennaDelayNs: delay === undefined ? undefined : Math.round(delay * 1e10) / 10,
    hasFix: fix === undefined ? undefined : !/^no fix$/i.test(fix),
    timingMode: block.get('TIMING MODE'),
    surveyStatus: block.get('SURVEY STATUS'),
    jammingLevel: numberIn(block.get('JAMMING LEVEL')),
  }
}

/** `EFControl Relative: -0.410000%` */
export function parseControlPercent(lines: readonly string[]): number | undefined {
  return numberIn(parseBlock(lines).get('EFCONTROL RELATIVE')?.replace('%', ''))
}

function numberIn(text: string | undefined): number | undefined {
  if (text === undefined || !/^[+-]?\d{1,12}(?:\.\d{1,12})?(?:E[+-]?\d{1,3})?$/i.test(text)) return undefined
  return Number(text)
}
