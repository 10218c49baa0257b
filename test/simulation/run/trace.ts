import type { Block } from '../../../src/consensus/block.ts'
import { blockHash } from '../../../src/consensus/block.ts'
import { decodeEnvelope, type SignedMessage } from '../../../src/consensus/messages.ts'
import type { Outgoing } from '../../../src/consensus/replica/types.ts'
import type { WireMessage } from '../../../src/consensus/wire-message.ts'
import { toHex } from '../../../src/core/bytes.ts'
import type { ReplicaCluster } from '../../support/replica-cluster.ts'
import type { Trace } from './run.ts'

/** One line for everything that happens: who said what to whom, who decided what, who lost their power. */
export function createTrace(print: (line: string) => void): Trace {
  let cluster: ReplicaCluster | undefined
  const tell = (id: number, text: string): void => {
    const seconds = (Number(cluster?.now() ?? 0n) / 1e9).toFixed(6).padStart(10)
    const view = cluster?.nodes[id]?.replica.status().view ?? 1
    print(`${seconds} s  node ${id} in view ${view}  ${text}`)
  }
  return {
    begin: (begun) => {
      cluster = begun
    },
    said: (id, { to, message }: Outgoing) => tell(id, `→ ${to}  ${describeMessage(message)}`),
    marked: ({ member, epoch, measurement, truthNs }) => {
      const { nodeClock, rangingNs, ranging, segment } = measurement
      const errorNs = nodeClock === undefined ? undefined : nodeClock.taiNs - rangingNs - truthNs
      const clock = nodeClock === undefined ? 'no clock' : `${errorNs} ns off ± ${nodeClock.boundNs} ns`
      tell(member, `marks epoch ${epoch}: ${clock}, segment ${segment}, ranges ${ranging.length}`)
    },
    decided: ({ id }, { block, votes }) => {
      const how = votes === undefined ? 'as an ancestor' : `with ${votes.length} signatures`
      tell(
        id,
        `decides height ${block.height}, epoch ${block.epoch}, view ${block.view}, ${block.outcome.grade}, ${how}`,
      )
    },
    power: (id, what) => tell(id, POWER[what]),
  }
}

const POWER: Readonly<Record<Parameters<Trace['power']>[1], string>> = {
  on: 'starts again',
  off: 'loses its power',
  lives: 'lives',
  torn: 'dies while it writes its journal',
  unsent: 'dies after it wrote its journal, before it sends',
  'half-sent': 'dies after it wrote its journal, while it sends',
}

function describeMessage(message: WireMessage): string {
  switch (message.kind) {
    case 'signed': {
      const decoded = decodeEnvelope(message.value)
      return decoded.ok ? describeSigned(decoded.value) : `nonsense: ${decoded.fault.message}`
    }
    case 'quorum':
      return `certificate of view ${message.value.view}: ${message.value.type}, ${message.value.votes.length} signatures`
    case 'final':
      return `final block, ${message.value.votes.length} signatures`
    case 'want-proposals':
      return `wants ${message.value.length} proposals`
    case 'want-block':
      return `wants block ${short(message.value)}`
    case 'want-quorums':
      return `wants certificates of views ${message.value.join(', ')}`
    default:
      return message.kind
  }
}

function describeSigned({ type, header, body }: SignedMessage): string {
  const from = `of node ${header.sender}`
  switch (type) {
    case 'proposal':
      return `proposal ${from}, epoch ${body.epoch}`
    case 'block':
      return `block ${from}, view ${body.view}, ${describeBlock(body)}`
    case 'hello':
      return `hello ${from}, view ${body.view}`
    case 'nullify':
      return `nullify ${from}, view ${body.view}`
    case 'notarize':
    case 'finalize':
      return `${type} ${from}, view ${body.view}, ${short(body.hash)}`
  }
}

function describeBlock(block: Block): string {
  const listed = block.list.map(({ member }) => member).join(' ')
  return `height ${block.height}, epoch ${block.epoch}, lists ${listed}, hash ${short(blockHash(block))}`
}

function short(bytes: Uint8Array): string {
  return toHex(bytes.subarray(0, 4))
}
