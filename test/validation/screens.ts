import { parseStatusScreen } from '../../drivers/smartclock/status-screen.ts'
import { readScreens } from '../support/captures.ts'

/** What was read of one recorded status screen. */
export interface ScreenRow {
  readonly file: string
  readonly kind: string
  readonly lines: number
  /** What the screen says, and the same unit answered when it was asked for it alone. */
  readonly agreed: readonly string[]
  readonly problem: string | undefined
}

/** What the unit of a screen answered to single queries right after (capture README); undefined where nobody asked. */
const ANSWERS: Readonly<Record<string, Readonly<Record<string, string | number>>>> = {
  'z3805a-status-screen-locked-stabilizing': { mode: 'Locked', tfom: 3, ffom: 1, timeIntervalNs: -5.4, health: 'OK' },
}

export function validateScreens(): readonly ScreenRow[] {
  return readScreens().map(({ file, text }) => {
    const lines = text.replace(/\r?\n$/, '').split(/\r?\n/)
    const screen = parseStatusScreen(lines)
    const answers = Object.entries(ANSWERS[file] ?? {})
    const read: Readonly<Record<string, unknown>> = screen.ok ? { ...screen.value } : {}
    const wrong = answers.filter(([name, value]) => read[name] !== value)
    const problem = !screen.ok
      ? screen.fault.message
      : wrong.length === 0 && answers.length > 0
        ? undefined
        : `expected what the unit answered, got ${wrong.map(([name]) => `${name} ${JSON.stringify(read[name])}`).join(', ')}`
    const agreed = answers.filter((each) => !wrong.includes(each)).map(([name, value]) => `${name} ${value}`)
    return { file, kind: 'smartclock', lines: lines.length, agreed, problem }
  })
}
