import { fail, ok, type Result } from '../../core/fault.ts'

/** `2@8`, `leader@8`: whom, and at which epoch. */
export interface Appointment {
  readonly who: number | 'leader'
  readonly epoch: number
}

/** `allowLeader`: whether there is a leader to speak of. Fault `demo.appointment`. */
export function parseAppointment(
  text: string,
  option: string,
  nodes: number,
  allowLeader: boolean,
): Result<Appointment> {
  const match = /^(leader|\d{1,3})@(\d{1,9})$/.exec(text)
  const [, who, epoch] = match ?? []
  const id = who === 'leader' ? 'leader' : Number(who)
  const isWrong = who === undefined || epoch === undefined || (id === 'leader' ? !allowLeader : id >= nodes)
  if (isWrong) {
    const example = allowLeader ? 'NODE@EPOCH or leader@EPOCH' : 'NODE@EPOCH'
    return fail('demo.appointment', `${option}: expected ${example} with a node of 0…${nodes - 1}, got "${text}"`)
  }
  return ok({ who: id, epoch: Number(epoch) })
}

export interface DueAppointment extends Appointment {
  readonly verb: 'kill' | 'restart'
}

/** Appointments, each kept once. */
export interface AppointmentBook {
  /**
   * What is due when an epoch has been decided: everything for the next one, so that a leader that dies at an epoch is
   * dead at its mark.
   */
  due(decidedEpoch: number): readonly DueAppointment[]
}

export function createAppointmentBook(
  kills: readonly Appointment[],
  restarts: readonly Appointment[],
): AppointmentBook {
  let open: readonly DueAppointment[] = [
    ...kills.map((appointment) => ({ ...appointment, verb: 'kill' as const })),
    ...restarts.map((appointment) => ({ ...appointment, verb: 'restart' as const })),
  ]
  return {
    due: (decidedEpoch) => {
      const due = open.filter(({ epoch }) => epoch <= decidedEpoch + 1)
      open = open.filter((appointment) => !due.includes(appointment))
      return due
    },
  }
}
