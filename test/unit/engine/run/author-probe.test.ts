import type { AuthorRequest, ProbedEnvironment, ToolResult } from '../../../../packages/engine/src/index';
import { ScriptedAuthor, toySettings } from '../simulation';
import { ofType, run, world } from '../toy-run';

/** Probes the environment before it proposes. */
class ProbingAuthor extends ScriptedAuthor {
  readonly probes: ToolResult<ProbedEnvironment>[] = [];

  override async propose(request: AuthorRequest): ReturnType<ScriptedAuthor['propose']> {
    this.probes.push(await request.tools.probe());
    return super.propose(request);
  }
}

const script = [[{ mean: 1 }]];
const probing = () => ({ ...world(script), author: new ProbingAuthor(script) });

test('a probe is an event that charges its episodes, a small part of what is left', async () => {
  const all = probing();
  await run(all, { settings: { simplify: false } });
  const usage = { episodes: 40, steps: 400 };
  const ranges = [{ path: '0', low: -1, high: 2 }];
  expect(all.author.probes).toEqual([{ ok: true, value: { findings: ['action 1 lifts x'], ranges, usage } }]);
  expect(ofType(all.journal.events, 'tool_used')).toMatchObject([
    {
      tool: 'probe',
      findings: ['action 1 lifts x'],
      ranges,
      message: 'probed the environment in 40 episodes by random actions',
      usage,
    },
  ]);
});

test('a small budget pays for a short probe', async () => {
  const all = probing();
  const budget = { ...toySettings().budget, episodes: 20 };
  await run(all, { settings: { simplify: false, budget } });
  expect(ofType(all.journal.events, 'tool_used')).toMatchObject([{ usage: { episodes: 1 } }]);
});

test('a budget of fewer than 20 episodes pays for no probe', async () => {
  const all = probing();
  const budget = { ...toySettings().budget, episodes: 19 };
  await run(all, { settings: { simplify: false, budget } });
  expect(all.author.probes).toMatchObject([{ ok: false, failure: null }]);
  expect(all.evaluator.asked).not.toContain('environment.probe');
});

test('where the evaluator fails while an author has something done, the session ends and says so', async () => {
  const all = probing();
  all.evaluator.interfere = (method) =>
    method === 'environment.probe'
      ? { ok: false, code: 'environment_error', message: 'it is gone', detail: null }
      : undefined;
  const { stopped } = await run(all, { settings: { simplify: false } });
  expect(stopped).toMatchObject({
    reason: 'failed',
    message: 'probing the environment failed: it is gone (0 of 3000 episodes)',
  });
});
