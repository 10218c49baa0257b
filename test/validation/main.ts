import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { capturesPresent, withoutCaptures } from '../support/captures.ts'
import { validationPage } from './page.ts'
import { validateCaptures } from './validate.ts'

const HELP = `npm run -s validate:captures [-- --write]

Replays every recording through every family and compares with gpsd. Exits with 1 if a difference has no explanation, a trap
is not recognised, or hardware-docs/validation.md is out of date.

  --write  writes hardware-docs/validation.md`

const PAGE = new URL('../../hardware-docs/validation.md', import.meta.url)

const { values } = parseArgs({
  options: { write: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
})
if (values.help) console.log(HELP)
else process.exitCode = run(values.write)

function run(write: boolean): number {
  if (!capturesPresent) {
    console.error(String(withoutCaptures))
    return 2
  }
  const validation = validateCaptures()
  const page = validationPage(validation)
  if (write) writeFileSync(PAGE, page)
  const isOld = !write && readFileSync(PAGE, 'utf8') !== page
  const problems = isOld
    ? [...validation.problems, 'hardware-docs/validation.md is out of date: --write']
    : validation.problems
  for (const problem of problems) console.error(problem)
  const compared = validation.rows.reduce((sum, row) => sum + row.compared, 0)
  const equal = validation.rows.reduce((sum, row) => sum + row.equal, 0)
  console.log(
    `${validation.rows.length} replays, ${compared} seconds compared, ${equal} equal, ${problems.length} problems`,
  )
  return problems.length === 0 ? 0 : 1
}
