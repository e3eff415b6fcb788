/** Formats a step as people count it, from 1, as in "step 313"; what is exchanged and recorded counts from 0. */
export function formatStep(step: number): string {
  return `step ${step + 1}`;
}
