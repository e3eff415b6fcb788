/** What else in the repository has to know a type of event. */

/** What becomes of an event once it is appended. */
export interface EventHandling {
  /**
   * Whether it must be on the disk before anything goes on. Answers that were paid for and decisions that people rely on
   * are durable; what can be computed again is not. All of a comparison's events are: there are few, and each took many
   * episodes.
   */
  readonly isDurable: boolean;
  /** Whether the run view's log has a line for it; `packages/views/src/run-log.ts` must then write one. */
  readonly isLogged: boolean;
  /** Whether Python's tables read more of it than its `usage`; `packages/runtime/policybook/reading/` must then name it. */
  readonly isInTables: boolean;
}
