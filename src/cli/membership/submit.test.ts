import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { type Ended, provision, quorumtime, startAgent } from '../../../test/support/agent-process.ts'

const scratch = mkdtempSync(join(tmpdir(), 'quorumtime-submit-'))
after(() => rmSync(scratch, { recursive: true }))

const config = join(scratch, 'ts0', 'config.toml')
const trusted = ['--genesis', join(scratch, 'genesis.cbor')]

function path(name: string): string {
  return join(scratch, name)
}

function submit(order: string, ...more: readonly string[]): Promise<Ended> {
  return quorumtime('membership', 'submit', path(order), '--config', config, ...more)
}

function refusalOf({ code, stdout, stderr }: Ended): string {
  assert.deepEqual([code, stdout], [1, ''], stderr)
  return stderr.replaceAll(`${scratch}/`, '')
}

before(async () => {
  await provision({ folder: scratch, sources: [[]] })
  writeFileSync(path('changes.toml'), 'targetPrecisionNs = 900\n')
  const proposed = await quorumtime('membership', 'propose', path('changes.toml'), ...trusted, '--out', path('un.qto'))
  assert.equal(proposed.code, 0, proposed.stderr)
  const who = ['--operator', 'operator', '--key', path('operators/operator.pem')]
  const signed = await quorumtime('membership', 'sign', path('un.qto'), ...trusted, ...who, '--out', path('ok.qto'))
  assert.equal(signed.code, 0, signed.stderr)
})

test('an order that lacks signatures never leaves, nor one of another membership or with nobody to take it', async () => {
  const [few, none, nobody] = await Promise.all([submit('un.qto'), submit('genesis.cbor'), submit('ok.qto')])
  assert.equal(refusalOf(few), 'quorumtime: un.qto: order: expected signatures of 1 operators, got 0\n')
  assert.match(refusalOf(none), /^quorumtime: genesis\.cbor: order/)
  assert.match(refusalOf(nobody), /: expected a running agent, got no socket\n$/)
})

test('a running agent takes an order that is signed, and its cluster carries it out', async (t) => {
  const agent = startAgent(t, config)
  await agent.until(({ type }) => type === 'started')
  const taken = await submit('ok.qto')
  assert.deepEqual([taken.code, taken.stderr], [0, ''])
  assert.equal(taken.stdout, `${path('ok.qto')}: ts0 has taken the order and shows it to its cluster\n`)
  await agent.until((event) => /"type":"session"|session\.ended/.test(JSON.stringify(event)))
})
