import { join } from 'node:path'
import { ANSWER_BYTES_MAX } from '../src/attestation/enrolment-answer.ts'
import { REQUEST_BYTES_MAX } from '../src/attestation/enrolment-request.ts'
import { sortAuthorities } from '../src/attestation/tpm/certificate-bundle.ts'
import { readNamedFile } from '../src/config/read-file.ts'
import { shortHex } from '../src/core/encoding.ts'
import { ok, type Result } from '../src/core/fault.ts'
import { drawCopy } from './appliance/answer.ts'
import { readCertificateFiles } from './certificate-files.ts'
import {
  printJson,
  requiredText,
  runScript,
  saidYes,
  taskRunOf,
  textOf,
  textsOf,
  type Verb,
  type Words,
} from './command-line.ts'
import { type Authority, drawAuthority, openAuthority } from './enrolment-authority/authority.ts'
import {
  assessRequest,
  type ChallengeOptions,
  describeRequest,
  issueChallenge,
  type Roots,
} from './enrolment-authority/challenge.ts'
import { assessAnswer, issueEnrolment } from './enrolment-authority/enrol.ts'
import { newestEnrolments } from './enrolment-authority/ledger-view.ts'
import { runTasks } from './run-tasks.ts'
import { openStepLog } from './step-log.ts'

const SCRIPT = 'authority'
const HELP = `Usage: provisioning/authority init FOLDER --fleet NAME
       provisioning/authority challenge REQUEST --authority FOLDER --roots FILE|FOLDER… [options]
       provisioning/authority enrol ANSWER --authority FOLDER [options]
       provisioning/authority list --authority FOLDER

An enrolment authority: says which TPM belongs to which ML-DSA-87 key. It works offline; keep its folder, which holds its
key, on a machine without a network, and a copy of the folder elsewhere after each use.

  init       makes its key, authority.pub for everybody, and its ledger
  challenge  looks at a request of an appliance, follows the certificate of its TPM to a root that is named here, and makes
             NODE-challenge.cbor: carry it to the appliance
  enrol      checks the answer of the appliance and issues NODE-enrolment.cbor under the next number: carry it back
  list       the newest enrolment of each node, with what its registers held: what a policy may be made of

The same request is given the same challenge, the same answer the same enrolment. No number is ever given twice.

Options:
  --authority FOLDER its folder
  --dry-run          look everything over, make nothing
  --json             what was found as JSON on standard output; what was done on standard error
  --log FILE         append a line of JSON for each step here; default: authority.log in its folder
  --out FILE         where the challenge or the enrolment goes; default: in the present folder
  --help             this text
of init:
  --fleet NAME       whose appliances it enrols: a cluster, or what several clusters are made of
of challenge:
  --roots PATH…      certificates of TPM makers, PEM or DER, from the makers themselves; repeatable. Those that are
                     self-signed are believed, the others only lead to them
  --site-ca PATH…    the same of your own site, which has signed for TPMs without a maker's certificate
  --replace          this appliance takes the place of the one of its name, which is gone

Examples:
  provisioning/authority init /srv/authority --fleet racks
  provisioning/authority challenge enrolment-request.cbor --authority /srv/authority --roots tpm-makers/
  provisioning/authority enrol answer.cbor --authority /srv/authority
  provisioning/authority list --authority /srv/authority --json
`

const init: Verb = {
  given: ['FOLDER'],
  options: { log: { type: 'string' }, fleet: { type: 'string' } },
  run: async (words) => {
    const [folder = ''] = words.positionals
    const fleet = requiredText(words, 'fleet')
    const tasks = fleet.ok ? drawAuthority(folder, fleet.value) : fleet
    return tasks.ok ? runTasks(tasks.value, taskRunOf(words, `${SCRIPT} init`, join(folder, 'authority.log'))) : tasks
  },
}

const challenge: Verb = {
  given: ['REQUEST'],
  options: {
    authority: { type: 'string' },
    log: { type: 'string' },
    out: { type: 'string' },
    roots: { type: 'string', multiple: true },
    'site-ca': { type: 'string', multiple: true },
    replace: { type: 'boolean' },
  },
  run: (words) =>
    withAuthority(words, async (authority, folder) => {
      const options = readChallengeOptions(words)
      if (!options.ok) return options
      const assessed = assessRequest(authority, options.value)
      if (!assessed.ok) return assessed
      const { verified, rootedIn, tpm, known } = assessed.value
      const { node } = verified.request
      const described = describeRequest(verified)
      const out = textOf(words, 'out') ?? `${node}-challenge.cbor`
      const ran = await issueInto(words, 'challenge', folder, {
        out,
        what: `challenge of ${described}`,
        known: known !== undefined,
        issue: () => issueChallenge(authority, options.value),
      })
      if (!ran.ok) return ran
      const whose = rootedIn === 'vendor' ? "its maker's certificate" : 'a certificate of the site'
      tell(words, { node, tpm, rootedIn, challenge: out }, [
        described,
        `TPM ${tpm}, by ${whose}; compare the three with the screen of the appliance`,
      ])
      return ok(undefined)
    }),
}

const enrol: Verb = {
  given: ['ANSWER'],
  options: { authority: { type: 'string' }, log: { type: 'string' }, out: { type: 'string' } },
  run: (words) =>
    withAuthority(words, async (authority, folder) => {
      const bytes = readNamedFile(words.positionals[0] ?? '', { what: 'an answer', bytesMax: ANSWER_BYTES_MAX })
      if (!bytes.ok) return bytes
      const assessed = assessAnswer(authority, bytes.value)
      if (!assessed.ok) return assessed
      const { node } = assessed.value.answer
      const out = textOf(words, 'out') ?? `${node}-enrolment.cbor`
      const ran = await issueInto(words, 'enrol', folder, {
        out,
        what: `enrolment of ${node}`,
        known: assessed.value.known !== undefined,
        issue: () => issueEnrolment(authority, bytes.value),
      })
      if (!ran.ok || saidYes(words, 'dry-run')) return ran
      const issued = assessAnswer(authority, bytes.value)
      const serial = issued.ok ? issued.value.known?.serial : undefined
      tell(words, { node, serial, enrolment: out }, [
        `${node} is enrolled as number ${serial}; next: carry ${out} to it`,
      ])
      return ok(undefined)
    }),
}

const list: Verb = {
  given: [],
  options: { authority: { type: 'string' } },
  run: (words) =>
    withAuthority(words, async ({ ledger }) => {
      const issued = newestEnrolments(ledger.entries)
      if (!issued.ok) return issued
      for (const { entry, enrolment, request } of issued.value) {
        const { node, serial, time, registers } = entry
        const keyHash = shortHex(enrolment.keyHash)
        const { manufacturer, model, firmwareVersion } = request.tpm
        const tpm = { manufacturer, model, firmwareVersion: `0x${firmwareVersion.toString(16)}` }
        tell(words, { node, serial, time, keyHash, tpm, bank: enrolment.selection.hash.name, registers }, [
          `${node}  number ${serial}  ${time}  key ${keyHash}  ${manufacturer} ${model}, firmware ${tpm.firmwareVersion}`,
        ])
      }
      return ok(undefined)
    }),
}

interface Issue {
  readonly out: string
  readonly what: string
  readonly known: boolean
  issue(): Result<{ readonly bytes: Uint8Array }>
}

/** First into the ledger, then into the file that is carried away. */
function issueInto(
  words: Words,
  verb: string,
  folder: string,
  { out, what, known, issue }: Issue,
): Promise<Result<void>> {
  const log = join(folder, 'authority.log')
  const perform = (): Result<void> => {
    const issued = issue()
    return issued.ok ? (drawCopy(out, issued.value.bytes, what).perform() as Result<void>) : issued
  }
  return runTasks(
    [{ action: known ? 'keep' : 'create', path: out, what, perform }],
    taskRunOf(words, `${SCRIPT} ${verb}`, log),
  )
}

async function withAuthority(
  words: Words,
  use: (authority: Authority, folder: string) => Promise<Result<void>>,
): Promise<Result<void>> {
  const folder = requiredText(words, 'authority')
  if (!folder.ok) return folder
  const authority = openAuthority(folder.value)
  if (!authority.ok) return authority
  try {
    const used = await use(authority.value, folder.value)
    // Who was turned away is worth knowing as well.
    if (!used.ok && !saidYes(words, 'dry-run')) {
      const { code, message } = used.fault
      openStepLog(textOf(words, 'log') ?? join(folder.value, 'authority.log'), SCRIPT).note({
        action: 'refuse',
        path: words.positionals[0] ?? '',
        what: message,
        result: code,
      })
    }
    return used
  } finally {
    authority.value.close()
  }
}

function readChallengeOptions(words: Words): Result<ChallengeOptions> {
  const request = readNamedFile(words.positionals[0] ?? '', {
    what: 'a request for enrolment',
    bytesMax: REQUEST_BYTES_MAX,
  })
  if (!request.ok) return request
  const roots = readRoots(textsOf(words, 'roots'), textsOf(words, 'site-ca'))
  if (!roots.ok) return roots
  return ok({ request: request.value, roots: roots.value, replace: saidYes(words, 'replace'), atMs: Date.now() })
}

function readRoots(vendorPaths: readonly string[], sitePaths: readonly string[]): Result<Roots> {
  const vendor = readCertificateFiles(vendorPaths)
  if (!vendor.ok) return vendor
  const site = readCertificateFiles(sitePaths)
  if (!site.ok) return site
  const [ofVendor, ofSite] = [sortAuthorities(vendor.value), sortAuthorities(site.value)]
  return ok({
    vendor: ofVendor.roots,
    site: ofSite.roots,
    intermediates: [...ofVendor.intermediates, ...ofSite.intermediates],
  })
}

function tell(words: Words, found: object, lines: readonly string[]): void {
  if (saidYes(words, 'json')) printJson(found)
  else for (const line of lines) process.stdout.write(`${line}\n`)
}

await runScript(SCRIPT, HELP, { init, challenge, enrol, list }, process.argv.slice(2))
