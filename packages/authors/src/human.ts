/** The `human` author: the user, whose policies come by `%%policy NAME for ENV` cells while the run goes on. */
import type { Author, AuthorAnswer, AuthorFailure, CandidateId } from '@policybook/engine';
import type { Result } from '@policybook/protocol';
import { z } from 'zod';
import { createFailure } from './author-failure';
import { defineAuthor, type AuthorDefinition, type AuthorDependencies } from './author-kind';

const HUMAN = 'human';
const TRAITS = { spendsModelCalls: false, hasIndependentSamples: false, answersFromOutside: true };

/** Turns that are passed on after each new head, so that the tuner has its turn before the user is waited for again. */
const PASSED_TURNS = 2;

const NOTHING: Result<AuthorAnswer, AuthorFailure> = {
  ok: true,
  value: { proposals: [], findings: [], exhausted: false, call: null, usage: {} },
};

/** The `human` author: proposes nothing itself, and waits until the user says something to the run, which takes it then. */
export const human = defineAuthor(z.strictObject({ kind: z.literal(HUMAN) }), (): AuthorDefinition => ({
  ...TRAITS,
  sampling: null,
  unreplayable:
    'what the user says to a run is no answer of an author; put the policies into a %%compare cell instead',
  findObstacle: () => null,
  create: createHuman,
}));

function createHuman({ waitForMessage }: AuthorDependencies): Result<Author> {
  if (waitForMessage === null)
    return {
      ok: false,
      code: 'no_cells',
      message:
        'The author human waits for cells %%policy NAME for ENV, which are run beside a run in the background: write background: true. It takes part in no comparison and in no repeated run.',
      detail: null,
    };
  const passed = new Map<CandidateId, number>();
  const propose: Author['propose'] = async ({ signal, settings, state, onActivity }) => {
    const { head } = state;
    const turns = head === null ? PASSED_TURNS : (passed.get(head) ?? 0);
    if (head !== null && turns < PASSED_TURNS && !signal.aborted) {
      passed.set(head, turns + 1);
      return NOTHING;
    }
    onActivity?.(
      `waiting for you: a cell %%policy NAME for ${settings.environmentName} joins as a candidate, %stop ends the run`,
    );
    await waitForMessage(signal);
    return signal.aborted
      ? createFailure('cancelled', 'The run was stopped.', { call: null, usage: {} })
      : NOTHING;
  };
  return { ok: true, value: { kind: HUMAN, ...TRAITS, propose } };
}
