import { openAppliance } from '../../../src/agent/appliance.ts'
import { readLeapTable } from '../../../src/config/leap-seconds.ts'
import { type Configuration, sources } from '../../../src/config/schema.ts'
import { readMonoNs } from '../../../src/linux/clock.ts'
import { unwrap } from '../../support/results.ts'

/**
 * The hardware half of an appliance whose only source is a grandmaster. It tells each reading of the source, and its node
 * clock at instants of its own choosing, one JSON object a line.
 */
export interface PtpNodeOptions {
  readonly interface: string
  /** The `options` of the source. */
  readonly options: object
}

export interface PtpWord {
  readonly type: 'reading' | 'clock'
  readonly monoNs: string
  readonly taiNs: string
  readonly boundNs: string
}

const READ_MS = 200

const { interface: interfaceName, options } = JSON.parse(process.argv[2] ?? '') as PtpNodeOptions
const source = { name: 'gm', kind: 'ptp-grandmaster', class: 'ptp', domain: 'ptp', interface: interfaceName, options }
const configuration = { oscillator: { class: 'crystal' }, sources: sources.parse([source]) }
const appliance = unwrap(
  await openAppliance(configuration as unknown as Configuration, unwrap(readLeapTable(undefined)), (event) => {
    console.error(JSON.stringify(event, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)))
  }),
)
appliance.listen('gm', ({ monoNs, taiNs, accuracyNs, precisionNs }) => {
  say({ type: 'reading', monoNs, taiNs, boundNs: accuracyNs + precisionNs })
})
setInterval(() => {
  const { monoNs, estimate } = appliance.nodeClock.read(readMonoNs())
  if (estimate !== undefined) say({ type: 'clock', monoNs, taiNs: estimate.taiNs, boundNs: estimate.boundNs })
}, READ_MS)

function say(word: Readonly<Record<Exclude<keyof PtpWord, 'type'>, bigint>> & Pick<PtpWord, 'type'>): void {
  const { type, monoNs, taiNs, boundNs } = word
  console.log(
    JSON.stringify({ type, monoNs: String(monoNs), taiNs: String(taiNs), boundNs: String(boundNs) } satisfies PtpWord),
  )
}
