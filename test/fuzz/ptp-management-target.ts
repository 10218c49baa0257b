import { CLOCK_DESCRIPTION_ID, decodeClockDescription } from '../../drivers/ptp/clock-description.ts'
import { decodeHeader } from '../../drivers/ptp/header.ts'
import { ANY_PORT, decodeManagement, encodeManagement, type Management } from '../../drivers/ptp/management.ts'
import { DATA_SETS, type DataSetName, decodeDataSet } from '../../drivers/ptp/management-data-sets.ts'
import { almostBytes } from './mutation.ts'
import { ACCEPTED, type Target } from './target.ts'

const NAMES = Object.keys(DATA_SETS) as DataSetName[]

const DESCRIPTION = '80000a49454545203830322e3300060000000000120003000600000000001200000000023b3b023b3b00001b19000200'

function answer(content: Management['content']): Uint8Array {
  const own = { sdoId: 0, domain: 0, sourcePort: { ...ANY_PORT, portNumber: 1 }, sequenceId: 7 }
  const hops = { startingBoundaryHops: 1, boundaryHops: 1 }
  return encodeManagement(own, { targetPort: ANY_PORT, ...hops, action: 'RESPONSE', content })
}

/** Whatever a clock answers: the message, and what it says. */
export const PTP_MANAGEMENT_TARGET: Target = {
  name: 'ptp management',
  corpus: [
    ...NAMES.map((name) => {
      const { id, fields } = DATA_SETS[name]
      return answer({ kind: 'data', id, data: new Uint8Array(fields.bytes) })
    }),
    answer({ kind: 'data', id: CLOCK_DESCRIPTION_ID, data: Uint8Array.fromHex(DESCRIPTION) }),
    answer({ kind: 'error', error: 6, id: 0x2000 }),
  ],
  inputs: almostBytes,
  take: (bytes) => {
    const header = decodeHeader(bytes)
    const decoded = header.ok ? decodeManagement(header.value, bytes) : header
    if (!decoded.ok) return decoded
    const { content } = decoded.value
    if (content.kind === 'error') return ACCEPTED
    const name = NAMES.find((each) => DATA_SETS[each].id === content.id)
    const said = name === undefined ? decodeClockDescription(content.data) : decodeDataSet(name, content.data)
    return said.ok ? ACCEPTED : said
  },
}
