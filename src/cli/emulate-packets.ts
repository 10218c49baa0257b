import type { EmulatorContext } from '../../drivers/driver.ts'
import type { PacketFamily } from '../../drivers/packet-driver.ts'
import { CLOCK_IDENTITY_BYTES, localClockIdentity } from '../../drivers/ptp/port-identity.ts'
import { createFaultLog } from '../agent/fault-log.ts'
import { fail, ok, type Result } from '../core/fault.ts'
import { randomBytes } from '../crypto/random.ts'
import { openLinkSocket } from '../device/link-socket.ts'
import { openPacketLink } from '../device/packet-link.ts'
import type { Speaker } from '../device/packet-speakers.ts'
import { type RunOptions, runEmulation } from './emulation-run.ts'
import { printJson, printLine } from './terminal.ts'

export interface EmulatedOnNetwork {
  readonly family: PacketFamily<unknown>
  /** The family's options, checked. */
  readonly options: unknown
  readonly seed: number
  readonly sky: EmulatorContext
  readonly interfaceName: string | undefined
}

/** An instrument that is reached by packets, on a network interface, until a signal ends it. Fault `emulate.option`. */
export async function emulateOnNetwork(unit: EmulatedOnNetwork, run: RunOptions): Promise<Result<void>> {
  const { family, interfaceName } = unit
  if (interfaceName === undefined) {
    return fail('emulate.option', `--interface: expected one, as ${family.kind} is reached by packets, got none`)
  }
  const link = family.linkOf(unit.options)
  const emulator = family.emulate(unit.options, unit.seed, {
    ...unit.sky,
    port: { clockIdentity: localClockIdentity(randomBytes(CLOCK_IDENTITY_BYTES)), portNumber: 1 },
  })
  const troubles = createFaultLog((event) => {
    if (event.type === 'alarm') process.stderr.write(`quorumtime: ${event.message}\n`)
  })
  const shell = openPacketLink({
    name: interfaceName,
    link,
    open: (channel, events) => openLinkSocket(interfaceName, link, channel, events),
    speakers: [
      {
        // The instrument outlives its link.
        create: (): Speaker => emulator,
        handlers: {
          onFault: (fault) => troubles.note(family.kind, fault),
          onWire: (event) => {
            if (event.type !== 'up') troubles.note(family.kind, event.fault)
            else if (run.json === true) printJson({ type: 'link', kind: family.kind, interface: interfaceName })
            else printLine(event.reason)
          },
        },
      },
    ],
    // Nobody may have asked it anything yet.
    silenceMsMax: undefined,
  })
  const ran = await runEmulation(emulator.setFault, shell.close, run)
  return ran.ok ? ok(undefined) : ran
}
