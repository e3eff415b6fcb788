/** An author that is asked as if for the first time, always: independent samples of what it writes unaided. */
import type { Author, RunState } from '@policybook/engine';
import { NO_USAGE } from '@policybook/protocol';

/** The same author, shown the beginning of the run always. The generation still counts the samples, and what is left of the budget still bounds an answer. */
export function removeMemory(author: Author): Author {
  return {
    ...author,
    hasIndependentSamples: true,
    propose: (request) => author.propose({ ...request, state: forget(request.state) }),
  };
}

function forget(state: RunState): RunState {
  return {
    ...state,
    generation: 0,
    candidates: new Map(),
    head: null,
    headHistory: [],
    championHistory: [],
    findings: [],
    notes: [],
    usage: NO_USAGE,
    replayed: NO_USAGE,
    memberTurns: [],
    turnStart: null,
    comparisons: 0,
    simplified: null,
    observed: null,
  };
}
