import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))

interface Ran {
  readonly code: number
  readonly lines: readonly Readonly<Record<string, unknown>>[]
  readonly stderr: string
}

/** Runs a verb as an operator would; JSON lines of its standard output are parsed. */
function quorumtime(...words: readonly string[]): Promise<Ran> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...words], { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      const lines = stdout
        .split('\n')
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>)
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), lines, stderr })
    })
  })
}

interface EpochLine {
  readonly type: 'epoch'
  readonly epoch: number
  readonly certified: boolean
  readonly signatures: number
  readonly quorum: number
  readonly boundNs: Readonly<Record<string, string>>
  readonly trueErrorNs: Readonly<Record<string, string>>
  readonly missedTruth: readonly number[]
  readonly suspected: readonly number[]
}

const epochLines = ({ lines }: Ran): readonly EpochLine[] =>
  lines.filter(({ type }) => type === 'epoch') as unknown as readonly EpochLine[]

describe('four appliances, one of which loses power and comes back', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quorumtime-e2e-'))
  let ran: Ran
  before(async () => {
    ran = await quorumtime(
      'demo',
      '--epochs',
      '20',
      '--kill',
      '2@12',
      '--restart',
      '2@16',
      '--folder',
      folder,
      '--json',
    )
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('certifies, with at least a quorum of signatures, and never misses the truth', () => {
    assert.equal(ran.code, 0, ran.stderr)
    const lines = epochLines(ran)
    assert.equal(lines.length, 20)
    const certified = lines.filter((line) => line.certified)
    assert.ok(certified.length >= 15, `${certified.length} of 20 epochs certified`)
    for (const line of certified) assert.ok(line.signatures >= line.quorum && line.quorum === 3, `epoch ${line.epoch}`)
    for (const line of lines) assert.deepEqual([line.missedTruth, line.suspected], [[], []], `epoch ${line.epoch}`)
  })

  it('says how wide and how wrong every appliance was, within what it claims', () => {
    const served = epochLines(ran).flatMap(({ boundNs, trueErrorNs }) =>
      Object.entries(boundNs).map(([node, bound]) => [BigInt(bound), BigInt(trueErrorNs[node] ?? '0')] as const),
    )
    assert.ok(served.length > 40, `${served.length} readings`)
    for (const [bound, error] of served) assert.ok((error < 0n ? -error : error) <= bound, `${error} ± ${bound} ns`)
  })

  it('takes the restarted appliance back, which fetches what it missed', async () => {
    const last = epochLines(ran).at(-1)
    assert.ok(last?.boundNs['2'] !== undefined, 'the restarted appliance serves again at the last epoch')
    const missed = join(folder, 'missed.qtc')
    const epoch = String(last.epoch - 5)
    const config = join(folder, 'ts2', 'config.toml')
    const exported = await quorumtime(
      'certificate',
      'export',
      '--config',
      config,
      '--epoch',
      epoch,
      '--proof',
      '--out',
      missed,
    )
    assert.equal(exported.code, 0, exported.stderr)
    const verified = await quorumtime(
      'certificate',
      'verify',
      missed,
      '--genesis',
      join(folder, 'genesis.cbor'),
      '--json',
    )
    assert.equal(verified.code, 0, verified.stderr)
    assert.deepEqual([verified.lines[0]?.['type'], verified.lines[0]?.['epoch']], ['proof', last.epoch - 5])
  })

  it('leaves certificates that a stranger verifies with the genesis alone, and only untouched ones', async () => {
    const file = join(folder, 'newest.qtc')
    const genesis = join(folder, 'genesis.cbor')
    const exported = await quorumtime(
      'certificate',
      'export',
      '--config',
      join(folder, 'ts0', 'config.toml'),
      '--out',
      file,
    )
    assert.equal(exported.code, 0, exported.stderr)
    const verified = await quorumtime('certificate', 'verify', file, '--genesis', genesis, '--json')
    assert.equal(verified.code, 0, verified.stderr)
    assert.equal(verified.lines[0]?.['verified'], true)
    const bytes = readFileSync(file)
    for (const at of [10, Math.floor(bytes.length / 3), Math.floor(bytes.length / 2), bytes.length - 1]) {
      const flipped = Buffer.from(bytes)
      flipped[at] = (flipped[at] ?? 0) ^ 1
      const path = join(folder, `flipped-${at}.qtc`)
      writeFileSync(path, flipped)
      const refused = await quorumtime('certificate', 'verify', path, '--genesis', genesis)
      assert.equal(refused.code, 1, `byte ${at}`)
      assert.match(refused.stderr, /^quorumtime: .*flipped-\d+\.qtc: .*(expected|does not verify)/, `byte ${at}`)
    }
  })
})

describe('four appliances, one of them under a sky that walks away', () => {
  it('names that one and nobody else, and serves right time on all four', async () => {
    const ran = await quorumtime('demo', '--epochs', '25', '--liar', '3', '--json')
    assert.equal(ran.code, 0, ran.stderr)
    const lines = epochLines(ran)
    for (const line of lines) assert.deepEqual(line.missedTruth, [], `epoch ${line.epoch}`)
    assert.deepEqual([...new Set(lines.flatMap(({ suspected }) => suspected))], [3])
    assert.ok(
      lines.some(({ boundNs }) => boundNs['3'] !== undefined),
      'the appliance under the spoofed sky serves time',
    )
  })
})

describe('four appliances whose leader loses power', () => {
  it('go on without it', async () => {
    const ran = await quorumtime('demo', '--epochs', '14', '--kill', 'leader@10', '--json')
    assert.equal(ran.code, 0, ran.stderr)
    const lines = epochLines(ran)
    assert.equal(lines.at(-1)?.certified, true)
    for (const line of lines) assert.deepEqual([line.missedTruth, line.suspected], [[], []], `epoch ${line.epoch}`)
  })
})
