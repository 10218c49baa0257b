import { PCR_COUNT, type PcrSelection } from './pcr-selection.ts'
import { SHA256, SHA384 } from './tpm-algorithm.ts'

/** What private keys are sealed under unless others are asked for: firmware and its options, boot loader, Secure Boot. */
export const SEAL_REGISTERS = 'sha256:0,2,4,7'

/** `sha256:0,2,4,7`, as tpm2-tools write it; undefined for anything else. */
export function parseRegisters(text: string): PcrSelection | undefined {
  const [, bank, numbers = ''] = /^(sha256|sha384):(\d{1,2}(?:,\d{1,2})*)$/.exec(text) ?? []
  const hash = [SHA256, SHA384].find(({ name }) => name === bank)
  const pcrs = [...new Set(numbers.split(',').map(Number))].sort((a, b) => a - b)
  return hash === undefined || pcrs.some((pcr) => pcr >= PCR_COUNT) ? undefined : { hash, pcrs }
}
