import type { ListedProposal } from '../consensus/agreement.ts'
import { type Membership, quorumOf } from '../consensus/membership.ts'
import { connectivityOf, createConnectivityHistory, type LinkReporter } from '../consensus/partition.ts'
import type { Report } from './agent-event.ts'
import { memberName } from './peer-events.ts'

/** What this appliance knows of the network between the members, by their own word. It decides nothing. */
export interface NetworkMap {
  /** Takes the proposals of an epoch; a change of the parts is told. */
  observe(epoch: number, proposals: readonly ListedProposal[]): void
  describe(): object
}

/** A block may leave out a member that was late: it is silent only when nothing of it was heard for longer than this. */
const HEARD_EPOCHS = 3

export function createNetworkMap(membership: Membership, report: Report): NetworkMap {
  const quorum = quorumOf(membership.members.length)
  const history = createConnectivityHistory()
  /** The newest word of every member. */
  const reports = new Map<number, LinkReporter & { readonly epoch: number }>()
  const names = (ids: readonly number[]): readonly string[] => ids.map((id) => memberName(membership, id))
  const parts = (all: readonly (readonly number[])[]): readonly (readonly string[])[] => all.map(names)
  return {
    observe: (epoch, proposals) => {
      // Missed blocks come late and backwards.
      if (epoch < (history.newest?.epoch ?? 0)) return
      for (const { member, proposal } of proposals) reports.set(member, { member, epoch, links: proposal.links })
      const reporters = [...reports.values()].filter((report) => report.epoch + HEARD_EPOCHS > epoch)
      const connectivity = connectivityOf(reporters, quorum)
      const change = history.observe(epoch, connectivity)
      if (change === undefined) return
      const { before, after } = change
      const affected = names(connectivity.affected)
      report({ type: 'partition', epoch, before: parts(before), after: parts(after), affected })
    },
    describe: () => {
      const { epoch = null, connectivity } = history.newest ?? {}
      return {
        epoch,
        components: parts(connectivity?.components ?? []),
        affected: names(connectivity?.affected ?? []),
        silent: names(connectivity?.silent ?? []),
        links: (connectivity?.connections ?? []).map(({ a, b, state, asymmetric, claims }) => ({
          between: names([a, b]),
          state,
          asymmetric,
          claims: claims.map((claim) => claim ?? null),
        })),
        history: history.changes.map((change) => {
          return { epoch: change.epoch, before: parts(change.before), after: parts(change.after) }
        }),
      }
    },
  }
}
