import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readCommand } from './command-line.ts'

const COMMAND = {
  command: 'npm run -s bench:something',
  about: 'How long something takes.',
  options: {
    seconds: { kind: 'number', default: 60, above: 0, help: 'of each round' },
    nodes: { kind: 'number', default: 4, min: 1, max: 8, isWhole: true, help: 'members' },
    kind: { kind: 'word', default: 'hello', of: ['hello', 'silent'], help: 'what strangers say' },
    family: { kind: 'word', of: ['ublox', 'nmea'], help: 'whose driver' },
    only: { kind: 'words', of: ['a', 'b', 'c'], help: 'parts' },
    file: { kind: 'texts', called: 'GLOB', help: 'what it reads' },
    json: { kind: 'flag', help: 'one JSON object on standard output' },
  },
  examples: ['', '--seconds 5 --json'],
} as const

test('what is left out has its default, what is given its type', () => {
  assert.deepEqual(readCommand(COMMAND, []), {
    type: 'values',
    values: { seconds: 60, nodes: 4, kind: 'hello', family: undefined, only: [], file: [], json: false },
  })
  const args = ['--seconds', '0.5', '--only', 'c', '--only', 'a', '--json', '--family', 'nmea', '--file', '*.ts']
  const read = readCommand(COMMAND, args)
  assert.deepEqual(read.type === 'values' && { ...read.values }, {
    seconds: 0.5,
    nodes: 4,
    kind: 'hello',
    family: 'nmea',
    only: ['c', 'a'],
    file: ['*.ts'],
    json: true,
  })
})

test('what is wrong is said in one sentence: where, what was expected, what came', () => {
  for (const [args, sentence] of [
    [['--seconds', '0'], '--seconds: expected a number above 0, got "0"'],
    [['--seconds', ''], '--seconds: expected a number above 0, got ""'],
    [['--seconds', 'soon'], '--seconds: expected a number above 0, got "soon"'],
    [['--nodes', '2.5'], '--nodes: expected a whole number from 1 up to 8, got "2.5"'],
    [['--nodes', '9'], '--nodes: expected a whole number from 1 up to 8, got "9"'],
    [['--kind', 'loud'], '--kind: expected one of hello, silent, got "loud"'],
    [['--only', 'a', '--only', 'd'], '--only: expected one of a, b, c, got "d"'],
    [['--fast'], "Unknown option '--fast'"],
  ] as const) {
    assert.deepEqual(readCommand(COMMAND, args), { type: 'wrong', sentence })
  }
})

test('help names every option, with what it may be and what it is by itself, and examples', () => {
  const read = readCommand(COMMAND, ['--help', '--seconds', '7'])
  assert.equal(
    read.type === 'help' && read.text,
    `npm run -s bench:something [-- options]

How long something takes.

  --seconds N    of each round (60)
  --nodes N      members (4)
  --kind WORD    what strangers say: hello, silent (hello)
  --family WORD  whose driver: ublox, nmea
  --only WORD…   parts: a, b, c
  --file GLOB…   what it reads
  --json         one JSON object on standard output
  --help         this

examples:
  npm run -s bench:something
  npm run -s bench:something -- --seconds 5 --json
`,
  )
})
