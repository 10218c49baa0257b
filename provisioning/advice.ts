import type { Fault } from '../src/core/fault.ts'

/**
 * What a technician does next, by the code of what went wrong; the longest code that begins a fault's applies. The table of
 * docs/provisioning.md is this one.
 */
export const ADVICE: Readonly<Record<string, string>> = {
  encoding: 'the file was damaged on its way: bring it again from where it was made',
  'file.unreadable': 'bring the file here, or name the one that is meant',
  'tpm.absent': 'switch the TPM on in the firmware setup, and see whether /dev/tpmrm0 is there',
  'tpm.silent': 'wait until whoever uses the TPM is done, or start the machine anew, then run it again',
  'tpm.broken': 'start the machine anew, then run it again',
  'tpm.refused': 'see whether the TPM has been cleared or has an owner password, which enrolment does without',
  'enrol.tpm-family': 'this machine needs a TPM of family 2.0',
  'enrol.no-certificate': 'ask the maker for it, or have your site sign one and name it with --certificate',
  'enrol.handle-taken':
    'name a free handle with --key-handle, or clear the one that is in the way with tpm2_evictcontrol',
  'enrol.key-lost': 'take the folder away, ask anew under a new key, and have the old one removed from the membership',
  'enrol.escrow': 'bring an empty medium for the copies, and name its folder',
  'enrol.tpm-changed': 'put the TPM back, or ask anew with --renew if it was replaced or cleared',
  'enrol.request-differs': 'ask for the same as before, or replace the request with --renew',
  'enrol.no-request': 'run `enroll-appliance request` first',
  'enrol.no-authority': "bring the authority's authority.pub and name it with --authority",
  'enrol.authority':
    'make sure whose authority.pub it is; to change to another authority, take the kept one away and ask anew',
  'enrol.other-request': 'carry the challenge to the appliance that it is for, or have this one challenged anew',
  'enrol.wrong-tpm': 'put the TPM back, or ask anew with `enroll-appliance request --renew`',
  'enrol.credential': 'do not trust who sent it, or have this appliance challenged anew',
  'enrol.secret': 'have the authority challenge this appliance anew',
  'enrol.no-challenge': 'run `enroll-appliance answer` with the challenge of the authority first',
  'enrol.other-key': 'this enrolment follows from an older request: answer the newest challenge',
  'enrol.older': 'bring the newest enrolment of this appliance',
  enrolment: 'bring the enrolment that was issued for this very appliance, and the authority.pub of who issued it',
  challenge: 'bring the challenge again, and the authority.pub of the authority that made it',
  'request.signature': 'the request was changed on its way: bring it again from the appliance',
  request: 'keys of several TPMs are mixed here: do not enrol this; look at the appliance, and ask anew with --renew',
  'quote.ak':
    'this is no attestation key: do not enrol this; look at the appliance, and ask anew with another --key-handle',
  quote:
    'the TPM did not answer for this key: do not enrol this; have the appliance answer again, and look at it if it stays so',
  'ek.validity': "set this machine's clock, or ask the maker for a certificate that is still good",
  'ek.issuer': "get the certificates of the TPM's maker from the maker itself, and name them with --roots",
  ek: 'do not enrol this TPM: its certificate is not what a maker issues',
  credential: 'do not enrol this TPM: its endorsement key is of no known kind',
  'answer.authority': 'carry the answer to the authority whose challenge it answers',
  'answer.unknown': 'challenge the appliance anew; if the ledger was put back from a copy, find its newest copy',
  'answer.superseded': 'carry the newest challenge to the appliance, and bring the answer to that one',
  answer: 'do not enrol this; have the appliance answer its newest challenge again',
  'authority.missing': 'name the folder of the authority, or found one with `authority init`',
  'authority.key-lost':
    'put the key back from its copy; without it found a new authority and enrol all appliances anew',
  'authority.key': 'put the key and the ledger back from one and the same copy',
  'authority.fleet': 'use a folder for each fleet',
  'authority.public-key': 'take the wrong authority.pub away: it is made again',
  'authority.name-taken':
    'if this appliance has replaced the one of that name, say so with --replace; otherwise give it another name',
  'authority.key-taken': 'the keys of an appliance were copied: find out by whom, and make new ones on this one',
  'authority.tpm-taken': 'a TPM belongs to one appliance: find out which it is in',
  'authority.ledger-older': 'put the newest copy of the ledger back; never let an older one issue numbers again',
  'authority.genesis': 'a genesis never changes: use the one that was signed, or another cluster name',
  'ledger.busy': 'wait until the other process is done',
  ledger: 'put the newest copy of the whole authority folder back; never mend it by hand',
  'genesis.unsigned': 'bring genesis.signatures.cbor from the authority, beside genesis.cbor',
  'enrol.not-installed': 'run `enroll-appliance install` with the enrolment of this appliance first',
  'genesis.no-attestation':
    'give the plan an [attestation] table, or use new-cluster, which is for clusters without TPMs',
  'genesis.not-enrolled': 'enrol the appliance first, under the name that it has in the plan',
  'genesis.selection': 'ask for fewer registers in the plan, or enrol the appliance anew with --renew --pcrs',
  'genesis.differs': 'use another folder: a genesis never changes',
  'genesis.authority': 'bring the genesis of the cluster that this appliance was enrolled for',
  identity: 'this genesis was made of other keys: make it anew of the newest enrolments, or bring the right one',
  'config.keys':
    'say keys = "plain" or "sealed" under tpm of this appliance in the plan, and make its configuration anew',
  'config.differs': 'see what was changed by hand; the option that updates configurations replaces it',
  config: 'mend the plan, or the configuration',
  genesis: 'bring genesis.cbor and genesis.signatures.cbor again, as the authority made them',
  'join.journal-lost': 'make new keys and have the member replaced; never put an older journal or state folder back',
  'join.first-session': 'use new-cluster or enroll-appliance join, which make the journal with the keys',
  'join.other-journal': 'take the state folder of the other key or cluster away, and run it again',
  'join.sessions-differ': 'bring the export of a member of this very cluster',
  'join.identity': 'export anew once the order is carried out, and see that it names the keys of this appliance',
  'ledger.in-use': 'stop the agent of this appliance first',
  'operator.keys': 'keep the half that the operator vouches for, and take the other one away',
  'member.keys': 'name what this cluster needs: it stands in the message',
  'member.other-name': 'bring the files of the appliance that is meant',
  'member.other-key': 'bring request and enrolment of one and the same enrolment',
  'member.serial': 'have the new hardware enrolled after the old one, with challenge --replace',
  'member.other-order': 'the membership has changed meanwhile, or it is another change: use another file name',
  'member.other-place': 'see which address is right, and change the line by hand',
  'member.unplanned': 'put the appliance into the plan of this cluster',
  'member.known': 'to replace its hardware, use replace-member',
  'member.unknown': 'see which members there are with `quorumtime membership export`',
  'member.last': 'add another one first',
  'rotate.not-yet': 'wait until the order is carried out; the agent says so with the event `session`',
  'rotate.lines': 'write the line by hand, and run it again',
  'rotate.sealed': 'run `enroll-appliance request` for the folder next/ first, which makes sealed keys',
  'rotate.not-enrolled':
    'have the TPM enrolled for the next key first: `enroll-appliance request`, `answer` and `install` for the folder next/',
  'rotate.credential': 'do it by hand',
  'fleet.answer': 'make the file anew with `quorumtime attestation --json`',
  'fleet.no-terms': 'a membership without attestation has nothing to verify',
  order: 'export the membership anew, and make the order from that',
  'swtpm.socket': 'use a folder with a shorter path',
  'key.permissions': 'find out who may have read it; if anybody, make a new key',
}

/** The same fault, with what to do about it at the end of its sentence. */
export function withAdvice({ code, message }: Fault): Fault {
  const parts = code.split(/(?=[.-])/)
  for (let length = parts.length; length > 0; length--) {
    const advice = ADVICE[parts.slice(0, length).join('')]
    if (advice !== undefined) return { code, message: `${message}; ${advice}` }
  }
  return { code, message }
}
