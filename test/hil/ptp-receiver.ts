import type { DriverStatus } from '../../drivers/driver.ts'
import { ptpGrandmaster } from '../../drivers/ptp-grandmaster/index.ts'
import { abs } from '../../src/core/integer.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { between, type MonoNs, plus, type TaiNs, taiNs } from '../../src/core/time.ts'
import { openLinkSocket } from '../../src/device/link-socket.ts'
import { openPacketLink } from '../../src/device/packet-link.ts'
import { createNodeClock } from '../../src/fusion/node-clock.ts'
import { type ClockPair, readClockPair, readMonoNs } from '../../src/linux/clock.ts'
import { unwrap } from '../support/results.ts'

/**
 * A time receiver with the product's driver, sockets and fusion, as a program: it says by how much each sample and its node clock
 * are off the one clock that all namespaces share, one JSON object a line.
 */
export interface PtpReceiverOptions {
  readonly sources: readonly { readonly name: string; readonly interface: string; readonly options: object }[]
}

export type PtpReceiverWord =
  | { readonly type: 'sample'; readonly source: string; readonly off: Off; readonly quality: string }
  | { readonly type: 'clock'; readonly off: Off | undefined; readonly mode: string; readonly named: readonly string[] }
  | { readonly type: 'status'; readonly source: string; readonly status: DriverStatus }
  | { readonly type: 'fault'; readonly source: string; readonly message: string }

/** ns. */
export interface Off {
  readonly errorNs: number
  readonly boundNs: number
}

const CLOCK_MS = 250
const PAIR_MS = 500

// The truth between two readings of the shared clock is on the line through them; it may be steered, so they are fresh.
let pairs: readonly [ClockPair, ClockPair] = [readClockPair(), readClockPair()]
setInterval(() => {
  pairs = [pairs[1], readClockPair()]
}, PAIR_MS)

function trueTai(at: MonoNs): TaiNs {
  const [older, newer] = pairs
  const spanNs = between(older.monoNs, newer.monoNs)
  const gainNs = newer.shownNs - older.shownNs - spanNs
  const sinceNs = between(newer.monoNs, at)
  return plus(taiNs(newer.shownNs), sinceNs + (spanNs === 0n ? 0n : (gainNs * sinceNs) / spanNs))
}

const { sources } = JSON.parse(process.argv[2] ?? '') as PtpReceiverOptions
const nodeClock = createNodeClock({
  oscillator: 'crystal',
  sources: sources.map(({ name }) => ({ name, class: 'ptp', role: 'time', domain: name })),
})

for (const [index, { name, interface: interfaceName, options: input }] of sources.entries()) {
  const options = unwrap(ptpGrandmaster.parseOptions(input, name))
  const link = ptpGrandmaster.linkOf(options)
  const port = { clockIdentity: Uint8Array.of(2, 0x71, 0x74, 0xff, 0xfe, 0, 0, index), portNumber: 1 }
  const tellFault = (message: string): void => say({ type: 'fault', source: name, message })
  openPacketLink({
    name,
    link,
    open: (channel, events) =>
      openLinkSocket(interfaceName, link, channel, events, {
        filter: ptpGrandmaster.filterOf(port.clockIdentity),
        mayWait: true,
      }),
    speakers: [
      {
        create: () => ptpGrandmaster.create(options, { source: name, leapTable: EMBEDDED_LEAP_TABLE, port }),
        handlers: {
          onSample: (sample) => {
            const errorNs = Number(sample.taiNs - trueTai(sample.monoNs))
            const boundNs = Number(sample.accuracyNs + sample.precisionNs)
            say({ type: 'sample', source: name, off: { errorNs, boundNs }, quality: sample.quality })
            for (const { message } of nodeClock.observe(sample)) tellFault(message)
          },
          onStatus: (status) => {
            nodeClock.setStatus(name, status, readMonoNs())
            say({ type: 'status', source: name, status })
          },
          onFault: ({ code, message }) => tellFault(`${code}: ${message}`),
          onWire: (event) => {
            if (event.type !== 'up') tellFault(event.fault.message)
          },
        },
      },
    ],
    silenceMsMax: 30_000,
  })
}

setInterval(() => {
  const { estimate, mode, monoNs: at, sources: readings } = nodeClock.read(readMonoNs())
  const off =
    estimate === undefined
      ? undefined
      : { errorNs: Number(estimate.taiNs - trueTai(at)), boundNs: Number(abs(estimate.boundNs)) }
  const named = readings.flatMap(({ name, state, reason }) => (state === 'falseticker' ? [`${name}: ${reason}`] : []))
  say({ type: 'clock', off, mode, named })
}, CLOCK_MS)

function say(word: PtpReceiverWord): void {
  console.log(JSON.stringify(word))
}
