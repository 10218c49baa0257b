import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, type TestContext, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { faultOf, unwrap } from '../../test/support/results.ts'
import type { Ptp4lConfiguration } from '../config/outputs.ts'
import type { Configuration } from '../config/schema.ts'
import { EMBEDDED_LEAP_TABLE } from '../core/leap-table.ts'
import type { AgentEvent } from './agent-event.ts'
import { openPtp4lOutput } from './ptp4l-open.ts'

const folder = mkdtempSync(join(tmpdir(), 'quorumtime-ptp4l-open-'))
after(() => rmSync(folder, { recursive: true, force: true }))

function open(t: TestContext, name: string, ptp4l: Partial<Ptp4lConfiguration> | undefined) {
  const socket = join(folder, 'nobody')
  const whole = { socket, domain: 0, transportSpecific: 0, clock: 'system', ...ptp4l } as const
  const node = { controlSocket: join(folder, name, 'control.sock') } as Configuration['node']
  const events: AgentEvent[] = []
  const opened = openPtp4lOutput(
    { node, outputs: ptp4l === undefined ? {} : { ptp4l: whole } },
    {
      clock: {
        node: (monoNs) => ({
          monoNs,
          mode: 'acquiring',
          clockClass: 248,
          estimate: undefined,
          flags: [],
          alarms: [],
          sources: [],
        }),
        served: () => undefined,
        leap: () => undefined,
      },
      leapTable: EMBEDDED_LEAP_TABLE,
      report: (event) => events.push(event),
    },
  )
  if (opened.ok) t.after(() => opened.value?.close())
  return { opened, events }
}

test('nothing is opened unless it is configured, and not where nobody can be answered', (t) => {
  assert.equal(unwrap(open(t, '.', undefined).opened), undefined)
  assert.equal(faultOf(open(t, 'no-such-folder', {}).opened).code, 'unix.bind')
})

test('a clock and a ptp4l that are not there are faults that are counted, and waited for', async (t) => {
  const replySocket = join(folder, 'reply.sock')
  const { opened, events } = open(t, '.', { clock: '/dev/ptp999', replySocket })
  const output = unwrap(opened)
  assert.ok(output !== undefined)
  assert.ok(existsSync(replySocket))
  const seen = (): readonly string[] => Object.keys(output.describe().faults).sort()
  while (seen().length < 2) await sleep(50)
  assert.deepEqual(seen(), ['output ptp4l linux.open', 'output ptp4l unix.send'])
  const { announced, offsetNs, promisedNs, scale } = output.describe()
  assert.deepEqual([announced, offsetNs, promisedNs, scale], [null, null, null, null])
  assert.deepEqual([...new Set(events.map(({ type }) => type))], ['alarm'])
  await output.close()
  assert.ok(!existsSync(replySocket))
})
