/** One recorded run, folded by the engine and by the Python package: the same champion, scores, verdicts and costs. */
import { execFileSync } from 'node:child_process';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { fold, type Candidate } from '../../../packages/engine/src';
import { readRun } from '../../../packages/store/src';
import {
  findScoredChampion,
  formatCount,
  formatInterval,
  formatMean,
  formatReturn,
  buildRunBundle,
  buildRunsBundle,
} from '../../../packages/views/src';
import { buildClocks } from '../../fixtures/run-events';

const root = resolve(__dirname, '../../..');
const folder = join(root, 'test/fixtures/runs/story/first');

const program = `
import json, sys
from pathlib import Path
from policybook.reading import open_run, tables
from policybook.score_format import format_mean, format_score
run = open_run.open_run(Path(sys.argv[1]))
record = run._read_record()
print(json.dumps({"candidates": tables.list_candidates(record), "usage": run.usage, "says": repr(run), "stopped": run.stopped,
    "numbers": [[format_mean(low), format_score(mean, low, high)] for mean, low, high in json.loads(sys.argv[2])],
    "champions": tables.list_champions(record), "alarms": len(run.alarms), "audits": len(run.audits)}))
`;

const number = z.number().nullable();
const python = z.object({
  candidates: z.array(
    z.object({
      candidate: z.number(),
      label: z.string(),
      kind: z.string(),
      lines: z.number(),
      verdict: z.string().nullable(),
      mean: number,
      low: number,
      high: number,
      measured_episodes: number,
      training_mean: number,
      episodes: z.number(),
    }),
  ),
  usage: z.record(z.string(), z.number()),
  says: z.string(),
  stopped: z.string().nullable(),
  champions: z.array(z.number()),
  numbers: z.array(z.array(z.string())),
  alarms: z.number(),
  audits: z.number(),
});

/** Means with their limits, of every size that a return may have. */
const intervals = [
  [271.3, 262.04, 279.5],
  [0.00123, -0.00041, 0.0031],
  [-98765.4, -123456.7, 0],
  [5, 5, 5],
  [2.5e9, -1_234_567_890_123, 1e21],
  [1e300, -1e300, 2e300],
] as const;

/** Sums of the two languages differ in their last digits. */
const rounded = (value: number): number => Number(value.toFixed(6));

function ofEngine({ id, label, kind, size, verdict, score, training, at }: Candidate) {
  const returns = [...training.values()];
  const sum = returns.reduce((total, value) => total + value, 0);
  return {
    candidate: Number(id),
    label,
    kind,
    lines: size.lines,
    verdict,
    mean: score?.mean ?? null,
    low: score?.low ?? null,
    high: score?.high ?? null,
    measured_episodes: score?.episodes ?? null,
    training_mean: returns.length === 0 ? null : rounded(sum / returns.length),
    episodes: at.episodes,
  };
}

test('a recorded run adds up to the same in TypeScript and in Python', async () => {
  const stored = await readRun(dirname(folder), 'first');
  if (!stored.ok) throw new Error(stored.message);
  const state = fold(stored.value.events);
  if (state === null) throw new Error('the record is empty');
  const command = process.env['POLICYBOOK_PYTHON'] ?? join(root, '.venv/bin/python');
  const tables = python.parse(
    JSON.parse(
      execFileSync(command, ['-c', program, folder, JSON.stringify(intervals)], {
        encoding: 'utf8',
        cwd: dirname(folder),
      }),
    ),
  );
  const { usage: meter } = state;
  expect(tables.usage).toEqual({
    episodes: meter.episodes,
    steps: meter.steps,
    model_steps: meter.modelSteps,
    lost_episodes: meter.lost,
    calls: meter.calls,
    tokens_in: meter.tokensIn,
    tokens_out: meter.tokensOut,
    tokens_cached: meter.tokensCached,
    tokens_reasoning: meter.tokensReasoning,
    unpriced_calls: meter.unpriced,
    money: meter.money,
    cpu_seconds: expect.any(Number) as number,
    wall_seconds: expect.any(Number) as number,
  });
  const read = tables.candidates.map((row) => ({
    ...row,
    training_mean: row.training_mean === null ? null : rounded(row.training_mean),
  }));
  expect(read).toEqual([...state.candidates.values()].map(ofEngine));
  expect(tables.numbers).toEqual(
    intervals.map(([mean, low, high]) => {
      const score = { mean, low, high, episodes: 1 };
      return [formatReturn(low), `${formatMean(score)} ${formatInterval(score)}`];
    }),
  );
  expect(tables.champions).toEqual(state.championHistory.map(({ candidate }) => Number(candidate)));
  expect([tables.alarms, tables.audits]).toEqual([state.alarms.length, state.audits.length]);
  expect(tables.stopped).toBe(state.stopped?.message ?? null);

  const progress = {
    activity: '',
    events: stored.value.events,
    folder: '',
    ...buildClocks(0),
    stepsPerSecond: null,
  };
  const champion = findScoredChampion(state);
  if (champion === null) throw new Error('there is no champion');
  const score = `${formatMean(champion.score)} ${formatInterval(champion.score)}`;
  const reference = `first@${champion.candidate.id}`;
  expect(tables.says).toBe(`<run first: best ${reference}, ${score}, ${meter.episodes} episodes>`);
  for (const text of [buildRunsBundle([{ run: 'first', state }]), buildRunBundle(state, progress)]) {
    expect(text['text/plain']).toContain(reference);
    expect(text['text/plain']).toContain(`${score} over ${champion.score.episodes} episodes`);
    expect(text['text/plain']).toContain(formatCount(meter.episodes));
  }
});
