import { ENROLMENT_BYTES_MAX } from '../src/attestation/enrolment.ts'
import { CHALLENGE_BYTES_MAX } from '../src/attestation/enrolment-challenge.ts'
import { parseRegisters, SEAL_REGISTERS } from '../src/attestation/parse-registers.ts'
import { PCR_COUNT, type PcrSelection } from '../src/attestation/pcr-selection.ts'
import type { Tpm } from '../src/attestation/tpm/tpm.ts'
import { SHA256, SHA384 } from '../src/attestation/tpm-algorithm.ts'
import { readNamedFile } from '../src/config/read-file.ts'
import { membershipHash } from '../src/consensus/membership.ts'
import { toHex } from '../src/core/bytes.ts'
import { fail, ok, type Result } from '../src/core/fault.ts'
import { drawAnswer } from './appliance/answer.ts'
import { applianceFiles } from './appliance/appliance-files.ts'
import { drawInstallation } from './appliance/install.ts'
import { drawJoin } from './appliance/join.ts'
import type { KeyOptions } from './appliance/own-keys.ts'
import { drawRequest, type RequestOptions, USUAL_PCRS } from './appliance/request.ts'
import { describePlace, openTpm, placeOf, type TpmPlace } from './appliance/tpm-place.ts'
import { KEY_HANDLE, readSettings } from './appliance/tpm-settings.ts'
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
import { summaryLine } from './genesis-steps.ts'
import { runTasks, type Task } from './run-tasks.ts'

const SCRIPT = 'enroll-appliance'
const HELP = `Usage: provisioning/enroll-appliance request FOLDER --name NAME --tpm PLACE [options]
       provisioning/enroll-appliance answer FOLDER CHALLENGE --authority authority.pub
       provisioning/enroll-appliance install FOLDER ENROLMENT
       provisioning/enroll-appliance join FOLDER GENESIS-FOLDER

Enrols this appliance with an authority that works offline; only files go to and fro, and none of them is secret for long.

  request   looks at the TPM, makes the keys of the appliance and an attestation key in the TPM where there are none yet, and
            writes attestation/enrolment-request.cbor: carry it to the authority. New keys are sealed: this TPM alone gives them
            back, while firmware and boot loader stay as they are (docs/keys.md: before a firmware update)
  answer    has the TPM open the authority's challenge, and writes attestation/answer.cbor: carry it back
  install   checks that the enrolment is of this appliance, and keeps it as attestation/enrolment.cbor
  join      checks that the authority stands by a genesis which names this appliance's keys, and makes it a member: safety
            journal, configuration, genesis

What exists is kept; run again, each changes nothing. Nothing is written unless all of it can be.

Options:
  --dry-run          say what would be done, do nothing
  --json             what was found as JSON on standard output; what was done on standard error
  --log FILE         append a line of JSON for each step here; default: provisioning.log in the folder
  --help             this text
of request:
  --name NAME        what the appliance is called in its cluster
  --tpm PLACE        /dev/tpmrm0, or a software TPM: 127.0.0.1:2321 or the path of its socket
  --key-handle 0x…   where the TPM keeps the attestation key; default: 0x81010017
  --pcrs 0,1,…       registers that this appliance will quote; default: ${USUAL_PCRS.join(',')}
  --bank NAME        sha256 or sha384; default: sha256
  --endorsement KIND ecc or rsa; default: the stronger one that the TPM has a certificate for
  --certificate FILE of the endorsement key, in place of the one in the TPM: when your site has signed it
  --intermediates FILE…  certificates between that and the root, where the TPM does not keep them
  --seal-registers BANK:LIST  what has to stay as it is for the keys to be had; default: ${SEAL_REGISTERS}
  --escrow FOLDER    copies of the keys in the clear, NAME-signing.pem and NAME-tls.pem, on a medium that you take away
  --plain-keys       do not seal: keys/*.pem, mode 0600; say keys = "plain" in the plan of the cluster as well
  --renew            ask anew: the TPM was replaced or cleared, or another selection is wanted
of join:
  --update-configuration
                     replace a configuration that is another than the one that was brought
of answer and install:
  --authority FILE   authority.pub; needed once, then kept
  --tpm PLACE        the same TPM in another place than at the request

Examples:
  provisioning/enroll-appliance request /etc/quorumtime --name ts0 --tpm /dev/tpmrm0
  provisioning/enroll-appliance answer /etc/quorumtime ts0-challenge.cbor --authority authority.pub
  provisioning/enroll-appliance install /etc/quorumtime ts0-enrolment.cbor
  provisioning/enroll-appliance join /etc/quorumtime rack-7
`

const request: Verb = {
  given: ['FOLDER'],
  options: {
    log: { type: 'string' },
    name: { type: 'string' },
    tpm: { type: 'string' },
    'key-handle': { type: 'string' },
    pcrs: { type: 'string' },
    bank: { type: 'string' },
    endorsement: { type: 'string' },
    certificate: { type: 'string' },
    intermediates: { type: 'string', multiple: true },
    renew: { type: 'boolean' },
    'seal-registers': { type: 'string' },
    escrow: { type: 'string' },
    'plain-keys': { type: 'boolean' },
  },
  run: async (words) => {
    const options = readRequestOptions(words)
    if (!options.ok) return options
    const { folder, place, node } = options.value
    return withTpm(place, async (tpm) => {
      const drawn = await drawRequest(tpm, options.value)
      if (!drawn.ok) return drawn
      const ran = await runHere(words, 'request', folder, drawn.value.tasks)
      if (!ran.ok) return ran
      const { tpm: found, notices } = drawn.value
      const file = applianceFiles(folder).request
      if (saidYes(words, 'json')) printJson({ node, tpm: found, notices, request: file })
      else {
        for (const notice of notices) process.stdout.write(`note: ${notice}\n`)
        process.stdout.write(`${found} at ${describePlace(place)}; next: carry ${file} to the authority\n`)
      }
      return ok(undefined)
    })
  },
}

const answer: Verb = {
  given: ['FOLDER', 'CHALLENGE'],
  options: { log: { type: 'string' }, authority: { type: 'string' }, tpm: { type: 'string' } },
  run: (words) =>
    withKnownTpm(words, async (tpm, folder) => {
      const challenge = readGiven(words, 'a challenge', CHALLENGE_BYTES_MAX)
      if (!challenge.ok) return challenge
      const options = { folder, challenge: challenge.value, authority: textOf(words, 'authority') }
      const drawn = await drawAnswer(tpm, options)
      if (!drawn.ok) return drawn
      const ran = await runHere(words, 'answer', folder, drawn.value)
      return ran.ok ? tellFile(words, 'answer', applianceFiles(folder).answer, 'carry it back to the authority') : ran
    }),
}

const install: Verb = {
  given: ['FOLDER', 'ENROLMENT'],
  options: { log: { type: 'string' }, authority: { type: 'string' }, tpm: { type: 'string' } },
  run: (words) =>
    withKnownTpm(words, async (tpm, folder) => {
      const enrolment = readGiven(words, 'an enrolment', ENROLMENT_BYTES_MAX)
      if (!enrolment.ok) return enrolment
      const options = { folder, enrolment: enrolment.value, authority: textOf(words, 'authority') }
      const drawn = await drawInstallation(tpm, options)
      if (!drawn.ok) return drawn
      const ran = await runHere(words, 'install', folder, drawn.value)
      return ran.ok ? tellFile(words, 'enrolment', applianceFiles(folder).enrolment, 'this appliance is enrolled') : ran
    }),
}

const joinCluster: Verb = {
  given: ['FOLDER', 'GENESIS-FOLDER'],
  options: { log: { type: 'string' }, 'update-configuration': { type: 'boolean' } },
  run: async (words) => {
    const [folder = '', bundle = ''] = words.positionals
    const drawn = drawJoin({ folder, bundle, updateConfiguration: saidYes(words, 'update-configuration') })
    if (!drawn.ok) return drawn
    const ran = await runHere(words, 'join', folder, drawn.value.tasks)
    if (!ran.ok) return ran
    const { membership } = drawn.value
    if (saidYes(words, 'json'))
      printJson({ cluster: membership.cluster, membership: toHex(membershipHash(membership)) })
    else process.stdout.write(`${summaryLine(membership)}\n`)
    return ok(undefined)
  },
}

function readRequestOptions(words: Words): Result<RequestOptions> {
  const [folder = ''] = words.positionals
  const node = requiredText(words, 'name')
  if (!node.ok) return node
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(node.value)) {
    return fail('usage', `--name: expected at most 64 letters, digits, ".", "_" and "-", got "${node.value}"`)
  }
  const place = requiredText(words, 'tpm')
  if (!place.ok) return place
  const keyHandle = readHandle(textOf(words, 'key-handle'))
  if (!keyHandle.ok) return keyHandle
  const selection = readSelection(textOf(words, 'pcrs'), textOf(words, 'bank'))
  if (!selection.ok) return selection
  const keys = readKeyOptions(words)
  if (!keys.ok) return keys
  const endorsement = textOf(words, 'endorsement')
  if (endorsement !== undefined && endorsement !== 'ecc' && endorsement !== 'rsa') {
    return fail('usage', `--endorsement: expected ecc or rsa, got "${endorsement}"`)
  }
  const certificatePath = textOf(words, 'certificate')
  const certificates = readCertificateFiles(certificatePath === undefined ? [] : [certificatePath])
  if (!certificates.ok) return certificates
  const intermediates = readCertificateFiles(textsOf(words, 'intermediates'))
  if (!intermediates.ok) return intermediates
  return ok({
    folder,
    node: node.value,
    place: placeOf(place.value),
    keys: keys.value,
    keyHandle: keyHandle.value,
    selection: selection.value,
    endorsement,
    certificate: certificates.value[0],
    intermediates: [...certificates.value.slice(1), ...intermediates.value],
    renew: saidYes(words, 'renew'),
  })
}

/** Sealed, unless it is said otherwise. */
function readKeyOptions(words: Words): Result<KeyOptions> {
  const [registers, escrow] = [textOf(words, 'seal-registers'), textOf(words, 'escrow')]
  const seal = parseRegisters(registers ?? SEAL_REGISTERS)
  if (seal === undefined) {
    return fail('usage', `--seal-registers: expected a bank and registers, like ${SEAL_REGISTERS}, got "${registers}"`)
  }
  if (!saidYes(words, 'plain-keys')) return ok({ seal, escrow })
  if (registers === undefined && escrow === undefined) return ok({ seal: undefined, escrow })
  return fail('usage', '--plain-keys: expected neither --seal-registers nor --escrow beside it, got both kinds')
}

function readHandle(text: string | undefined): Result<number> {
  if (text === undefined) return ok(KEY_HANDLE)
  if (/^0x81[0-9a-f]{6}$/.test(text)) return ok(Number(text))
  return fail('usage', `--key-handle: expected a persistent handle from 0x81000000 to 0x81ffffff, got "${text}"`)
}

function readSelection(text: string | undefined, bank = 'sha256'): Result<PcrSelection> {
  const hash = [SHA256, SHA384].find(({ name }) => name === bank)
  if (hash === undefined) return fail('usage', `--bank: expected sha256 or sha384, got "${bank}"`)
  if (text === undefined) return ok({ hash, pcrs: USUAL_PCRS })
  const pcrs = text.split(',').map((part) => (/^\d{1,2}$/.test(part) ? Number(part) : Number.NaN))
  const ascending = pcrs.every((pcr, index) => pcr < PCR_COUNT && (index === 0 || (pcrs[index - 1] ?? 0) < pcr))
  if (ascending) return ok({ hash, pcrs })
  return fail(
    'usage',
    `--pcrs: expected registers from 0 to ${PCR_COUNT - 1} in ascending order, like 0,1,7, got "${text}"`,
  )
}

async function withTpm(place: TpmPlace, use: (tpm: Tpm) => Promise<Result<void>>): Promise<Result<void>> {
  const tpm = openTpm(place)
  try {
    return await use(tpm)
  } finally {
    await tpm.close()
  }
}

/** The TPM of the request, unless it is said to be elsewhere. */
async function withKnownTpm(
  words: Words,
  use: (tpm: Tpm, folder: string) => Promise<Result<void>>,
): Promise<Result<void>> {
  const [folder = ''] = words.positionals
  const settings = readSettings(applianceFiles(folder).settings)
  if (!settings.ok) return settings
  const said = textOf(words, 'tpm')
  return withTpm(said === undefined ? settings.value.place : placeOf(said), (tpm) => use(tpm, folder))
}

function readGiven({ positionals }: Words, what: string, bytesMax: number): Result<Uint8Array> {
  return readNamedFile(positionals[1] ?? '', { what, bytesMax })
}

function runHere(words: Words, verb: string, folder: string, tasks: readonly Task[]): Promise<Result<void>> {
  return runTasks(tasks, taskRunOf(words, `${SCRIPT} ${verb}`, applianceFiles(folder).log))
}

function tellFile(words: Words, key: string, file: string, next: string): Result<void> {
  if (saidYes(words, 'json')) printJson({ [key]: file })
  else process.stdout.write(`${file}; next: ${next}\n`)
  return ok(undefined)
}

await runScript(SCRIPT, HELP, { request, answer, install, join: joinCluster }, process.argv.slice(2))
