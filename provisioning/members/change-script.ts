import { dirname, join } from 'node:path'
import type { MembershipChanges } from '../../src/config/membership-changes.ts'
import { type Membership, quorumOf } from '../../src/consensus/membership.ts'
import { ok, type Result } from '../../src/core/fault.ts'
import { printJson, requiredText, saidYes, taskRunOf, textOf, type Words } from '../command-line.ts'
import { runTasks, type Task } from '../run-tasks.ts'
import type { KeySource } from './new-keys.ts'
import { type DrawnOrder, drawOrder, readPresent } from './order-task.ts'

/** What all changes of a running cluster have in common: the present membership, an order, and who does what next. */

export interface Change {
  readonly changes: Partial<MembershipChanges>
  /** What is made beside the order. */
  readonly tasks: readonly Task[]
  /** What a technician should know. */
  readonly notices: readonly string[]
  /** What to do once the operators' order was carried out. */
  readonly afterwards: readonly string[]
}

export const CHANGE_OPTIONS = {
  bundle: { type: 'string' },
  out: { type: 'string' },
  log: { type: 'string' },
} as const

export const KEY_OPTIONS = {
  request: { type: 'string' },
  enrolment: { type: 'string' },
  'former-enrolment': { type: 'string' },
  'signing-key': { type: 'string' },
  'tls-key': { type: 'string' },
} as const

export const CHANGE_HELP = `  --bundle FOLDER    what \`quorumtime membership export\` has written on any member
  --out FILE         where the order goes; one with signatures is kept
  --dry-run          say what would be done, do nothing
  --json             what was made as JSON on standard output; what was done on standard error
  --log FILE         append a line of JSON for each step here; default: the order's name with .log
  --help             this text
`

export const KEY_HELP = `  --request FILE     in a cluster that attests: its request for enrolment,
  --enrolment FILE   and what the authority has issued
  --former-enrolment FILE
                     that of the hardware that goes: the new one has to have a higher number
  --signing-key FILE in a cluster that does not: its public keys in PEM
  --tls-key FILE
`

export function keySourceOf(words: Words): KeySource {
  return {
    request: textOf(words, 'request'),
    enrolment: textOf(words, 'enrolment'),
    formerEnrolment: textOf(words, 'former-enrolment'),
    signingKey: textOf(words, 'signing-key'),
    tlsKey: textOf(words, 'tls-key'),
  }
}

/** Where files for one appliance go that belong to an order. */
export function besideOrder(out: string, name: string): string {
  return join(dirname(out), name)
}

export async function runChange(
  words: Words,
  script: string,
  draw: (present: Membership, out: string) => Result<Change>,
): Promise<Result<void>> {
  const bundle = requiredText(words, 'bundle')
  if (!bundle.ok) return bundle
  const out = requiredText(words, 'out')
  if (!out.ok) return out
  const present = await readPresent(bundle.value)
  if (!present.ok) return present
  const change = draw(present.value, out.value)
  if (!change.ok) return change
  const order = drawOrder(out.value, present.value, change.value.changes)
  if (!order.ok) return order
  const tasks = [order.value.task, ...change.value.tasks]
  const ran = await runTasks(tasks, taskRunOf(words, script, `${out.value}.log`))
  if (ran.ok) tell(words, { bundle: bundle.value, out: out.value }, order.value, change.value)
  return ran.ok ? ok(undefined) : ran
}

interface Places {
  readonly bundle: string
  readonly out: string
}

function tell(words: Words, places: Places, order: DrawnOrder, { notices, afterwards }: Change): void {
  const { present, next, digest } = order
  const steps = [...orderSteps(places, present), ...afterwards]
  if (saidYes(words, 'json')) {
    const members = next.members.map(({ name }) => name)
    const { cluster, session } = next
    printJson({
      order: places.out,
      digest,
      cluster,
      session,
      members,
      ...quorumOf(members.length),
      notices,
      next: steps,
    })
    return
  }
  const names = (of: Membership): string => of.members.map(({ name }) => name).join(', ')
  process.stdout.write(
    `${next.cluster}, session ${present.session} → ${next.session}: ${names(present)} → ${names(next)}\n`,
  )
  process.stdout.write(`digest of the order: ${digest}; quorumtime membership show says all that it changes\n`)
  for (const notice of notices) process.stdout.write(`note: ${notice}\n`)
  for (const [index, step] of steps.entries()) process.stdout.write(`next, ${index + 1}: ${step}\n`)
}

function orderSteps({ bundle, out }: Places, { operators, operatorThreshold }: Membership): readonly string[] {
  const names = operators.map(({ name }) => name).join(', ')
  const trusted = `--genesis ${join(bundle, 'genesis.cbor')} --sessions ${join(bundle, 'sessions.cbor')}`
  return [
    `${operatorThreshold} of ${names} sign, one after the other: quorumtime membership sign ${out} ${trusted} --operator NAME --key NAME.pem --out ${out}.NAME`,
    'on any one member: quorumtime membership submit SIGNED-ORDER --config /etc/quorumtime/config.toml',
  ]
}

/** What an appliance under new keys does once the order was carried out. */
export function joinSteps(name: string, configuration: string | undefined): readonly string[] {
  const brought = configuration === undefined ? '' : ` --configuration ${configuration}`
  return [
    'on any one member, once it is carried out: quorumtime membership export --config /etc/quorumtime/config.toml --out BUNDLE',
    `on ${name}: provisioning/join /etc/quorumtime BUNDLE${brought}, then start it`,
  ]
}

/** What becomes of how many may lie. */
export function quorumNotices(present: Membership, members: number): readonly string[] {
  const [before, after] = [quorumOf(present.members.length), quorumOf(members)]
  const changed = `${before.n} → ${after.n} appliances: ${after.q} decide (${before.q} before), ${after.f} may lie or be away (${before.f} before)`
  return after.f < before.f || after.f === 0 ? [`${changed}; add another one soon`] : [changed]
}
