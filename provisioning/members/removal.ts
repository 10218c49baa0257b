import type { Membership } from '../../src/consensus/membership.ts'
import { fail, ok, type Result } from '../../src/core/fault.ts'
import { type Change, quorumNotices } from './change-script.ts'

/**
 * The member is out as soon as the order is carried out: its keys open no door and sign nothing any more. Faults: `member.unknown`,
 * `member.last`.
 */
export function removeMember(name: string, present: Membership): Result<Change> {
  const names = present.members.map((member) => member.name)
  if (!names.includes(name)) {
    return fail('member.unknown', `${name}: expected a member of ${present.cluster} (${names.join(', ')}), got none`)
  }
  if (names.length === 1) return fail('member.last', `${name}: expected another member beside it, got the last one`)
  return ok({
    changes: { remove: [{ name }] },
    tasks: [],
    notices: quorumNotices(present, names.length - 1),
    afterwards: [
      `the others drop their links to ${name} with the session; take it off the network, and destroy its keys`,
      `its address may stay in the configuration of the others, where it does nothing`,
    ],
  })
}
