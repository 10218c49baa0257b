import { giveOrder } from '../../agent/control-socket.ts'
import { readOrder, verifier } from '../../agent/orders/order-file.ts'
import { readSessions } from '../../agent/session-file.ts'
import { readGenesis } from '../../config/genesis.ts'
import { readConfiguration } from '../../config/parse.ts'
import { membershipOrderCodec, verifyOrder } from '../../consensus/membership-order.ts'
import { encode } from '../../core/encoding.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { printJson, printLine } from '../terminal.ts'

export interface SubmitOptions {
  readonly config: string
  readonly json?: boolean
}

/**
 * Hands an order to the agent that runs with this configuration, once it verifies in full here. Faults: those of all that is
 * read, `order.*`, `control.*`.
 */
export async function submit(file: string, { config, json }: SubmitOptions): Promise<Result<void>> {
  const configuration = readConfiguration(config)
  if (!configuration.ok) return configuration
  const { name, genesis, stateDirectory, controlSocket } = configuration.value.node
  const first = readGenesis(genesis)
  if (!first.ok) return first
  const chain = readSessions(stateDirectory, first.value)
  if (!chain.ok) return chain
  const { membership } = chain.value.present
  const read = readOrder(file, membership)
  if (!read.ok) return read
  const verified = await verifyOrder(read.value.order, membership, verifier())
  if (!verified.ok) return fail(verified.fault.code, `${file}: ${verified.fault.message}`)
  const given = await giveOrder(controlSocket, encode(membershipOrderCodec, read.value.order))
  if (!given.ok) return given
  const { digest } = verified.value
  if (json === true) printJson({ type: 'membership-order', file, digest, accepted: true, node: name })
  else printLine(`${file}: ${name} has taken the order and shows it to its cluster`)
  return ok(undefined)
}
