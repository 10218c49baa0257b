import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseArguments } from './arguments.ts'
import { CAMPAIGNS } from './campaigns.ts'

function messageOf(...args: readonly string[]): string {
  const parsed = parseArguments(args)
  return parsed.ok ? 'accepted' : parsed.fault.message
}

test('a sentence says which option is wrong, what was expected and what came', () => {
  for (const [args, sentence] of [
    [['--nodes', '0'], /^--nodes: expected a whole number from 1 to 100, got 0$/],
    [['--nodes', '4,'], /^--nodes: expected a whole number from 1 to 100, got $/],
    [['--seeds', '9..3'], /^--seeds: expected A\.\.B with 0 <= A <= B <= \d+, or one seed, got 9\.\.3$/],
    [['--seeds', '1..2..3'], /^--seeds: expected A\.\.B .*, got 1\.\.2\.\.3$/],
    [['--seeds', '-4'], /--seeds/],
    [['--epochs', '1'], /^--epochs: expected a whole number from 4 to 3600, got 1$/],
    [['--adversary', 'nobody'], /^--adversary: expected one of .*two-blocks.*, got nobody$/],
    [['--signatures', 'rsa'], /^--signatures: expected keyed-hash or ml-dsa-87, got rsa$/],
    [['--memo', 'perhaps'], /^--memo: expected on, off or check, got perhaps$/],
    [['--jobs', '0'], /^--jobs: expected a whole number from 1 to 256, got 0$/],
    [['--campaign', 'summer'], /^--campaign: expected ci or long, got summer$/],
    [['--campaign', 'ci', '--nodes', '4'], /^--campaign: expected no --nodes beside it, got --nodes 4$/],
    [['--trace'], /^--trace: expected one seed and one number of nodes, got/],
    [['--trace', '--seeds', '3', '--json'], /^--trace: expected no --json beside it/],
    [['--storm'], /'--storm'.*; see --help$/],
  ] as const) {
    assert.match(messageOf(...args), sentence)
  }
})

test('sizes, seeds and epochs become rows; without any there are some', () => {
  const parsed = parseArguments(['--nodes', '4,7', '--seeds', '3..9', '--epochs', '12'])
  const shared = { firstSeed: 3, lastSeed: 9, epochs: 12, signatures: 'keyed-hash' }
  assert.deepEqual(parsed.ok && parsed.value.rows, [
    { n: 4, ...shared },
    { n: 7, ...shared },
  ])
  const none = parseArguments([])
  assert.deepEqual(none.ok && none.value.rows.map(({ n, firstSeed, lastSeed }) => [n, firstSeed, lastSeed]), [
    [4, 1, 100],
  ])
})

test('the campaign before anything is accepted has 10,000 seeds of 30 epochs at the sizes that count, and some large ones', () => {
  const sizes = new Map<number, number>()
  for (const { n, firstSeed, lastSeed, epochs } of CAMPAIGNS['ci'] ?? []) {
    if (epochs === 30) sizes.set(n, (sizes.get(n) ?? 0) + lastSeed - firstSeed + 1)
  }
  const small = [4, 5, 7, 8, 10].map((n) => sizes.get(n) ?? 0)
  assert.ok(small.every((seeds) => seeds >= 100))
  assert.ok(small.reduce((sum, seeds) => sum + seeds, 0) >= 10_000)
  assert.ok(CAMPAIGNS['ci']?.some(({ n }) => n === 100) && CAMPAIGNS['ci'].some(({ n }) => n === 31))
  assert.ok(CAMPAIGNS['ci']?.some(({ signatures }) => signatures === 'ml-dsa-87'))
})
