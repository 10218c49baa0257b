import type { DriverFamily, DriverStatus } from '../../drivers/driver.ts'
import type { SourceConfiguration } from '../config/schema.ts'
import { readMonoNs } from '../linux/clock.ts'
import type { SourceWorld } from './running-source.ts'
import { openAccount, type SourceAccount } from './source-account.ts'
import { createSourceIntake, type SourceIntake } from './source-intake.ts'

/** Where a source of any kind comes in: its account, and its way into the node clock. */
export interface SourceEntry {
  readonly account: SourceAccount
  readonly intake: SourceIntake
  /** What its driver says of itself is for both. */
  onStatus(newer: DriverStatus): void
}

export function openEntry(
  source: SourceConfiguration,
  timeOfDay: DriverFamily<unknown>['timeOfDay'],
  { nodeClock, report }: SourceWorld,
): SourceEntry {
  const account = openAccount(source, report)
  const { complain: onFault, reading: onReading } = account
  const intake = createSourceIntake({ source, timeOfDay, nodeClock, onFault, onReading })
  return {
    account,
    intake,
    onStatus: (newer) => {
      account.status(newer)
      intake.status(newer, readMonoNs())
    },
  }
}
