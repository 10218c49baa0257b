import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createReplicaCluster } from '../../support/replica-cluster.ts'
import { createTrace } from './trace.ts'

test('a trace tells who loses power, how, and who comes back', async () => {
  const lines: string[] = []
  const trace = createTrace((line) => lines.push(line))
  const cluster = createReplicaCluster({ n: 4, seed: 1 })
  trace.begin(cluster)
  await cluster.run(1_500_000_000n)
  trace.power(2, 'off')
  trace.power(2, 'on')
  trace.power(3, 'torn')
  assert.deepEqual(lines, [
    '  1.500000 s  node 2 in view 2  loses its power',
    '  1.500000 s  node 2 in view 2  starts again',
    '  1.500000 s  node 3 in view 2  dies while it writes its journal',
  ])
})
