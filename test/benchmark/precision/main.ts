import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

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

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    load: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
  },
})
const seconds = Number(values.minutes) * 60
const unknown = values.only.filter((name) => !Object.hasOwn(PARTS, name))
if (!(seconds > 0)) throw new Error(`--minutes: expected a positive number, got "${values.minutes}"`)
if (unknown.length > 0)
  throw new Error(`--only: expected one of ${Object.keys(PARTS).join(', ')}, got ${unknown.join()}`)
const rows = await measure(values.only.length > 0 ? values.only : Object.keys(PARTS), seconds, values.load)
for (const { what, readings } of rows) {
  if (readings > 0) continue
  console.error(`${what}: expected readings, got none`)
  process.exitCode = 1
}
console.log(values.json ? JSON.stringify({ load: values.load ? 'busy' : 'idle', seconds, rows }) : showTable(rows))
