import { setTimeout as sleep } from 'node:timers/promises'
import { openAppliance } from '../../src/agent/appliance.ts'
import { configurationSchema } from '../../src/config/schema.ts'
import { assert } from '../../src/core/assert.ts'
import { contains } from '../../src/core/interval.ts'
import { EMBEDDED_LEAP_TABLE } from '../../src/core/leap-table.ts'
import { plus, taiNs } from '../../src/core/time.ts'
import { readMonoNs } from '../../src/linux/clock.ts'
import { unwrap } from '../support/results.ts'

/**
 * A process of its own that holds an appliance against the truth: `judged-appliance.ts AHEAD SOURCES`. True TAI is AHEAD ns
 * more than CLOCK_MONOTONIC_RAW; SOURCES is a JSON list of `[[sources]]`, each of which is an appliance of its own. A JSON
 * line tells of each clock that is locked for the first time, and of each reading outside its bound. The appliances are opened
 * anew when a line comes on standard input; it ends with it.
 */
const [aheadText, sourcesText] = process.argv.slice(2)
assert(aheadText !== undefined && sourcesText !== undefined, 'expected judged-appliance.ts AHEAD SOURCES')
const aheadNs = BigInt(aheadText)
const sources = JSON.parse(sourcesText) as readonly { readonly name: string }[]
const READ_MS = 20

function say(event: object): void {
  console.log(JSON.stringify(event, (_key, value: unknown) => (typeof value === 'bigint' ? String(value) : value)))
}

function configurationOf(source: object) {
  const path = '/nowhere'
  const node = { name: 'ts0', genesis: path, signingKey: path, tlsKey: path, stateDirectory: path, controlSocket: path }
  const cluster = { listen: '127.0.0.1:1', rangingListen: '127.0.0.1:1', peers: [] }
  return configurationSchema.parse({ node, cluster, sources: [source] })
}

let opening = 0
process.stdin.on('data', () => {
  opening += 1
})
process.stdin.on('end', () => process.exit(0))

async function judge(source: { readonly name: string }): Promise<void> {
  let isLocked = false
  for (;;) {
    const mine = opening
    const appliance = unwrap(await openAppliance(configurationOf(source), EMBEDDED_LEAP_TABLE, () => undefined))
    while (opening === mine) {
      const now = readMonoNs()
      const { estimate, mode } = appliance.nodeClock.read(now)
      const truth = plus(taiNs(now), aheadNs)
      if (estimate !== undefined && !contains(estimate.interval, truth)) {
        say({ type: 'outside', source: source.name, mode, offNs: estimate.taiNs - truth, boundNs: estimate.boundNs })
      }
      if (mode === 'locked' && !isLocked) say({ type: 'locked', source: source.name })
      isLocked ||= mode === 'locked'
      await sleep(READ_MS)
    }
    await appliance.close()
  }
}

await Promise.all(sources.map(judge))
