import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { openTemperatureSensor } from './temperature-sensor.ts'

/** Files as the kernel's hardware monitoring shows them. */
function makeRoot(t: TestContext, chips: Readonly<Record<string, Readonly<Record<string, string>>>>): string {
  const root = mkdtempSync(join(tmpdir(), 'hwmon-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const [chip, files] of Object.entries(chips)) {
    mkdirSync(join(root, chip))
    for (const [file, text] of Object.entries(files)) writeFileSync(join(root, chip, file), `${text}\n`)
  }
  return root
}

/** What it says at first. */
async function firstOf(sensor: string, root: string): Promise<number | string> {
  return new Promise((resolve) => {
    const opened = openTemperatureSensor(
      { sensor, root, pollMs: 1_000_000 },
      {
        onReading: (celsius) => finish(celsius),
        onFault: ({ code, message }) => finish(`${code}: ${message.replace(root, 'ROOT')}`),
      },
    )
    const finish = (what: number | string): void => {
      opened.close()
      resolve(what)
    }
  })
}

const CHIPS = {
  hwmon0: { name: 'acpitz', temp1_input: '27800' },
  hwmon1: {
    name: 'coretemp',
    temp10_input: '51000',
    temp10_label: 'Core 8',
    temp2_input: '43000',
    temp2_label: 'Core 0',
    temp1_input: '-1500',
    temp1_label: 'Package id 0',
    in0_input: '1200',
  },
  hwmon2: { name: 'fan' },
}

test('a sensor is named by its chip, its label or its input, or is a file', async (t) => {
  const root = makeRoot(t, CHIPS)
  assert.equal(await firstOf('acpitz', root), 27.8)
  assert.equal(await firstOf('coretemp', root), -1.5)
  assert.equal(await firstOf('coretemp/Core 0', root), 43)
  assert.equal(await firstOf('coretemp/temp10', root), 51)
  assert.equal(await firstOf(join(root, 'hwmon0', 'temp1_input'), '/nowhere'), 27.8)
})

test('one that is missing is a fault that says what there is', async (t) => {
  const root = makeRoot(t, CHIPS)
  assert.equal(
    await firstOf('coretemp/Core 9', root),
    'temperature.absent: ROOT: expected a sensor "coretemp/Core 9", got acpitz, coretemp/Package id 0, coretemp/Core 0, coretemp/Core 8, fan',
  )
  assert.equal(
    await firstOf('acpitz', join(root, 'nowhere')),
    'temperature.absent: ROOT: expected a sensor "acpitz", got none',
  )
  assert.match(String(await firstOf(join(root, 'gone'), root)), /^temperature\.absent: ROOT\/gone: expected to read/)
})

test('a file that holds anything else is no temperature, whatever it holds', async (t) => {
  const root = makeRoot(t, { hwmon0: { name: 'odd' } })
  const file = join(root, 'hwmon0', 'temp1_input')
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('0', '9', '-', ' ', '.', 'e') })),
      async (text) => {
        writeFileSync(file, text)
        const said = await firstOf('odd', root)
        if (typeof said === 'number') assert.equal(said, Number(text) / 1_000)
        else assert.match(said, /^temperature\.value: /)
      },
    ),
    { numRuns: 200 },
  )
})

test('a fault is told once, and again after a reading', async (t) => {
  const root = makeRoot(t, { hwmon0: { name: 'odd' } })
  const file = join(root, 'hwmon0', 'temp1_input')
  const said: (number | string)[] = []
  let heard = (): void => undefined
  const opened = openTemperatureSensor(
    { sensor: 'odd', root, pollMs: 2 },
    {
      onReading: (celsius) => {
        if (said.at(-1) !== celsius) said.push(celsius)
        heard()
      },
      onFault: ({ code }) => {
        said.push(code)
        heard()
      },
    },
  )
  t.after(() => opened.close())
  const next = (): Promise<void> =>
    new Promise((resolve) => {
      heard = resolve
    })
  await next()
  // Whole or not at all, as the kernel's files are: whoever reads between the making and the writing of one finds it empty.
  writeFileSync(join(root, 'next'), '20000')
  renameSync(join(root, 'next'), file)
  while (said.at(-1) !== 20) await next()
  rmSync(file)
  while (said.at(-1) !== 'temperature.absent') await next()
  assert.deepEqual(said, ['temperature.absent', 20, 'temperature.absent'])
})
