import { ok, type Result } from '../../src/core/fault.ts'
import { parsePerd } from './furuno-perd.ts'
import { parsePfec } from './furuno-pfec.ts'
import { parsePgrmf } from './garmin-pgrmf.ts'
import { parsePjlts } from './jackson-labs-pjlts.ts'
import { parseMediatek } from './mediatek.ts'
import type { NmeaSentence } from './sentence.ts'
import { parsePsti } from './skytraq-psti.ts'
import { tellPtnta } from './spectratime-ptnta.ts'
import type { Told } from './told.ts'
import { parsePubx } from './ublox-pubx.ts'

/** By how the address begins: P and the maker's three letters. */
const PARSERS: Readonly<Record<string, (sentence: NmeaSentence) => Result<Told | undefined>>> = {
  PUBX: parsePubx,
  PFEC: parsePfec,
  PERD: parsePerd,
  PSTI: parsePsti,
  PMTK: parseMediatek,
  PAIR: parseMediatek,
  PTNT: (sentence) => (sentence.address === 'PTNTA' ? tellPtnta(sentence) : ok(undefined)),
  PJLT: (sentence) => (sentence.address === 'PJLTS' ? parsePjlts(sentence) : ok(undefined)),
  PGRM: (sentence) => (sentence.address === 'PGRMF' ? parsePgrmf(sentence) : ok(undefined)),
}

/** What a proprietary sentence tells, or undefined for one that is not read. Fault: `nmea.field`. */
export function parseProprietary(sentence: NmeaSentence): Result<Told | undefined> {
  const parse = PARSERS[sentence.address.slice(0, 4)]
  return parse === undefined ? ok(undefined) : parse(sentence)
}
