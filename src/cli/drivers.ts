import type { Command } from 'commander'
import { clockFamilies, families, packetFamilies } from '../../drivers/index.ts'
import { printJson, printLine } from './terminal.ts'

/** `drivers`: which instruments can be configured, and which faults their emulators show. */
export function addDriversVerb(program: Command): void {
  program
    .command('drivers')
    .description('List the instrument families')
    .option('--json', 'one JSON object a line')
    .action(({ json }: { json?: boolean }) => {
      for (const { kind, title, link, faults, ...rest } of [...families, ...packetFamilies, ...clockFamilies]) {
        const serial = 'serial' in rest ? rest.serial : undefined
        if (json === true) printJson({ type: 'driver', kind, title, link, serial, faults })
        else printLine(`${kind.padEnd(16)} ${title}`)
      }
    })
}
