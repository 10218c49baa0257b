import { appendFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { openProvider } from '../../agent/attestation/provider.ts'
import { socketOf } from '../../config/attestation.ts'
import type { Result } from '../../core/fault.ts'
import type { KeyPurpose } from '../../crypto/sealed-key.ts'
import { attempt } from '../../linux/attempt.ts'
import { printLine, reportFault } from '../terminal.ts'
import type { KeyJob } from './key-job.ts'

const COMMAND_MS_MAX = 30_000

interface JobOptions {
  readonly tpm: string
  readonly purpose: KeyPurpose
  readonly registers?: KeyJob['registers']
  readonly dryRun?: true
  readonly log?: string
}

/** Opens the TPM for a job, does it, and lets go of the TPM again. */
export async function runKeyJob(
  file: string,
  { tpm: place, purpose, registers, dryRun, log }: JobOptions,
  work: (job: KeyJob) => Promise<Result<void>>,
): Promise<void> {
  const write = (line: string): Result<void> =>
    log === undefined
      ? { ok: true, value: undefined }
      : attempt('key.log', `${log}: expected to write the log`, () =>
          appendFileSync(log, `${new Date().toISOString()} key: ${line}\n`, { mode: 0o640 }),
        )
  const opened = write(`${purpose} key ${file}, TPM ${place}${dryRun === true ? ', dry run' : ''}`)
  if (!opened.ok) return reportFault(opened.fault)
  const isDevice = place.startsWith('/dev/')
  const swtpm = socketOf(place) === undefined ? resolve(place) : place
  const tpm = openProvider(isDevice ? { provider: 'tpm2', device: place } : { provider: 'tpm2', swtpm }, COMMAND_MS_MAX)
  if (tpm === undefined) return
  const say = (text: string): void => {
    printLine(text)
    write(text)
  }
  const done = await work({ file, purpose, registers, tpm, dryRun: dryRun === true, say })
  await tpm.close()
  if (done.ok) return
  write(`failed: ${done.fault.message}`)
  reportFault(done.fault)
}
