import { setTimeout as sleep } from 'node:timers/promises'
import { decodeHeader, type PtpHeader } from '../../drivers/ptp/header.ts'
import {
  ANY_PORT,
  decodeManagement,
  describeManagementError,
  encodeManagement,
  type ManagementAction,
  type ManagementData,
} from '../../drivers/ptp/management.ts'
import {
  DATA_SETS,
  type DataSetName,
  type DataSetValue,
  decodeDataSet,
  encodeDataSet,
} from '../../drivers/ptp/management-data-sets.ts'
import { type Fault, fail, ok, type Result } from '../core/fault.ts'
import { bindUnixDatagram, type UnixDatagramSocket } from '../linux/unix-datagram.ts'

export interface Ptp4lOptions {
  /** ptp4l's socket for everything, `uds_address`: `/var/run/ptp4l` of Debian 12. */
  readonly socket: string
  /** Where its answers come to: a path that ptp4l may write to. */
  readonly replySocket: string
  /** As ptp4l has them: it ignores whatever carries others. */
  readonly domain: number
  readonly transportSpecific: number
}

/** A local ptp4l, asked and told by management messages on its Unix socket. One question at a time. */
export interface Ptp4l {
  get<Name extends DataSetName>(name: Name): Promise<Result<DataSetValue<Name>>>
  /** Returns what it says that it has now. */
  set<Name extends DataSetName>(name: Name, value: DataSetValue<Name>): Promise<Result<DataSetValue<Name>>>
  close(): void
}

/** It answers within a millisecond; a machine whose processors are all busy takes longer. */
const ANSWER_MS_MAX = 400
const POLL_MS = 2
/** More than any data set; a longer one is cut, and then does not fit its own length. */
const DATAGRAM_BYTES_MAX = 1_500
const DATAGRAMS_PER_POLL_MAX = 16
/** More than the kernel keeps for one socket (net.unix.max_dgram_qlen). */
const DRAINED_MAX = 1_024
const REPLY_MODE = 0o660

/**
 * Faults of opening: those of binding `replySocket`. Of asking: those of sending, `ptp4l.silent`, `ptp4l.refused`, and
 * those of decoding the answer.
 */
export function openPtp4l(options: Ptp4lOptions): Result<Ptp4l> {
  const bound = bindUnixDatagram(options.replySocket, REPLY_MODE)
  if (!bound.ok) return bound
  const socket = bound.value
  let sequenceId = 0
  const ask = async <Name extends DataSetName>(
    name: Name,
    action: ManagementAction,
    data: Uint8Array,
  ): Promise<Result<DataSetValue<Name>>> => {
    sequenceId = (sequenceId + 1) & 0xffff
    const question = { name, id: DATA_SETS[name].id, sequenceId }
    // What came after somebody had stopped waiting for it is no answer to this.
    drain(socket)
    const sent = socket.sendTo(options.socket, encode(options, question, action, data))
    if (!sent.ok) return sent
    const answer = await waitForAnswer(socket, question, options)
    return answer.ok ? decodeDataSet(name, answer.value.data) : answer
  }
  return ok({
    get: (name) => ask(name, 'GET', new Uint8Array(0)),
    set: (name, value) => ask(name, 'SET', encodeDataSet(name, value)),
    close: () => socket.close(),
  })
}

interface Question {
  readonly name: DataSetName
  readonly id: number
  readonly sequenceId: number
}

function encode(
  { domain, transportSpecific }: Ptp4lOptions,
  { id, sequenceId }: Question,
  action: ManagementAction,
  data: Uint8Array,
): Uint8Array {
  const sourcePort = { clockIdentity: new Uint8Array(8), portNumber: process.pid & 0xffff }
  return encodeManagement(
    { sdoId: transportSpecific << 8, domain, sourcePort, sequenceId },
    // No hop: the answer is that of this ptp4l, and no question leaves the machine.
    { targetPort: ANY_PORT, startingBoundaryHops: 0, boundaryHops: 0, action, content: { kind: 'data', id, data } },
  )
}

async function waitForAnswer(
  socket: UnixDatagramSocket,
  question: Question,
  options: Ptp4lOptions,
): Promise<Result<ManagementData>> {
  const deadline = performance.now() + ANSWER_MS_MAX
  do {
    for (let taken = 0; taken < DATAGRAMS_PER_POLL_MAX; taken++) {
      const datagram = receive(socket)
      if (!datagram.ok) return datagram
      if (datagram.value === undefined) break
      const answer = answerIn(datagram.value, question)
      if (answer !== undefined) return answer
    }
    await sleep(POLL_MS)
  } while (performance.now() < deadline)
  return { ok: false, fault: silent(question, options) }
}

function silent({ name }: Question, { socket, domain, transportSpecific }: Ptp4lOptions): Fault {
  const message =
    `${socket}: expected ptp4l to answer for ${name} within ${ANSWER_MS_MAX} ms, got silence; ` +
    `it hears nothing unless its domainNumber is ${domain} and its transportSpecific is ${transportSpecific}`
  return { code: 'ptp4l.silent', message }
}

function drain(socket: UnixDatagramSocket): void {
  for (let drained = 0; drained < DRAINED_MAX; drained++) {
    const old = receive(socket)
    if (!old.ok || old.value === undefined) return
  }
}

function receive(socket: UnixDatagramSocket): Result<Uint8Array | undefined> {
  const into = new Uint8Array(DATAGRAM_BYTES_MAX)
  const length = socket.receive(into)
  return length.ok ? ok(length.value === undefined ? undefined : into.subarray(0, length.value)) : length
}

/** Undefined: it is nobody's answer to this question. */
function answerIn(bytes: Uint8Array, { name, id, sequenceId }: Question): Result<ManagementData> | undefined {
  const header: Result<PtpHeader> = decodeHeader(bytes)
  if (!header.ok || header.value.type !== 'management' || header.value.sequenceId !== sequenceId) return undefined
  const answer = decodeManagement(header.value, bytes)
  if (!answer.ok) return answer
  const { action, content } = answer.value
  if (action !== 'RESPONSE' || content.id !== id) return undefined
  if (content.kind === 'data') return ok(content)
  return fail('ptp4l.refused', `${name}: expected ptp4l to do as told, got: ${describeManagementError(content.error)}`)
}
