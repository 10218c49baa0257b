import { brokenBlock } from './broken-block.ts'
import { doubleFinalizer } from './double-finalizer.ts'
import { doubleNotarizer } from './double-notarizer.ts'
import { equivocatingProposer } from './equivocating-proposer.ts'
import { farAway } from './far-away.ts'
import { createFickle } from './fickle.ts'
import type { Adversary } from './liar.ts'
import { neverLeads } from './never-leads.ts'
import { nullifier } from './nullifier.ts'
import { nullifyAndFinalize } from './nullify-and-finalize.ts'
import { outcomeForger } from './outcome-forger.ts'
import { parentInventor } from './parent-inventor.ts'
import { pesterer } from './pesterer.ts'
import { replayer } from './replayer.ts'
import { selectiveSender } from './selective-sender.ts'
import { silent } from './silent.ts'
import { twoBlocks } from './two-blocks.ts'

const SINGLE: Readonly<Record<string, Adversary>> = {
  'broken-block': brokenBlock,
  'double-finalizer': doubleFinalizer,
  'double-notarizer': doubleNotarizer,
  'equivocating-proposer': equivocatingProposer,
  'far-away': farAway,
  'never-leads': neverLeads,
  nullifier,
  'nullify-and-finalize': nullifyAndFinalize,
  'outcome-forger': outcomeForger,
  'parent-inventor': parentInventor,
  pesterer,
  replayer,
  'selective-sender': selectiveSender,
  silent,
  'two-blocks': twoBlocks,
}

/** Every way to lie, by the name of its file. The only list: tests and storms draw from it. */
export const ADVERSARIES: Readonly<Record<string, Adversary>> = {
  ...SINGLE,
  fickle: createFickle(Object.values(SINGLE)),
}
