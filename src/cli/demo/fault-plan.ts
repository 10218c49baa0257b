import { fail, ok, type Result } from '../../core/fault.ts'

/** `2:gnss0:silence@8-14`: from epoch 8 on, until epoch 14, that instrument of that appliance has that fault. */
export interface PlannedFault {
  readonly node: number
  readonly instrument: string
  readonly name: string
  readonly from: number
  /** Undefined: for good. */
  readonly to: number | undefined
}

/** `known`: the faults of each instrument by its name. Fault `demo.fault`. */
export function parsePlannedFault(
  text: string,
  option: string,
  nodes: number,
  known: Readonly<Record<string, readonly string[]>>,
): Result<PlannedFault> {
  const match = /^(\d{1,3}):([a-z0-9]+):([a-z0-9-]+)@(\d{1,9})(?:-(\d{1,9}))?$/.exec(text)
  const [, node = '', instrument = '', name = '', from = '', to] = match ?? []
  const names = known[instrument]
  if (
    match === null ||
    Number(node) >= nodes ||
    names === undefined ||
    (to !== undefined && Number(to) <= Number(from))
  ) {
    const instruments = Object.keys(known).join(' or ')
    const expected = `NODE:INSTRUMENT:FAULT@EPOCH or …@EPOCH-LATER with a node of 0…${nodes - 1} and ${instruments}`
    return fail('demo.fault', `${option}: expected ${expected}, got "${text}"`)
  }
  if (!names.includes(name)) {
    return fail('demo.fault', `${option}: expected a fault of ${instrument}: ${names.join(', ')}, got ${name}`)
  }
  return ok({ node: Number(node), instrument, name, from: Number(from), to: to === undefined ? undefined : Number(to) })
}

export interface FaultSwitch {
  readonly node: number
  readonly instrument: string
  readonly name: string
  readonly on: boolean
  readonly epoch: number
}

/** What is to be switched when an epoch has been decided, each once, off after on. */
export interface FaultBook {
  due(decidedEpoch: number): readonly FaultSwitch[]
}

export function createFaultBook(plan: readonly PlannedFault[]): FaultBook {
  let open: readonly FaultSwitch[] = plan
    .flatMap(({ from, to, ...what }) => [
      { ...what, on: true, epoch: from },
      ...(to === undefined ? [] : [{ ...what, on: false, epoch: to }]),
    ])
    .toSorted((one, other) => one.epoch - other.epoch)
  return {
    due: (decidedEpoch) => {
      const due = open.filter(({ epoch }) => epoch <= decidedEpoch + 1)
      open = open.filter((each) => !due.includes(each))
      return due
    },
  }
}
