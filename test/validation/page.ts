import type { Row, Validation } from './validate.ts'

/** The table of what was validated against recorded bytes, for people; the same recordings give the same text. */
export function validationPage({ rows, screens }: Validation): string {
  const kinds = [...new Set(rows.map(({ kind }) => kind))].sort()
  return `${[
    HEAD,
    '## Recordings',
    '',
    '| recording | family | bytes | labels | valid | seconds compared | equal | different |',
    '|---|---|--:|--:|--:|--:|--:|--:|',
    ...rows.map(rowOf),
    '',
    '## Faults, alarms and traps',
    '',
    '| recording | family | faults by code | alarms seen | traps recognised |',
    '|---|---|---|---|---|',
    ...rows.map(detailsOf),
    '',
    '## Differences from gpsd, explained',
    '',
    '| recording | family | second | only in | why |',
    '|---|---|---|---|---|',
    ...rows.flatMap(differencesOf),
    '',
    '## Status screens',
    '',
    '| recording | family | lines | read as the unit answered |',
    '|---|---|--:|---|',
    ...screens.map(({ file, kind, lines, agreed }) => `| ${file} | ${kind} | ${lines} | ${agreed.join(', ')} |`),
    '',
    `Families in this table: ${kinds.join(', ')}. What of each is validated against a manual, or not at all, stands in its sheet.`,
  ].join('\n')}\n`
}

const HEAD = `# What was validated against recorded bytes

Made by \`npm run validate:captures -- --write\`; do not edit. It replays every recording of a GNSS receiver in the capture folder
(\`QUORUMTIME_CAPTURES\`; gpsd's regression logs) through the families of such instruments, with their options for
recordings, and compares the UTC second of each valid label with the seconds that gpsd reports with a fix (\`.log.chk\`). gpsd is a second
opinion, not an oracle: where the two differ, the reason stands below, and a difference without one fails the run.

- **labels**: what the family said of a second, valid or not; **valid**: what it believes. **seconds compared**: all that either of the
  two names; **equal**: those that both name. A recording has no arrival times, so nothing here says anything of pulses.
- **traps**: what the recording is known to do wrong, and the fault or alarm by which that was seen.
`

function rowOf({ file, kind, bytes, samples, valid, compared, equal }: Row): string {
  return `| ${file} | ${kind} | ${bytes} | ${samples} | ${valid} | ${compared} | ${equal} | ${compared - equal} |`
}

function detailsOf({ file, kind, faults, alarms, traps }: Row): string {
  const counted = Object.entries(faults)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, count]) => `\`${code}\` ${count}`)
  const list = (items: readonly string[]): string => (items.length === 0 ? '–' : items.join(', '))
  return `| ${file} | ${kind} | ${list(counted)} | ${list(alarms.map((code) => `\`${code}\``))} | ${list(traps)} |`
}

function differencesOf({ file, kind, differences }: Row): readonly string[] {
  return differences.map(({ onlyIn, seconds, why }) => {
    const shown = seconds.length > 4 ? `${seconds[0]} … ${seconds.at(-1)} (${seconds.length})` : seconds.join(', ')
    return `| ${file} | ${kind} | ${shown} | ${onlyIn === 'gpsd' ? 'gpsd' : 'ours'} | ${why ?? '**not explained**'} |`
  })
}
