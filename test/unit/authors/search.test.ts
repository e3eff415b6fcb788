import type { Failure } from '@policybook/protocol';
import type { Evaluator } from '@policybook/engine';
import { createAuthor } from '../../../packages/authors/src';
import { buildEvent } from '../../fixtures/run-events';
import {
  authorRequest,
  id,
  MemoryCalls,
  promoted,
  proposed,
  raced,
  rejected,
  score,
  settings,
  UNUSED_PORTS,
} from './run-request';

interface Call {
  readonly method: string;
  readonly params: unknown;
  readonly signal: AbortSignal;
}

/** An evaluator that fails with what it is given, or proposes one policy. */
class ScriptedEvaluator implements Evaluator {
  readonly calls: Call[] = [];

  constructor(private readonly failure: Failure | null = null) {}

  readonly request: Evaluator['request'] = (method, params, { signal }) => {
    this.calls.push({ method, params, signal });
    if (this.failure) return Promise.resolve(this.failure);
    const value = {
      proposals: [{ label: 'rule', idea: 'An idea.', source: 'def act(o): return 0\n' }],
      usage: { episodes: 3, steps: 120, modelSteps: 0, cpuSeconds: 0.5 },
      findings: ['x is a position'],
      exhausted: true,
    };
    // The double stands for one method; the port's type is generic over all.
    return Promise.resolve({ ok: true, value } as never);
  };
}

function author(evaluator: Evaluator): ReturnType<typeof createAuthor> {
  return createAuthor(
    { kind: 'search' },
    {
      evaluator,
      calls: new MemoryCalls(),
      variables: {},
      notice: () => undefined,
      ...UNUSED_PORTS,
    },
  );
}

test('the state becomes a history, the answer a cost without zero fields', async () => {
  const evaluator = new ScriptedEvaluator();
  const request = authorRequest({
    generation: 2,
    left: { steps: 5000 },
    events: [
      proposed(1),
      promoted(1, score(200)),
      proposed(2),
      raced(2, [10, 20]),
      proposed(3),
      rejected(3, { code: 'duplicate', of: id(1), by: 'tree' }),
    ],
  });
  const created = author(evaluator);
  const answer = created.ok ? await created.value.propose(request) : created;
  expect(answer).toEqual({
    ok: true,
    value: {
      proposals: [{ label: 'rule', idea: 'An idea.', source: 'def act(o): return 0\n' }],
      findings: ['x is a position'],
      exhausted: true,
      call: null,
      usage: { episodes: 3, steps: 120 },
      cpuSeconds: 0.5,
    },
  });
  expect(evaluator.calls).toEqual([
    {
      method: 'search.propose',
      params: {
        environment: settings.environment,
        limits: settings.policy,
        names: ['x', 'v'],
        seed: 7,
        round: 2,
        steps: settings.budget.steps,
        episodes: settings.budget.episodes,
        stepsLeft: 5000,
        episodesLeft: null,
        secondsLeft: null,
        modelStepsLeft: 5_000_000,
        history: [
          {
            label: 'label 1',
            source: 'def act(observation):\n    return 1\n',
            mean: 200,
            deviation: 20,
            episodes: 32,
            head: true,
          },
          {
            label: 'label 2',
            source: 'def act(observation):\n    return 2\n',
            mean: 15,
            deviation: Math.sqrt(50),
            episodes: 2,
            head: false,
          },
        ],
      },
      signal: request.signal,
    },
  ]);
});

test('the model steps of all rounds before are taken from those that a run may take', async () => {
  const evaluator = new ScriptedEvaluator();
  const created = author(evaluator);
  if (!created.ok) throw new Error(created.message);
  const answered = buildEvent('author_answered', { usage: { modelSteps: 3_000_000 } });
  for (const events of [[], [answered], [answered, answered]])
    await created.value.propose(authorRequest({ generation: events.length, events }));
  expect(evaluator.calls.map(({ params }) => params)).toMatchObject([
    { round: 0, modelStepsLeft: 5_000_000 },
    { round: 1, modelStepsLeft: 2_000_000 },
    { round: 2, modelStepsLeft: 0 },
  ]);
});

test("the evaluator's failure is the author's", async () => {
  const failure: Failure = { ok: false, code: 'cancelled', message: 'stopped', detail: null };
  const created = author(new ScriptedEvaluator(failure));
  expect(created.ok && (await created.value.propose(authorRequest()))).toEqual({
    ...failure,
    call: null,
    usage: {},
    isLasting: false,
  });
});
