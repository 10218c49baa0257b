/** What a port does (IEEE 1588-2019, table 20), in the words of IEEE 1588g-2022. */
const PORT_STATES: Readonly<Record<number, string>> = {
  1: 'initializing',
  2: 'faulty',
  3: 'disabled',
  4: 'listening',
  5: 'about to be a time transmitter',
  6: 'time transmitter',
  7: 'passive',
  8: 'uncalibrated time receiver',
  9: 'time receiver',
}

export function wordsOfPortState(portState: number): string {
  return PORT_STATES[portState] ?? 'in an unknown state'
}

/** Silent because a better clock is on the link, or following it. */
export function isOutranked(portState: number): boolean {
  return portState >= 7 && portState <= 9
}
