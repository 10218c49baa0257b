import { cpSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseRegisters, SEAL_REGISTERS } from '../src/attestation/parse-registers.ts'
import { sortAuthorities } from '../src/attestation/tpm/certificate-bundle.ts'
import { SHA256 } from '../src/attestation/tpm-algorithm.ts'
import { readNamedFile } from '../src/config/read-file.ts'
import type { Membership } from '../src/consensus/membership.ts'
import { type Fault, fail, ok, type Result } from '../src/core/fault.ts'
import type { TaiNs } from '../src/core/time.ts'
import { drawAnswer } from './appliance/answer.ts'
import { applianceFiles } from './appliance/appliance-files.ts'
import { drawInstallation } from './appliance/install.ts'
import { drawJoin } from './appliance/join.ts'
import { drawRequest, USUAL_PCRS } from './appliance/request.ts'
import { openTpm } from './appliance/tpm-place.ts'
import { KEY_HANDLE } from './appliance/tpm-settings.ts'
import { readCertificateFiles } from './certificate-files.ts'
import { drawClusterGenesis } from './cluster-genesis.ts'
import type { ClusterPlan } from './cluster-plan.ts'
import { type Authority, drawAuthority, openAuthority } from './enrolment-authority/authority.ts'
import { issueChallenge, type Roots } from './enrolment-authority/challenge.ts'
import { issueEnrolment } from './enrolment-authority/enrol.ts'
import { runTasks, type Task, type TaskRun } from './run-tasks.ts'
import {
  benchCertificates,
  findSwtpm,
  makeSoftwareTpm,
  type SoftwareTpm,
  type SoftwareTpmPlace,
  softwareTpmExists,
  startSoftwareTpm,
} from './software-tpm.ts'

/**
 * All three places of provisioning on one machine, for tests and demonstrations: appliances with software TPMs, whose endorsement keys an authority of
 * the bench certifies, an enrolment authority, and a genesis; by the same functions as the scripts.
 */
export interface Bench {
  readonly membership: Membership
  /** The TPMs run until they are stopped; their state stays. */
  stop(): Promise<void>
}

export interface BenchOptions {
  /** Every appliance of it has its TPM where `benchTpm` says. */
  readonly plan: ClusterPlan
  readonly folder: string
  /** Epoch 0 of the cluster; asked when its genesis is made. */
  readonly genesisTai: () => TaiNs
  readonly updateConfigurations: boolean
  readonly run: TaskRun
}

const FLEET = 'bench'

/** `[attestation]` of a bench's plan: a software TPM that was ended without a word has a clock that is not safe for seconds. */
export const BENCH_ATTESTATION = { unsafeClock: 'accept' }

/** `tpm` of an appliance of a plan: relative to its own folder, so that the bench may be moved. */
export function benchTpm(name: string): { readonly swtpm: string } {
  return { swtpm: `../tpm/${name}/tpm.sock` }
}

/**
 * From nothing to enrolled members and a signed genesis; what exists is kept. Faults: `swtpm.*` and those of each step; when it
 * fails no TPM runs on.
 */
export async function makeBench(options: BenchOptions): Promise<Result<Bench>> {
  const found = findSwtpm()
  if (!found.ok) return found
  const tpms = new Map<string, SoftwareTpm>()
  const stop = async (): Promise<void> => {
    await Promise.all([...tpms.values()].map((tpm) => tpm.stop()))
  }
  const made = await makeAll(options, tpms).catch(async (error: unknown) => {
    await stop()
    throw error
  })
  if (made.ok) return ok({ membership: made.value, stop })
  await stop()
  return made
}

async function makeAll(options: BenchOptions, tpms: Map<string, SoftwareTpm>): Promise<Result<Membership>> {
  const { folder, plan, run } = options
  const started = await startTpms(options, tpms)
  if (!started.ok) return started
  const authorityFolder = join(folder, 'authority')
  const founded = await perform(drawAuthority(authorityFolder, FLEET), run)
  if (!founded.ok) return founded
  const opened = openAuthority(authorityFolder)
  if (!opened.ok) return opened
  try {
    const roots = readRoots(folder)
    if (!roots.ok) return roots
    for (const { name } of plan.appliances) {
      const enrolled = await enrol(options, { name, authority: opened.value, roots: roots.value, tpms })
      if (!enrolled.ok) return fail(enrolled.fault.code, `${name}: ${enrolled.fault.message}`)
    }
    return await found(options, opened.value)
  } finally {
    opened.value.close()
  }
}

function placeOf(folder: string, name: string): SoftwareTpmPlace {
  return { authorityFolder: join(folder, 'ca'), folder: join(folder, 'tpm', name) }
}

/** The first alone, since it makes their authority; the others at once. */
async function startTpms({ folder, plan, run }: BenchOptions, tpms: Map<string, SoftwareTpm>): Promise<Result<void>> {
  mkdirSync(folder, { recursive: true })
  const start = async (name: string): Promise<Fault | undefined> => {
    const place = placeOf(folder, name)
    const kept = softwareTpmExists(place)
    const made = kept ? ok(undefined) : await makeSoftwareTpm(place)
    if (!made.ok) return made.fault
    run.say(`${kept ? 'keep' : 'create'} ${place.folder} (software TPM of ${name})`)
    const started = await startSoftwareTpm(place)
    if (!started.ok) return started.fault
    tpms.set(name, started.value)
    return undefined
  }
  const [first, ...others] = plan.appliances.map(({ name }) => name)
  const faults = first === undefined ? [] : [await start(first), ...(await Promise.all(others.map(start)))]
  const fault = faults.find((each) => each !== undefined)
  return fault === undefined ? ok(undefined) : { ok: false, fault }
}

function readRoots(folder: string): Result<Roots> {
  const certificates = readCertificateFiles(benchCertificates(join(folder, 'ca')))
  if (!certificates.ok) return certificates
  const { roots, intermediates } = sortAuthorities(certificates.value)
  return ok({ vendor: roots, site: [], intermediates })
}

interface EnrolOptions {
  readonly name: string
  readonly authority: Authority
  readonly roots: Roots
  readonly tpms: ReadonlyMap<string, SoftwareTpm>
}

/** Request, challenge, answer, enrolment: each side reads what the other has written. */
async function enrol(
  { folder: bench, run }: BenchOptions,
  { name, authority, roots, tpms }: EnrolOptions,
): Promise<Result<void>> {
  const folder = join(bench, name)
  const files = applianceFiles(folder)
  const place = { swtpm: tpms.get(name)?.socket ?? '' }
  const tpm = openTpm(place)
  try {
    const selection = { hash: SHA256, pcrs: USUAL_PCRS }
    const nothing = { endorsement: undefined, certificate: undefined, intermediates: [], renew: false }
    const keys = { seal: parseRegisters(SEAL_REGISTERS), escrow: undefined }
    const wanted = { folder, node: name, place, keys, selection, keyHandle: KEY_HANDLE, ...nothing }
    const drawn = await drawRequest(tpm, wanted)
    const asked = drawn.ok ? await runTasks(drawn.value.tasks, run) : drawn
    if (!asked.ok) return asked
    const request = read(files.request)
    if (!request.ok) return request
    const challenge = issueChallenge(authority, { request: request.value, roots, replace: false, atMs: Date.now() })
    if (!challenge.ok) return challenge
    const authorityFile = join(bench, 'authority', 'authority.pub')
    const answering = { folder, challenge: challenge.value.bytes, authority: authorityFile }
    const answered = await perform(await drawAnswer(tpm, answering), run)
    if (!answered.ok) return answered
    const answer = read(files.answer)
    const enrolment = answer.ok ? issueEnrolment(authority, answer.value) : answer
    if (!enrolment.ok) return enrolment
    const installing = { folder, enrolment: enrolment.value.bytes, authority: authorityFile }
    return await perform(await drawInstallation(tpm, installing), run)
  } finally {
    // swtpm serves one connection at a time, and the agent wants it next.
    await tpm.close()
  }
}

async function found(options: BenchOptions, authority: Authority): Promise<Result<Membership>> {
  const { folder, plan, run, updateConfigurations, genesisTai } = options
  const bundle = join(folder, 'genesis')
  const drawn = drawClusterGenesis({
    plan,
    authority,
    otherAuthorities: [],
    folder: bundle,
    updateConfigurations,
    genesisTai: genesisTai(),
  })
  const made = drawn.ok ? await runTasks(drawn.value.tasks, run) : drawn
  if (!made.ok) return made
  for (const { name } of plan.appliances) {
    const own = { folder: join(folder, name), bundle, updateConfiguration: updateConfigurations }
    const joining = drawJoin(own)
    const joined = joining.ok ? await runTasks(joining.value.tasks, run) : joining
    if (!joined.ok) return fail(joined.fault.code, `${name}: ${joined.fault.message}`)
  }
  // For strangers, who are shown the genesis where clusters without TPMs have it as well.
  for (const file of ['genesis.cbor', 'genesis.signatures.cbor']) {
    if (!existsSync(join(folder, file))) cpSync(join(bundle, file), join(folder, file))
  }
  return drawn.ok ? ok(drawn.value.membership) : drawn
}

async function perform(tasks: Result<readonly Task[]>, run: TaskRun): Promise<Result<void>> {
  return tasks.ok ? runTasks(tasks.value, run) : tasks
}

function read(path: string): Result<Uint8Array> {
  return readNamedFile(path, { what: 'a file of the bench', bytesMax: 262_144 })
}
