import { packetFamilies } from '../../drivers/index.ts'
import type { PacketFamily } from '../../drivers/packet-driver.ts'
import { INSTRUMENT_ADDRESS } from './packet-bench.ts'
import type { PacketUse } from './packet-trial.ts'

/** Ways of using a family that go through every trial each, beside its defaults. */
const OTHER_USES: Readonly<Record<string, readonly PacketUse[]>> = {
  'ptp-grandmaster': [
    { name: 'ptp-grandmaster one-step', options: { emulator: { twoStep: false } } },
    {
      name: 'ptp-grandmaster unicast',
      options: { unicast: 'negotiated', address: INSTRUMENT_ADDRESS, network: 'udp6' },
    },
  ],
}

export function packetUses(): readonly { readonly family: PacketFamily<unknown>; readonly use: PacketUse }[] {
  return packetFamilies.flatMap((family) =>
    [{ name: family.kind, options: {} }, ...(OTHER_USES[family.kind] ?? [])].map((use) => ({ family, use })),
  )
}
