/** What one exploration covers. Everything that it leaves out is named here or in docs/protocol.md. */
export interface Bounds {
  /** Views 1 … views are explored; nothing that is said in later ones is looked at. */
  readonly views: number
  /** The liar is the leader of this view; above `views` it leads none that is explored. */
  readonly liarLeads: number
  /**
   * `completing`: votes come in the moment in which they complete a certificate, since until then they change nothing.
   * `single`: every vote of every member comes by itself, also those that complete nothing or contradict each other.
   */
  readonly votes: 'completing' | 'single'
  /** Gives up, and says so, beyond this many states. */
  readonly statesMax: number
}

/** n = 4 is the smallest cluster that bears a liar. */
export const MEMBERS = 4
export const QUORUM = 3
export const LIARS = 1

export function nameOfBounds({ views, liarLeads, votes }: Bounds): string {
  const leads = liarLeads > views ? 'leads none of them' : `leads view ${liarLeads}`
  return `${views === 1 ? '1 view' : `${views} views`}, the liar ${leads}, ${votes} votes`
}
