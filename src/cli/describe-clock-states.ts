import { claimedAccuracyNs, meaningOfClass, meaningOfTimeSource } from '../../drivers/ptp/clock-quality.ts'
import { FLAGS } from '../../drivers/ptp/header.ts'
import { describeManagementError } from '../../drivers/ptp/management.ts'
import type { ManagementAnswer } from '../../drivers/ptp/management-answer.ts'
import { CLOCK_IDENTITY_BYTES, formatClock, formatPort, type PortIdentity } from '../../drivers/ptp/port-identity.ts'
import { wordsOfPortState } from '../../drivers/ptp/port-state.ts'
import { formatDurationNs } from './present.ts'

/** What one clock answered, as JSON has it: identities as pmc prints them, 2^-16 ns as they are, integers of 64 bits as text. */
export interface ClockState {
  readonly clock: string
  readonly dataSets: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly refused: Readonly<Record<string, string>>
}

/** By clock, in the order in which they answered first. A port's data set stands under the port. */
export function clockStatesOf(answers: readonly ManagementAnswer[]): readonly ClockState[] {
  const clocks = Map.groupBy(answers, ({ from }) => formatClock(from.clockIdentity))
  return [...clocks].map(([clock, own]) => ({
    clock,
    dataSets: Object.fromEntries(
      own.flatMap(({ from, told }) => {
        if (told === undefined) return []
        const name = told.name === 'PORT_DATA_SET' ? `${told.name} ${from.portNumber}` : told.name
        return [[name, plain(told.value) as Record<string, unknown>]]
      }),
    ),
    refused: Object.fromEntries(
      own.flatMap(({ name, error }) => (error === undefined ? [] : [[name, describeManagementError(error)]])),
    ),
  }))
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (value instanceof Uint8Array) return value.length === CLOCK_IDENTITY_BYTES ? formatClock(value) : value.toHex()
  if (typeof value !== 'object' || value === null) return value
  if ('portNumber' in value && 'clockIdentity' in value) return formatPort(value as PortIdentity)
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item)]))
}

/** For people: a line a field, with what its number means. */
export function describeClockState({ clock, dataSets, refused }: ClockState): readonly string[] {
  return [
    `clock ${clock}`,
    ...Object.entries(dataSets).flatMap(([name, fields]) => [`  ${name}`, ...linesOf(name, fields, '    ')]),
    ...Object.entries(refused).map(([name, reason]) => `  ${name}: will not say: ${reason}`),
  ]
}

const LABEL_CHARACTERS = 38

function linesOf(dataSet: string, fields: object, indent: string): readonly string[] {
  return Object.entries(fields).flatMap(([name, value]: [string, unknown]) => {
    if (typeof value === 'object' && value !== null) return linesOf(dataSet, value, indent)
    return [`${indent}${name.padEnd(LABEL_CHARACTERS)} ${shown(dataSet, name, value)}`.trimEnd()]
  })
}

function shown(dataSet: string, name: string, value: unknown): string {
  if (typeof value === 'string') {
    if (name.endsWith('ScaledNs')) return formatDurationNs(BigInt(value) / 65_536n)
    return name.endsWith('Ns') && name !== 'ingressTimeNs' ? formatDurationNs(BigInt(value)) : value
  }
  if (typeof value !== 'number') return String(value)
  switch (name) {
    case 'clockClass':
      return `${value}: ${meaningOfClass(value).words}`
    case 'clockAccuracy':
      return `${hex(value)}: ${accuracyOf(value)}`
    case 'timeSource':
      return `${hex(value)}: ${meaningOfTimeSource(value).words}`
    case 'flags':
      return `${hex(value)}${dataSet === 'DEFAULT_DATA_SET' ? '' : `: ${flagsOf(value)}`}`
    case 'offsetScaledLogVariance':
      return hex(value)
    case 'portState':
      return `${value}: ${wordsOfPortState(value)}`
    default:
      return String(value)
  }
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(2, '0')}`
}

function accuracyOf(code: number): string {
  const claimed = claimedAccuracyNs(code)
  if (claimed === 'unknown') return 'no claim'
  return claimed === 'unlimited' ? 'worse than 10 s' : `within ${formatDurationNs(claimed)}`
}

function flagsOf(value: number): string {
  const set = Object.entries(FLAGS).flatMap(([name, bit]) => (bit < 0x100 && (value & bit) !== 0 ? [name] : []))
  return set.length === 0 ? 'none' : set.join(', ')
}
