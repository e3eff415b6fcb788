/** The target of the comm by which a page speaks to runs. It imports nothing, so that a kernel of plain Python may load it. */

/** `target_name` of the comm that the labextension opens. */
export const RUNS_COMM_TARGET = 'policybook.runs';
