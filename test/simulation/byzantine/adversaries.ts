import { absentMaker } from './absent-maker.ts'
import { boundInflater } from './bound-inflater.ts'
import { brokenBlock } from './broken-block.ts'
import { certificateHider } from './certificate-hider.ts'
import { certificateSplitter } from './certificate-splitter.ts'
import { coordinatedGroup } from './coordinated-group.ts'
import { delayAttacker } from './delay-attacker.ts'
import { doubleFinalizer } from './double-finalizer.ts'
import { doubleNotarizer } from './double-notarizer.ts'
import { edgePuller } from './edge-puller.ts'
import { equivocatingProposer } from './equivocating-proposer.ts'
import { evidenceFramer } from './evidence-framer.ts'
import { falseJudge } from './false-judge.ts'
import { farAway } from './far-away.ts'
import { createFickle } from './fickle.ts'
import { halfLeader } from './half-leader.ts'
import { hoarder } from './hoarder.ts'
import { lateProposer } from './late-proposer.ts'
import type { Adversary } from './liar.ts'
import { linkMatrixLiar } from './link-matrix-liar.ts'
import { malformed } from './malformed.ts'
import { neverLeads } from './never-leads.ts'
import { nullifier } from './nullifier.ts'
import { nullifyAndFinalize } from './nullify-and-finalize.ts'
import { oldBoot } from './old-boot.ts'
import { otherCluster } from './other-cluster.ts'
import { outcomeForger } from './outcome-forger.ts'
import { parentInventor } from './parent-inventor.ts'
import { pesterer } from './pesterer.ts'
import { racingNullifier } from './racing-nullifier.ts'
import { rangingRowLiar } from './ranging-row-liar.ts'
import { replayer } from './replayer.ts'
import { requestFlood } from './request-flood.ts'
import { selectiveSender } from './selective-sender.ts'
import { silent } from './silent.ts'
import { slowDrifter } from './slow-drifter.ts'
import { stale } from './stale.ts'
import { twoBlocks } from './two-blocks.ts'
import { twoFacedClock } from './two-faced-clock.ts'
import { withholder } from './withholder.ts'

const SINGLE: Readonly<Record<string, Adversary>> = {
  'absent-maker': absentMaker,
  'bound-inflater': boundInflater,
  'broken-block': brokenBlock,
  'certificate-hider': certificateHider,
  'certificate-splitter': certificateSplitter,
  'coordinated-group': coordinatedGroup,
  'delay-attacker': delayAttacker,
  'double-finalizer': doubleFinalizer,
  'double-notarizer': doubleNotarizer,
  'edge-puller': edgePuller,
  'equivocating-proposer': equivocatingProposer,
  'evidence-framer': evidenceFramer,
  'false-judge': falseJudge,
  'far-away': farAway,
  'half-leader': halfLeader,
  hoarder,
  'late-proposer': lateProposer,
  'link-matrix-liar': linkMatrixLiar,
  malformed,
  'never-leads': neverLeads,
  nullifier,
  'nullify-and-finalize': nullifyAndFinalize,
  'old-boot': oldBoot,
  'other-cluster': otherCluster,
  'outcome-forger': outcomeForger,
  'parent-inventor': parentInventor,
  pesterer,
  'racing-nullifier': racingNullifier,
  'ranging-row-liar': rangingRowLiar,
  replayer,
  'request-flood': requestFlood,
  'selective-sender': selectiveSender,
  silent,
  'slow-drifter': slowDrifter,
  stale,
  'two-blocks': twoBlocks,
  'two-faced-clock': twoFacedClock,
  withholder,
}

/** Every way to lie, by the name of its file. The only list: tests and storms draw from it. */
export const ADVERSARIES: Readonly<Record<string, Adversary>> = {
  ...SINGLE,
  fickle: createFickle(Object.values(SINGLE)),
}
