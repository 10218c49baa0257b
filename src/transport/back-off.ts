/** The first wait lies between half of this and all of it. */
const BACK_OFF_FIRST_MS = 100

/**
 * How long to wait before dialling again: doubles with every attempt up to `capMs`, and half of it is chance, so that
 * appliances that lost each other at one moment do not come back at one moment. `unit` is a random number in [0, 1).
 */
export function backOffMs(attempt: number, capMs: number, unit: number): number {
  const fullMs = Math.min(capMs, BACK_OFF_FIRST_MS * 2 ** Math.min(attempt, 30))
  return fullMs * (0.5 + unit / 2)
}

/**
 * The longest wait in a cluster of `members`. A handshake costs its two ends about 10 ms of processor time, so even
 * where everybody refuses everybody it takes a tenth of a core, and a small cluster still heals within 2 s.
 */
export function backOffCapMs(members: number): number {
  return Math.max(2_000, 100 * members)
}

/** The attempts that still count after a link that was up for `upForMs`: one that breaks at once proves nothing. */
export function attemptsAfterLink(attempts: number, upForMs: number, capMs: number): number {
  return upForMs >= capMs ? 0 : attempts
}

/** So many times in a row it is tried at once again: for a minute. */
const TURNED_AWAY_QUICK = 600

/**
 * How long to wait after the `times`th time in a row, counted from 1, that the other end has reset the connection before a
 * handshake. That costs both ends next to nothing, and under a flood from the own address every try is a lot in the same
 * lottery: so there are many, until it looks as if nobody expected this address.
 */
export function turnedAwayMs(times: number, unit: number): number {
  return (times <= TURNED_AWAY_QUICK ? 100 : 1_000) * (0.5 + unit / 2)
}

const BAR_FIRST_MS = 1_000
const BAR_CAP_MS = 60_000

/**
 * How long a member stays without a link after the `strike`th time, counted from 1, that it sent what no correct member
 * sends. It grows far beyond the back-off: whoever breaks its links on purpose gets one a minute, not twenty a second.
 */
export function barMs(strike: number): number {
  return Math.min(BAR_CAP_MS, BAR_FIRST_MS * 2 ** Math.min(strike - 1, 30))
}

/** The strikes that still count against a member whose link has been up for `upForMs`. */
export function strikesAfterLink(strikes: number, upForMs: number): number {
  return upForMs >= 10 * BAR_CAP_MS ? 0 : strikes
}
