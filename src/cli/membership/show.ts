import { chainIn, orderIn, readChain, SESSIONS_WANTED, signaturesOf } from '../../agent/orders/order-file.ts'
import { readNamedFile } from '../../config/read-file.ts'
import type { Membership } from '../../consensus/membership.ts'
import { membershipOrderCodec } from '../../consensus/membership-order.ts'
import { sessionStepCodec } from '../../consensus/session-step.ts'
import { decode } from '../../core/encoding.ts'
import { ok, type Result } from '../../core/fault.ts'
import { printJson, printLine } from '../terminal.ts'
import { changeLines, describeChange } from './describe-change.ts'
import { checkSigned, type ShowOptions, sayOrder } from './say-order.ts'

/** Says what an order or a sessions file changes, and whether its signatures verify. */
export async function show(file: string, options: ShowOptions): Promise<Result<void>> {
  const chain = await readChain(options)
  if (!chain.ok) return chain
  const bytes = readNamedFile(file, SESSIONS_WANTED)
  if (!bytes.ok) return bytes
  const beginning = new TextDecoder('latin1').decode(bytes.value.subarray(0, 64))
  if (beginning.includes('quorumtime-sessions-')) {
    const genesis = chain.value.sessions[0]?.membership ?? chain.value.present.membership
    return showSessions(file, bytes.value, genesis, options.json === true)
  }
  const present = chain.value.present.membership
  const read = orderIn(file, bytes.value, present)
  if (!read.ok) return read
  const signed = await signaturesOf(read.value.order, present)
  sayOrder({ file, ...read.value, present, signed, json: options.json === true })
  return checkSigned(file, signed)
}

/** Every step from the genesis on, all of its signatures verified. */
async function showSessions(
  file: string,
  bytes: Uint8Array,
  genesis: Membership,
  json: boolean,
): Promise<Result<void>> {
  const chain = await chainIn(file, bytes, genesis)
  if (!chain.ok) return chain
  const { sessions, steps } = chain.value
  const told = steps.flatMap((encoded, index) => {
    const [before, after] = [sessions[index]?.membership, sessions[index + 1]?.membership]
    if (before === undefined || after === undefined) return []
    return [{ ...describeChange(before, after), operators: signersOf(encoded, before) }]
  })
  if (json) printJson({ type: 'sessions', file, verified: true, cluster: genesis.cluster, sessions: told })
  else printLine(`${file}: verified: ${genesis.cluster} is in session ${told.length}`)
  for (const step of json ? [] : told) {
    for (const line of changeLines(step)) printLine(line)
    printLine(`  signed by ${step.operators.join(', ')}`)
  }
  return ok(undefined)
}

/** Names of the operators under the order of a step that has been verified. */
function signersOf(encoded: Uint8Array, { operators }: Membership): readonly string[] {
  const step = decode(sessionStepCodec, encoded, 'session')
  const order = step.ok ? decode(membershipOrderCodec, step.value.order, 'order') : step
  return order.ok ? order.value.signatures.map(({ operator }) => operators[operator]?.name ?? String(operator)) : []
}
