import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commandLine } from '../../support/command-line.ts'
import { openScope } from '../../support/scope.ts'
import { measureCertified } from './certified.ts'
import { measureChronyd } from './chronyd.ts'
import { keepBusy } from './load.ts'
import { cableHosts } from './network.ts'
import { measurePtp } from './ptp.ts'
import { measurePtp4l } from './ptp4l.ts'
import { measureRanging, measureUserStamps } from './ranging.ts'
import type { Figures } from './series.ts'
import { showTable } from './table.ts'
import { type BenchmarkWorld, NODES } from './world.ts'

/**
 * How right appliances are when the truth is known: one kernel clock is under all of them, and each is given a false one.
 * What is measured beside them, on the same links, is what others make of the same stamps.
 */
const PARTS: Readonly<Record<string, (world: BenchmarkWorld) => Promise<readonly Figures[]>>> = {
  ranging: measureRanging,
  'user-stamps': measureUserStamps,
  ptp: measurePtp,
  certified: measureCertified,
  ptp4l: measurePtp4l,
  chrony: measureChronyd,
}

async function measure(names: readonly string[], seconds: number, load: boolean): Promise<readonly Figures[]> {
  const rows: Figures[] = []
  for (const name of names) {
    const scope = openScope()
    try {
      const folder = mkdtempSync(join(tmpdir(), 'quorumtime-precision-'))
      scope.after(() => rmSync(folder, { recursive: true, force: true }))
      const network = await cableHosts(NODES.length)
      if ('absent' in network) throw new Error(network.absent)
      scope.after(() => network.remove())
      if (load) keepBusy(scope)
      const progress = (line: string): void => console.error(line)
      rows.push(...((await PARTS[name]?.({ scope, network, folder, seconds, progress })) ?? []))
    } finally {
      await scope.close()
    }
  }
  return rows
}

const values = commandLine({
  command: 'npm run -s bench:precision',
  about: `How right appliances are when the truth is known: one kernel clock is under all of them, and each is given a false one, in
network namespaces (as root). Beside them, on the same links: what others make of the same stamps.`,
  options: {
    minutes: { kind: 'number', default: 1, above: 0, help: 'that each part is measured' },
    only: { kind: 'words', of: Object.keys(PARTS), help: 'parts; all by themselves' },
    load: { kind: 'flag', help: 'with all cores kept busy' },
    json: { kind: 'flag', help: 'one JSON object on standard output' },
  },
  examples: ['--only ranging --minutes 10', '--only certified', '--only ranging --load', '--only ptp --only ptp4l'],
})
const seconds = values.minutes * 60
const rows = await measure(values.only.length > 0 ? values.only : Object.keys(PARTS), seconds, values.load)
for (const { what, readings } of rows) {
  if (readings > 0) continue
  console.error(`${what}: expected readings, got none`)
  process.exitCode = 1
}
console.log(values.json ? JSON.stringify({ load: values.load ? 'busy' : 'idle', seconds, rows }) : showTable(rows))
