import { type Fault, fail } from '../core/fault.ts'
import type { LabelSample, PulseSample, SampleQuality, TimeSample } from '../core/sample.ts'
import { between, type MonoNs, NS_PER_SECOND } from '../core/time.ts'
import {
  type Edge,
  findEdge,
  mayHaveMissedAnEdge,
  type NamedEdge,
  nameEdge,
  type PendingLabels,
  pendingLabels,
} from './label-pairing.ts'
import { createSawtooth, type Sawtooth } from './sawtooth.ts'
import { agrees, areSteady, countTo, offSecondNs } from './second-count.ts'

export interface NumberingResult {
  readonly samples: readonly TimeSample[]
  readonly faults: readonly Fault[]
}

/**
 * Gives the pulses of one source their seconds. Two labels in a row that agree with counting the pulses begin a series, or
 * three where they do not come alike after their pulses;
 * from there pulses are numbered by counting, and labels confirm it. No single label moves the number. Never throws.
 *
 * Faults: `numbering.doubled`, `numbering.backwards`, `numbering.off-second` (a pulse that is no sample);
 * `numbering.no-pulse`, `numbering.late-label`, `numbering.waited`, `numbering.fraction`, `numbering.disagree` (a label
 * that does not count); `numbering.restarted`, `numbering.unconfirmed` (the series ended).
 */
export interface PulseNumbering {
  /** An edge, and what the instrument says of its lock. Edges come in ascending order. */
  pulse(sample: PulseSample, quality: SampleQuality): NumberingResult
  /** A label, which may have waited for so long before it was read. One that is not valid is passed over. */
  label(sample: LabelSample, waitedNs?: bigint): NumberingResult
}

export interface PulseNumberingOptions {
  readonly source: string
  readonly accuracyNs: bigint
  /** How long pulses are counted without a label that confirms; default 10. */
  readonly countingSecondsMax?: number
}

const COUNTING_SECONDS_MAX = 10
const DOUBLED_NS = NS_PER_SECOND / 2n
/** So many labels, or pulses, that agree among themselves against the series end it … */
const RESTART_COUNT = 3
/** … and as many labels as have confirmed it without a break, up to this: labels that wait on their way do so for seconds. */
const RESTART_COUNT_MAX = 8
/** Fewer labels may all have come a second late: until so many have said it, a number may be wrong by one. */
const CERTAIN_COUNT = 5
/** A label may name the pulse before the last one, when it was read after the next edge. */
const EDGES_KEPT = 4

interface State {
  readonly options: PulseNumberingOptions
  readonly pending: PendingLabels
  readonly sawtooth: Sawtooth
  /** Whether what is said of an edge comes after it. */
  wordComesLater: boolean
  /** The last edge, while what will be said of it is waited for. */
  held: Edge | undefined
  /** Accepted pulses, oldest first. */
  edges: readonly Edge[]
  /** The last pulse whose label agreed with the count; later pulses are counted from it. */
  series: NamedEdge | undefined
  /** The last label that was heard while there is no series. */
  candidate: NamedEdge | undefined
  /** Labels in a row that agree with counting up to the candidate, or with the series. */
  agreed: number
  /** Labels in a row that contradict the series and agree among themselves. */
  dissent: readonly NamedEdge[]
  /** Pulses in a row that miss the seconds of the series and are whole seconds apart. */
  offSecond: readonly Edge[]
}

export function createPulseNumbering(options: PulseNumberingOptions): PulseNumbering {
  const state: State = {
    options,
    pending: pendingLabels(),
    sawtooth: createSawtooth(),
    wordComesLater: false,
    held: undefined,
    edges: [],
    series: undefined,
    candidate: undefined,
    agreed: 0,
    dissent: [],
    offSecond: [],
  }
  return {
    pulse: (sample, quality) => hearPulse(state, { ...sample, quality, emitted: false }),
    label: (sample, waitedNs = 0n) => (sample.valid ? hearLabel(state, sample, waitedNs) : { samples: [], faults: [] }),
  }
}

function hearPulse(state: State, edge: Edge): NumberingResult {
  const faults: Fault[] = []
  const last = state.edges.at(-1)
  if (last !== undefined) {
    const sinceNs = between(last.monoNs, edge.monoNs)
    if (sinceNs < 0n) {
      forget(state)
      faults.push(fault(state, 'backwards', `expected pulses in ascending order, got one ${-sinceNs} ns back`))
    } else if (sinceNs < DOUBLED_NS) {
      // While nothing is numbered it is open which of the two is the edge: neither may begin a series.
      if (state.series === undefined) forget(state)
      return {
        samples: [],
        faults: [fault(state, 'doubled', `expected one pulse a second, got two ${sinceNs} ns apart`)],
      }
    }
  }
  faults.push(...endUnconfirmed(state, edge.monoNs))
  const missed = missesSecond(state, edge)
  if (missed !== undefined) return { samples: [], faults: [...faults, missed] }
  state.offSecond = []
  state.edges = [...state.edges, edge].slice(-EDGES_KEPT)
  const { named, late } = state.pending.take(edge)
  for (const label of late) faults.push(noPulse(state, label))
  const unsaid = release(state)
  for (const label of named) {
    noteWord(state, edge, label)
    faults.push(...weigh(state, nameEdge(edge, label)))
  }
  return { samples: [...unsaid, ...emit(state, edge)], faults }
}

function hearLabel(state: State, label: LabelSample, waitedNs: bigint): NumberingResult {
  if (label.taiNs % NS_PER_SECOND !== 0n) {
    const message = `expected a label that names a whole second, got ${label.taiNs} ns TAI`
    return { samples: [], faults: [fault(state, 'fraction', message)] }
  }
  if (mayHaveMissedAnEdge(state.edges, label, waitedNs)) {
    const message = `expected labels as they come, got one that may have waited ${waitedNs} ns, from before a pulse`
    return { samples: [], faults: [fault(state, 'waited', message)] }
  }
  const found = findEdge(state.edges, label)
  switch (found.kind) {
    case 'to-come':
      return { samples: [], faults: state.pending.add(label).map((dropped) => noPulse(state, dropped)) }
    case 'none':
      return { samples: [], faults: [noPulse(state, label)] }
    case 'late': {
      const message = `expected a label to end before the next pulse, got ${found.sinceNs} ns after its own`
      return { samples: [], faults: [fault(state, 'late-label', message)] }
    }
    case 'edge': {
      noteWord(state, found.edge, label)
      const faults = weigh(state, nameEdge(found.edge, label))
      return { samples: found.edge === state.edges.at(-1) ? emit(state, found.edge) : [], faults }
    }
  }
}

/** What a label that names an edge says of the series. */
function weigh(state: State, named: NamedEdge): readonly Fault[] {
  if (state.series === undefined) return begin(state, named)
  const expected = countTo(state.series, named.edge)
  if (named.taiNs === expected) {
    if (named.edge !== state.series.edge) state.agreed += 1
    state.series = named
    state.dissent = []
    return []
  }
  const previous = state.dissent.at(-1)
  if (previous?.edge !== named.edge || previous.taiNs !== named.taiNs) {
    const goesOn = previous !== undefined && agrees(previous, named)
    state.dissent = goesOn ? [...state.dissent, named] : [named]
  }
  const offS = between(expected, named.taiNs) / NS_PER_SECOND
  const { length: count } = state.dissent
  if (count < Math.min(RESTART_COUNT_MAX, Math.max(RESTART_COUNT, state.agreed))) {
    return [fault(state, 'disagree', `expected the label of ${expected} ns TAI, got one ${offS} s off`)]
  }
  state.series = named
  state.agreed = count
  state.dissent = []
  const message = `expected labels to follow the count, got ${count} in a row ${offS} s off; the labels are believed`
  return [fault(state, 'restarted', message)]
}

/**
 * Begins the series when two labels in a row agree with counting the pulses between them. Of two that come unlike after
 * their pulses one may have waited on the way for a second: those need a third.
 */
function begin(state: State, named: NamedEdge): readonly Fault[] {
  const { candidate } = state
  // Instruments send several labels for one second.
  if (candidate?.edge === named.edge && candidate.taiNs === named.taiNs) return []
  state.candidate = named
  const before = state.agreed
  state.agreed = 1
  if (candidate === undefined || tooLong(state, candidate, named.edge.monoNs)) return []
  if (agrees(candidate, named)) {
    state.agreed = before + 1
    if (state.agreed < RESTART_COUNT && !areSteady(candidate, named)) return []
    state.series = named
    state.candidate = undefined
    return []
  }
  const elapsedNs = between(candidate.edge.monoNs, named.edge.monoNs)
  const namedNs = between(candidate.taiNs, named.taiNs)
  return [fault(state, 'disagree', `expected labels to follow the pulses, got ${namedNs} ns over ${elapsedNs} ns`)]
}

function missesSecond(state: State, edge: Edge): Fault | undefined {
  if (state.series === undefined) return undefined
  const offNs = offSecondNs(state.series.edge.monoNs, edge.monoNs)
  if (offNs === undefined) return undefined
  const previous = state.offSecond.at(-1)
  const goesOn = previous !== undefined && offSecondNs(previous.monoNs, edge.monoNs) === undefined
  state.offSecond = goesOn ? [...state.offSecond, edge] : [edge]
  const message = `expected a pulse at whole seconds of the series, got one ${offNs} ns off`
  if (state.offSecond.length < RESTART_COUNT) return fault(state, 'off-second', message)
  const edges = state.offSecond
  forget(state)
  state.edges = edges
  return fault(state, 'restarted', `${message}, ${RESTART_COUNT} in a row; labels number them anew`)
}

function endUnconfirmed(state: State, now: MonoNs): readonly Fault[] {
  if (state.series === undefined || !tooLong(state, state.series, now)) return []
  const sinceNs = between(state.series.edge.monoNs, now)
  forget(state)
  return [fault(state, 'unconfirmed', `expected a label that confirms the count, got none for ${sinceNs} ns`)]
}

/** Whether counting from there would be longer than allowed; the last whole second still counts, however it jitters. */
function tooLong(state: State, from: NamedEdge, now: MonoNs): boolean {
  const countingSecondsMax = BigInt(state.options.countingSecondsMax ?? COUNTING_SECONDS_MAX)
  return between(from.edge.monoNs, now) > countingSecondsMax * NS_PER_SECOND + DOUBLED_NS
}

/** What a label says of its pulse besides the second; only the first word about an edge counts. */
function noteWord(state: State, edge: Edge, { pulseLatePs, names }: LabelSample): void {
  if (pulseLatePs === undefined || edge.latePs !== undefined) return
  edge.latePs = pulseLatePs
  state.wordComesLater = names === 'preceding-pulse'
  state.sawtooth.add(edge.monoNs, pulseLatePs)
}

function emit(state: State, edge: Edge): readonly TimeSample[] {
  if (state.series === undefined || edge.emitted) return []
  const waits = state.wordComesLater && edge.latePs === undefined && state.sawtooth.polarity() !== 0
  state.held = waits ? edge : undefined
  return waits ? [] : emitNow(state, state.series, edge)
}

/** The edge that was waiting for a word that did not come. */
function release(state: State): readonly TimeSample[] {
  const { held, series } = state
  state.held = undefined
  return held === undefined || series === undefined || held.emitted ? [] : emitNow(state, series, held)
}

function emitNow({ options, sawtooth, agreed }: State, series: NamedEdge, edge: Edge): readonly TimeSample[] {
  edge.emitted = true
  const { source } = options
  const accuracyNs = options.accuracyNs + (agreed < CERTAIN_COUNT ? NS_PER_SECOND : 0n)
  const { at, restNs } = sawtooth.correct(edge.monoNs, edge.latePs)
  const [taiNs, precisionNs] = [countTo(series, edge), edge.uncertaintyNs + restNs]
  return [{ kind: 'time', source, monoNs: at, taiNs, accuracyNs, precisionNs, quality: edge.quality }]
}

function forget(state: State): void {
  state.edges = []
  state.held = undefined
  state.series = undefined
  state.candidate = undefined
  state.dissent = []
  state.offSecond = []
}

function noPulse(state: State, label: LabelSample): Fault {
  return fault(state, 'no-pulse', `expected a pulse within a second of the label of ${label.taiNs} ns TAI, got none`)
}

function fault(state: State, reason: string, message: string): Fault {
  return fail(`numbering.${reason}`, `${state.options.source}: ${message}`).fault
}
