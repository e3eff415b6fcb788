/** An author that is asked as if for the first time, always: independent samples of what it writes unaided. */
import type { Author, RunState } from '@policybook/engine';
import { NO_USAGE } from '@policybook/protocol';

/** The same author, shown the beginning of the run always, after its probe where there was one. The generation still counts the samples, and what is left of the budget still bounds an answer. */
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
    accepted: null,
    headHistory: [],
    championHistory: [],
    // What a probe has found is no memory of what was tried: the first answer was made with it.
    findings: state.probed?.findings ?? [],
    notes: [],
    userNotes: [],
    usage: NO_USAGE,
    replayed: NO_USAGE,
    memberTurns: [],
    turnStart: null,
    comparisons: 0,
    simplified: null,
    observed: null,
  };
}
