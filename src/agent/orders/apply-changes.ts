import { dirname, resolve } from 'node:path'
import { type MembershipChanges, readMembershipChanges } from '../../config/membership-changes.ts'
import { readNamedFile } from '../../config/read-file.ts'
import {
  DIGEST_BYTES,
  MEMBERS_MAX,
  type Member,
  type Membership,
  membershipHash,
  PUBLIC_KEY_BYTES,
} from '../../consensus/membership.ts'
import { equalBytes } from '../../core/bytes.ts'
import { fail, ok, type Result } from '../../core/fault.ts'
import { NS_PER_SECOND, taiNs } from '../../core/time.ts'
import { publicKeyFromPem } from '../../crypto/public-key.ts'

/**
 * The membership after `present` with the changes of a TOML file: members leave first, then keys are replaced, then members
 * join at the end; ids are numbered anew. Key files are taken from the folder of the TOML file.
 * Faults: `file.unreadable`, `config.*`, `key.format`.
 */
export function changedMembership(file: string, present: Membership): Result<Membership> {
  const changes = readMembershipChanges(file)
  if (!changes.ok) return changes
  const next = applyChanges(changes.value, present, dirname(resolve(file)))
  return next.ok ? next : fail(next.fault.code, `${file}: ${next.fault.message}`)
}

/** The same of changes that are not in a file; names of key files are taken from `folder`. Faults: as above. */
export function applyChanges(changes: MembershipChanges, present: Membership, folder: string): Result<Membership> {
  const members = [...present.members]
  const changed = change(members, changes, present, folder)
  if (!changed.ok) return changed
  if (members.length < 1 || members.length > MEMBERS_MAX) {
    return misfit('members', `1 to ${MEMBERS_MAX} members after the change`, String(members.length))
  }
  const { acceptSingleDomain, operatorThreshold = present.operatorThreshold, raiseEra } = changes
  if (operatorThreshold > present.operators.length) {
    const expected = `an integer from 1 to ${present.operators.length}, the number of operators`
    return misfit('operatorThreshold', expected, String(operatorThreshold))
  }
  return ok({
    ...present,
    era: raiseEra === undefined ? present.era : present.era + 1,
    genesisTai: raiseEra === undefined ? present.genesisTai : taiNs(BigInt(raiseEra.genesisTaiSeconds) * NS_PER_SECOND),
    targetPrecisionNs:
      changes.targetPrecisionNs === undefined ? present.targetPrecisionNs : BigInt(changes.targetPrecisionNs),
    acceptSingleDomain:
      acceptSingleDomain === undefined
        ? present.acceptSingleDomain
        : [...new Set(acceptSingleDomain)].sort((a, b) => (a < b ? -1 : 1)),
    operatorThreshold,
    members: members.map((member, id) => ({ ...member, id })),
    session: present.session + 1,
    previous: membershipHash(present),
  })
}

/** Changes `members` in place. */
function change(members: Member[], changes: MembershipChanges, present: Membership, folder: string): Result<void> {
  for (const [index, { name }] of changes.remove.entries()) {
    const found = positionOf(members, name, `remove[${index}]`)
    if (!found.ok) return found
    members.splice(found.value, 1)
  }
  for (const [index, { name, ...keys }] of changes.replaceKey.entries()) {
    const at = `replaceKey[${index}]`
    const found = positionOf(members, name, at)
    if (!found.ok) return found
    const [former] = members.splice(found.value, 1)
    const read = readKeys(keys, { at, folder, members, present })
    if (!read.ok) return read
    members.splice(found.value, 0, { id: 0, name, site: former?.site ?? '', ...read.value })
  }
  for (const [index, { name, site, ...keys }] of changes.add.entries()) {
    const at = `add[${index}]`
    if (members.some((member) => member.name === name)) {
      return misfit(`${at}.name`, 'a name that no other member has', `"${name}"`)
    }
    const read = readKeys(keys, { at, folder, members, present })
    if (!read.ok) return read
    members.push({ id: 0, name, site, ...read.value })
  }
  return ok(undefined)
}

function positionOf(members: readonly Member[], name: string, at: string): Result<number> {
  const position = members.findIndex((member) => member.name === name)
  if (position >= 0) return ok(position)
  return misfit(`${at}.name`, `one of ${members.map((member) => member.name).join(', ')}`, `"${name}"`)
}

type Keys = Pick<Member, 'signingKey' | 'tlsKeyHash'>

interface KeyPlace {
  readonly at: string
  readonly folder: string
  /** All others. */
  readonly members: readonly Member[]
  readonly present: Membership
}

function readKeys(
  { signingKey, tlsKeyHash }: { readonly signingKey: string; readonly tlsKeyHash: string },
  { at, folder, members, present }: KeyPlace,
): Result<Keys> {
  const signing = keyBytes(signingKey, { at: `${at}.signingKey`, folder, bytes: PUBLIC_KEY_BYTES, take: 'raw' })
  if (!signing.ok) return signing
  const tls = keyBytes(tlsKeyHash, { at: `${at}.tlsKeyHash`, folder, bytes: DIGEST_BYTES, take: 'hash' })
  if (!tls.ok) return tls
  const owner = [...members, ...present.operators].find((other) => equalBytes(other.signingKey, signing.value))
  if (owner !== undefined) {
    return misfit(`${at}.signingKey`, 'a key that no other member and no operator has', `the one of ${owner.name}`)
  }
  if (present.attestation?.authorities.some((key) => equalBytes(key, signing.value)) === true) {
    return misfit(`${at}.signingKey`, 'a key that no enrolment authority has', 'that of one')
  }
  const pinned = members.find((other) => equalBytes(other.tlsKeyHash, tls.value))
  if (pinned !== undefined) {
    return misfit(`${at}.tlsKeyHash`, 'a key that no other member has', `the one of ${pinned.name}`)
  }
  return ok({ signingKey: signing.value, tlsKeyHash: tls.value })
}

/** A PEM file of such a key has 3.6 kB. */
const PEM_BYTES_MAX = 16_384
/** No file is named with so many hexadecimal digits and nothing else. */
const HEX_DIGITS_MIN = 64

function keyBytes(
  text: string,
  wanted: { readonly at: string; readonly folder: string; readonly bytes: number; readonly take: 'raw' | 'hash' },
): Result<Uint8Array> {
  const { at, folder, bytes, take } = wanted
  if (text.length >= HEX_DIGITS_MIN && /^[0-9a-fA-F]+$/.test(text)) {
    if (text.length === 2 * bytes) return ok(Uint8Array.fromHex(text))
    return misfit(at, `${2 * bytes} hexadecimal digits`, String(text.length))
  }
  const file = resolve(folder, text)
  const read = readNamedFile(file, { what: 'an ML-DSA-87 public key in PEM', bytesMax: PEM_BYTES_MAX })
  if (!read.ok) return fail(read.fault.code, `${at}: ${read.fault.message}`)
  const key = publicKeyFromPem(new TextDecoder('latin1').decode(read.value), `${at}: ${file}`)
  return key.ok ? ok(key.value[take]) : key
}

function misfit(at: string, expected: string, got: string): Result<never> {
  return fail('config.value', `${at}: expected ${expected}, got ${got}`)
}
