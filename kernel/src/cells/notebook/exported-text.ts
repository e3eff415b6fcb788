/** Exported programs, read as policies. */

/** The line of an exported program behind which stands what plays the policy; `policybook.verification.claim` writes it. */
export const POLICY_END = "# What follows was added by policybook's export; the policy ends here.";

/**
 * Takes the policy out of a text that `%export` wrote; any other text stays as it is. What the export added needs
 * Gymnasium, at once where a simulator is part of it, and policies may not import that.
 */
export function takePolicy(text: string): string {
  const lines = text.split(/\r?\n/);
  const end = lines.indexOf(POLICY_END);
  return end < 0 ? text : `${lines.slice(0, end).join('\n').trimEnd()}\n`;
}
