import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawAnswer } from '../../provisioning/appliance/answer.ts'
import { type ApplianceFiles, applianceFiles } from '../../provisioning/appliance/appliance-files.ts'
import { drawInstallation } from '../../provisioning/appliance/install.ts'
import { drawRequest, type RequestOptions, USUAL_PCRS } from '../../provisioning/appliance/request.ts'
import { openTpm } from '../../provisioning/appliance/tpm-place.ts'
import { KEY_HANDLE } from '../../provisioning/appliance/tpm-settings.ts'
import { readCertificateFiles } from '../../provisioning/certificate-files.ts'
import { type Authority, drawAuthority, openAuthority } from '../../provisioning/enrolment-authority/authority.ts'
import { issueChallenge, type Roots } from '../../provisioning/enrolment-authority/challenge.ts'
import { runTasks, type Task } from '../../provisioning/run-tasks.ts'
import { benchCertificates, makeSoftwareTpm, startSoftwareTpm } from '../../provisioning/software-tpm.ts'
import { parseRegisters, SEAL_REGISTERS } from '../../src/attestation/parse-registers.ts'
import { sortAuthorities } from '../../src/attestation/tpm/certificate-bundle.ts'
import type { Tpm } from '../../src/attestation/tpm/tpm.ts'
import { SHA256 } from '../../src/attestation/tpm-algorithm.ts'
import type { Result } from '../../src/core/fault.ts'
import { unwrap } from '../support/results.ts'
import type { Scope } from '../support/scope.ts'

/** Appliances with software TPMs and authorities that enrol them, in one folder; each side knows of the other only by files. */

export interface BenchAppliance {
  readonly tpm: Tpm
  readonly files: ApplianceFiles
  /** Makes the request, or keeps it; its bytes. */
  request(changes?: Partial<RequestOptions>): Promise<Result<Uint8Array>>
  answer(challenge: Uint8Array, authority: string): Promise<Result<Uint8Array>>
  install(enrolment: Uint8Array, authority?: string): Promise<Result<Uint8Array>>
}

/** With a TPM of its own, or with that of another. */
export async function benchAppliance(
  t: Scope,
  {
    folder,
    node,
    authorityFolder,
  }: { readonly folder: string; readonly node: string; readonly authorityFolder: string },
): Promise<BenchAppliance> {
  const place = { authorityFolder, folder: join(folder, 'tpm', node) }
  unwrap(await makeSoftwareTpm(place))
  const { socket, stop } = unwrap(await startSoftwareTpm(place))
  const tpm = openTpm({ swtpm: socket })
  t.after(async () => {
    await tpm.close()
    await stop()
  })
  return applianceWith(tpm, join(folder, node), { node, socket })
}

export function applianceWith(
  tpm: Tpm,
  folder: string,
  { node, socket }: { readonly node: string; readonly socket: string },
): BenchAppliance {
  const files = applianceFiles(folder)
  const usual: RequestOptions = {
    folder,
    node,
    place: { swtpm: socket },
    keys: { seal: parseRegisters(SEAL_REGISTERS), escrow: undefined },
    selection: { hash: SHA256, pcrs: USUAL_PCRS },
    keyHandle: KEY_HANDLE,
    endorsement: undefined,
    certificate: undefined,
    intermediates: [],
    renew: false,
  }
  const done = async (tasks: Result<readonly Task[]>, path: string): Promise<Result<Uint8Array>> => {
    const ran = tasks.ok ? await runTasks(tasks.value, { dryRun: false, say: () => undefined, log: undefined }) : tasks
    return ran.ok ? { ok: true, value: new Uint8Array(readFileSync(path)) } : ran
  }
  return {
    tpm,
    files,
    request: async (changes) => {
      const drawn = await drawRequest(tpm, { ...usual, ...changes })
      return done(drawn.ok ? { ok: true, value: drawn.value.tasks } : drawn, files.request)
    },
    answer: async (challenge, authority) => done(await drawAnswer(tpm, { folder, challenge, authority }), files.answer),
    install: async (enrolment, authority) =>
      done(await drawInstallation(tpm, { folder, enrolment, authority }), files.enrolment),
  }
}

export async function foundAuthority(t: Scope, folder: string, fleet = 'racks'): Promise<Authority> {
  unwrap(await runTasks(unwrap(drawAuthority(folder, fleet)), { dryRun: false, say: () => undefined, log: undefined }))
  const authority = unwrap(openAuthority(folder))
  t.after(() => authority.close())
  return authority
}

export function rootsOf(authorityFolder: string): Roots {
  const { roots, intermediates } = sortAuthorities(unwrap(readCertificateFiles(benchCertificates(authorityFolder))))
  return { vendor: roots, site: [], intermediates }
}

export function challenge(
  authority: Authority,
  request: Uint8Array,
  roots: Roots,
  replace = false,
): ReturnType<typeof issueChallenge> {
  return issueChallenge(authority, { request, roots, replace, atMs: Date.now() })
}
