import { fail, ok, type Result } from '../../src/core/fault.ts'
import { type Action, type Scenario, type Step, type Who, WORDS, type Word } from './step.ts'

const NS_PER_MS = 1_000_000n

/** What a line may say, as it stands in the message when it says something else. */
const FORMS = [
  'members N',
  'seed N',
  'delays 0.1 to T ms',
  'at T kill WHO',
  'at T restart WHO',
  'at T WHO loses its clock',
  'at T WHO finds its clock',
  'at T cut WHO | WHO',
  'at T WHO does not hear WHO',
  'at T heal',
  'at T kill WHO after its WORD',
  'at T WORD of WHO only to WHO',
  'at T WHO sends two blocks, both of them to WHO',
  'by T epoch N at WHO',
  'by T nothing after epoch N at WHO',
  'by T epoch N is missing at WHO',
  'by T WHO is convicted of WHAT or WHAT',
  'by T nobody is convicted',
] as const

type Read = (words: readonly string[]) => Action

const WHO = '((?:n\\d+|leader|next leader|killed|survivors|all)(?: (?:n\\d+|leader|next leader|killed|survivors|all))*)'
const WORD = `(${WORDS.join('|')})`

const PATTERNS: readonly (readonly [RegExp, Read])[] = [
  [
    pattern(`at kill ${WHO} after its ${WORD}`),
    ([who, word]) => ({ kind: 'kill-after', who: one(who), word: word as Word }),
  ],
  [pattern(`at kill ${WHO}`), ([who]) => ({ kind: 'kill', who: many(who) })],
  [pattern(`at restart ${WHO}`), ([who]) => ({ kind: 'restart', who: many(who) })],
  [pattern(`at ${WHO} loses its clock`), ([who]) => ({ kind: 'lose-clock', who: many(who) })],
  [pattern(`at ${WHO} finds its clock`), ([who]) => ({ kind: 'find-clock', who: many(who) })],
  [pattern(`at cut ${WHO} \\| ${WHO}`), ([a, b]) => ({ kind: 'cut', sides: [many(a), many(b)] })],
  [pattern(`at ${WHO} does not hear ${WHO}`), ([to, who]) => ({ kind: 'deaf', who: one(who), to: one(to) })],
  [pattern('at heal'), () => ({ kind: 'heal' })],
  [
    pattern(`at ${WORD} of ${WHO} only to ${WHO}`),
    ([word, who, to]) => ({ kind: 'only-to', who: one(who), word: word as Word, to: many(to) }),
  ],
  [
    pattern(`at ${WHO} sends two blocks, both of them to ${WHO}`),
    ([who, to]) => ({ kind: 'two-blocks', who: one(who), to: many(to) }),
  ],
  [
    pattern(`by epoch (\\d+) at ${WHO}`),
    ([epoch, who]) => ({ kind: 'expect-epoch', epoch: Number(epoch), where: many(who) }),
  ],
  [
    pattern(`by nothing after epoch (\\d+) at ${WHO}`),
    ([epoch, who]) => ({ kind: 'expect-nothing-after', epoch: Number(epoch), where: many(who) }),
  ],
  [
    pattern(`by epoch (\\d+) is missing at ${WHO}`),
    ([epoch, who]) => ({ kind: 'expect-skipped', epoch: Number(epoch), where: many(who) }),
  ],
  [
    pattern(`by ${WHO} is convicted of ([a-z-]+(?: or [a-z-]+)*)`),
    ([who, what]) => ({ kind: 'expect-convicted', who: one(who), what: what ?? '' }),
  ],
  [pattern('by nobody is convicted'), () => ({ kind: 'expect-nobody-convicted' })],
]

function pattern(text: string): RegExp {
  return new RegExp(`^${text}$`)
}

function many(text: string | undefined): readonly Who[] {
  const found = (text ?? '').match(/next leader|leader|killed|survivors|all|n\d+/g) ?? []
  return found.map((name) => (name.startsWith('n') && name !== 'next leader' ? Number(name.slice(1)) : (name as Who)))
}

function one(text: string | undefined): Who {
  return many(text)[0] ?? 'leader'
}

/** Reads a scenario: a line is a setting, a step, a remark after #, or empty. Steps are in the order of their instants. */
export function readScenario(file: string, text: string): Result<Scenario> {
  const settings = { members: 4, seed: 1, delayNsMax: 1_900_000n }
  const steps: Step[] = []
  for (const [index, raw] of text.split('\n').entries()) {
    const line = index + 1
    const said = raw.replace(/#.*/, '').trim().replaceAll(/\s+/g, ' ')
    if (said === '') continue
    const setting = /^(members|seed) (\d+)$/.exec(said)
    const delays = /^delays 0\.1 to (\d+) ms$/.exec(said)
    if (setting !== null) {
      settings[setting[1] as 'members' | 'seed'] = Number(setting[2])
      continue
    }
    if (delays !== null) {
      settings.delayNsMax = BigInt(delays[1] ?? 0) * NS_PER_MS - 100_000n
      continue
    }
    const step = readStep(line, said)
    if (step === undefined) return fail('scenario.line', `${file}:${line}: expected ${FORMS.join('; ')}; got "${said}"`)
    const before = steps.at(-1)
    if (before !== undefined && step.atNs < before.atNs) {
      return fail(
        'scenario.order',
        `${file}:${line}: expected an instant not before that of line ${before.line}, got "${said}"`,
      )
    }
    steps.push(step)
  }
  if (steps.length === 0) return fail('scenario.empty', `${file}: expected steps, got none`)
  return ok({ file, ...settings, steps })
}

function readStep(line: number, said: string): Step | undefined {
  const timed = /^(at|by) (\d+)\.(\d{1,3}) (.+)$/.exec(said)
  if (timed === null) return undefined
  const [, when, seconds, fraction, rest] = timed
  const atNs = (BigInt(seconds ?? 0) * 1_000n + BigInt((fraction ?? '').padEnd(3, '0'))) * NS_PER_MS
  for (const [form, read] of PATTERNS) {
    const match = form.exec(`${when} ${rest}`)
    if (match !== null) return { line, text: said, atNs, action: read(match.slice(1)) }
  }
  return undefined
}
