/** What one exploration covers. Everything that it leaves out is named here or in docs/protocol.md. */
export interface Bounds {
  /** Views 1 … views are explored; nothing that is said in later ones is looked at. */
  readonly views: number
  /** The liar is the leader of this view; above `views` it leads none that is explored. */
  readonly liarLeads: number
  /**
   * `certificates`: votes come as the certificates that they complete, since until then they change nothing.
   * `single`: every vote of every member comes by itself as well, also those that complete nothing or convict the liar.
   */
  readonly votes: 'certificates' | 'single'
  /** Gives up, and says so, beyond this many states. */
  readonly statesMax: number
}

/** n = 4 is the smallest cluster that bears a liar. */
export const MEMBERS = 4
export const QUORUM = 3
export const LIARS = 1

export function nameOfBounds({ views, liarLeads, votes }: Bounds): string {
  const leads = liarLeads > views ? 'leads none of them' : `leads view ${liarLeads}`
  return `${views === 1 ? '1 view' : `${views} views`}, the liar ${leads}, ${votes === 'single' ? 'single votes' : 'certificates'}`
}
