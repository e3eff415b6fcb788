/** Before a model writes its first policy, random actions show it what the environment does. */
import { readBudgetLeft, type Author } from '@policybook/engine';
import { addToTotals } from '@policybook/protocol';

/**
 * Makes an author before whose first answer the environment is probed, where nothing is known of it yet: the first prompt has what was found, and later ones have it from the record.
 */
export function probeFirst(author: Author): Author {
  return {
    ...author,
    propose: async (request) => {
      const { state, tools } = request;
      const isKnown = state.candidates.size > 0 || state.findings.length > 0 || state.probed !== null;
      const probed = isKnown ? null : await tools.probe();
      if (probed?.ok !== true) return author.propose(request);
      const { findings, ranges, usage } = probed.value;
      const known = { probed: { findings, ranges }, findings, usage: addToTotals(state.usage, usage) };
      const after = { ...state, ...known };
      return author.propose({ ...request, state: after, left: readBudgetLeft(after) });
    },
  };
}
