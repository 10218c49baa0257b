import { commandLine } from '../support/command-line.ts'
import { CHECK_STEPS, runCheck } from './check-steps.ts'
import { ROOT } from './project-files.ts'

commandLine({
  command: 'npm run check',
  about:
    'Types, format, lint, unused code and the rules of the architecture. Exits with 1 when a step fails or checked nothing.',
  options: {},
  examples: [''],
})

const startedAt = performance.now()
let failed = 0

for (const step of CHECK_STEPS) {
  const stepStartedAt = performance.now()
  const { passed, checked, complaint } = await runCheck(step, ROOT)
  if (!passed) {
    failed += 1
    console.log(`\n${complaint}\n`)
  }
  const result = `${passed ? '✔' : '✖'} ${step.name.padEnd(16)} ${String(checked).padStart(5)} ${step.unit.padEnd(8)}`
  console.log(`${result} ${seconds(stepStartedAt)}`)
}

console.log(`${CHECK_STEPS.length - failed} of ${CHECK_STEPS.length} steps passed, ${seconds(startedAt)}`)
process.exitCode = failed === 0 ? 0 : 1

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`
}
