/** How near a policy's slowest step came to its limit, where a reader of its score should know. */

/** "near the step limit: …"; both in milliseconds of CPU time. */
export function stepLimitWords(slowest: number, limit: number): string {
  return `near the step limit: the slowest step took ${Math.round(slowest)} of ${limit} ms of CPU time, so that it may fail on a slower machine; \`policy: {step: …}\` of %%learn sets the limit`;
}
