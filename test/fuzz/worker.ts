import { type CampaignReport, runCampaign } from './campaign.ts'
import { targetNamed } from './targets.ts'

/** What a worker is told on its command line, as JSON. */
export interface Assignment {
  readonly target: string
  readonly inputs: number
  readonly seed: number
}

/** What it says: that it goes on, and at last what it found. */
export type WorkerWord = { readonly inputs: number } | { readonly report: CampaignReport }

const { target: name, inputs, seed } = JSON.parse(process.argv[2] ?? '') as Assignment
const target = targetNamed(name)
if (!target.ok) throw new Error(target.fault.message)
const say = (word: WorkerWord): void => {
  process.send?.(word)
}
say({ report: await runCampaign(target.value, inputs, seed, (done) => say({ inputs: done })) })
process.disconnect?.()
