import { joinAddress } from '../../src/config/address.ts'
import { parseConfiguration } from '../../src/config/parse.ts'
import type { Membership } from '../../src/consensus/membership.ts'
import { utf8 } from '../../src/core/bytes.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { drawCopy } from '../appliance/answer.ts'
import { configurationText } from '../appliance-configuration.ts'
import type { ClusterPlan } from '../cluster-plan.ts'
import { type Change, joinSteps, quorumNotices } from './change-script.ts'
import { type KeySource, readNewKeys } from './new-keys.ts'
import { drawPeerUpdates, type PeerPlace, peerLines } from './peer-lines.ts'

export interface Addition {
  readonly name: string
  /** With the newcomer in it: where it stands, where it is reached, and what hangs on it. */
  readonly plan: ClusterPlan
  readonly keys: KeySource
  /** Where its configuration goes. */
  readonly configuration: string
  /** A folder with that of each other appliance, to be told where the newcomer is. */
  readonly appliances: string | undefined
}

/** Faults: `member.unplanned`, `member.known`, those of `readNewKeys` and of configurations. */
export function addMember(
  { name, plan, keys, configuration, appliances }: Addition,
  present: Membership,
): Result<Change> {
  const appliance = plan.appliances.find((planned) => planned.name === name)
  if (appliance === undefined || plan.cluster !== present.cluster) {
    const planned = plan.appliances.map((other) => other.name).join(', ')
    return fail(
      'member.unplanned',
      `${name}: expected a plan of ${present.cluster} that has it, got one of ${plan.cluster} with ${planned}`,
    )
  }
  if (present.members.some((member) => member.name === name)) {
    return fail('member.known', `${name}: expected no member of ${present.cluster} yet, got one`)
  }
  const read = readNewKeys(name, keys, present)
  if (!read.ok) return read
  const place: PeerPlace = {
    name,
    address: joinAddress({ host: appliance.address, port: appliance.clusterPort }),
    rangingAddress: joinAddress({ host: appliance.address, port: appliance.rangingPort }),
  }
  const text = configurationText(plan, appliance)
  const parsed = parseConfiguration(text, configuration)
  if (!parsed.ok) return parsed
  const updates = appliances === undefined ? ok([]) : drawPeerUpdates(appliances, place)
  if (!updates.ok) return updates
  const told = updates.value.length > 0
  return ok({
    changes: { add: [{ name, site: appliance.site, ...read.value }] },
    tasks: [drawCopy(configuration, utf8(text), `configuration of ${name}`), ...updates.value],
    notices: [
      ...quorumNotices(present, present.members.length + 1),
      told
        ? 'restart the other appliances one after the other, before you submit the order'
        : `before you submit the order, give these lines to the configuration of every other appliance, and restart one after the other:${peerLines(place)}`,
    ],
    afterwards: joinSteps(name, configuration),
  })
}
