import type { PacketFamily, PacketSend } from '../../drivers/packet-driver.ts'
import { NS_PER_MILLISECOND } from '../../src/core/time.ts'
import { INSTRUMENT_ADDRESS, type PacketBench } from './packet-bench.ts'

/** One thing that goes wrong, of the instrument, the network between or the host. */
export interface PacketTrialFault {
  readonly name: string
  readonly of: 'instrument' | 'network' | 'host'
  /** What it does, for people. */
  readonly text: string
  switch(bench: PacketBench, on: boolean): void
}

const STRANGER_ADDRESS = '192.0.2.99'
const LATE_NS = 300n * NS_PER_MILLISECOND
const ASYMMETRY_NS = 1_000_000n
const QUEUE_NS_MAX = 5_000_000
const REORDER_NS_MAX = 40_000_000
const USER_STAMP_ERROR_NS = 50_000n
const STRANGER_PACKETS = 3_000

/** What any network does to any family; each says what becomes of a packet to the driver, one to the instrument, or both. */
const NETWORK_FAULTS: readonly PacketTrialFault[] = [
  ways('network-loss', 'Every second packet is lost, either way.', ({ healthyNs, random }) => {
    return () => (random() < 0.5 ? [] : [healthyNs()])
  }),
  ways('network-unplugged', 'No packet arrives, either way.', () => () => []),
  ways('network-duplicates', 'Every packet arrives twice.', ({ healthyNs }) => () => [healthyNs(), healthyNs()]),
  ways('network-queues', 'Every packet waits for up to 5 ms, either way.', ({ healthyNs, random }) => {
    return () => [healthyNs() + BigInt(Math.round(random() * QUEUE_NS_MAX))]
  }),
  ways('network-reorder', 'Packets that matter for their content alone overtake each other.', (bench) => {
    return ({ channel }) => [
      bench.healthyNs() + (channel === 'event' ? 0n : BigInt(Math.round(bench.random() * REORDER_NS_MAX))),
    ]
  }),
  ways('network-late', 'Every packet takes 300 ms longer, either way.', ({ healthyNs }) => () => [
    healthyNs() + LATE_NS,
  ]),
  {
    name: 'network-asymmetry',
    of: 'network',
    text: 'Packets of the instrument take 1 ms longer, those to it do not.',
    switch: ({ toDriver, healthyNs }, on) => {
      toDriver.durationsNs = () => [healthyNs() + (on ? ASYMMETRY_NS : 0n)]
    },
  },
  {
    name: 'network-impostor',
    of: 'network',
    text: 'Every packet of the instrument comes from another address too.',
    switch: ({ toDriver }, on) => {
      toDriver.from = on ? [STRANGER_ADDRESS, INSTRUMENT_ADDRESS] : [INSTRUMENT_ADDRESS]
    },
  },
  {
    name: 'network-stranger',
    of: 'network',
    text: 'Somebody sends thousands of packets of random bytes a second.',
    switch: (bench, on) => {
      if (on) for (let second = 0; second < 10; second++) floodOfSecond(bench)
    },
  },
]

const HOST_FAULTS: readonly PacketTrialFault[] = [
  {
    name: 'host-no-transmit-stamps',
    of: 'host',
    text: 'The system never says when a packet left.',
    switch: ({ toEmulator }, on) => {
      const { sentErrorNs } = toEmulator
      toEmulator.sentErrorNs = on ? undefined : (sentErrorNs ?? 60n)
    },
  },
  {
    name: 'host-coarse-stamps',
    of: 'host',
    text: 'The stamps are those of a program: up to 50 µs off.',
    switch: ({ toDriver, toEmulator }, on) => {
      toDriver.receivedErrorNs = on ? USER_STAMP_ERROR_NS : 60n
      toEmulator.sentErrorNs = on ? USER_STAMP_ERROR_NS : 60n
    },
  },
  {
    name: 'host-reopens',
    of: 'host',
    text: 'The link is closed and opened again, in the middle of whatever goes on.',
    switch: (bench) => {
      for (let again = 0; again < 3; again++) {
        bench.network.reopen()
        bench.run(0.37)
      }
    },
  },
]

/** Every fault that a family has to live through. */
export function packetFaultsOf(family: PacketFamily<unknown>): readonly PacketTrialFault[] {
  const own = Object.entries(family.faults).map(
    ([name, text]): PacketTrialFault => ({
      name,
      of: 'instrument',
      text,
      switch: ({ emulator }, on) => {
        const done = emulator.setFault(name, on)
        if (!done.ok) throw new Error(done.fault.message)
      },
    }),
  )
  return [...own, ...NETWORK_FAULTS, ...HOST_FAULTS]
}

type Durations = (packet: PacketSend) => readonly bigint[]

function ways(name: string, text: string, make: (bench: PacketBench) => Durations): PacketTrialFault {
  return {
    name,
    of: 'network',
    text,
    switch: (bench, on) => {
      for (const way of [bench.toDriver, bench.toEmulator]) {
        way.durationsNs = on ? make(bench) : () => [bench.healthyNs()]
      }
    },
  }
}

function floodOfSecond(bench: PacketBench): void {
  for (let packet = 0; packet < STRANGER_PACKETS; packet++) {
    const bytes = Uint8Array.from({ length: Math.floor(bench.random() * 100) }, () => Math.floor(bench.random() * 256))
    // Most of them look like PTP at first sight, or a look at the first bytes would do.
    if (bench.random() < 0.9) bytes.set([0x00 | (packet & 0x0f), 0x12, 0, bytes.length, 0].slice(0, bytes.length))
    bench.network.disturb({ channel: 'general', bytes, from: STRANGER_ADDRESS })
  }
  bench.run(1)
}
