import type { Evaluator } from '@policybook/engine';
import { watchEnvironmentOutput } from '../../../../kernel/src/cells/outputs/environment-output';
import { CellEvaluator } from './cell-world';

/** What is shown of an evaluator that reports these outputs. */
async function show(outputs: readonly string[]): Promise<string> {
  let text = '';
  const inner = new CellEvaluator();
  const printing: Evaluator = {
    request: (method, params, options) => {
      for (const output of outputs) options.onProgress?.({ output });
      return inner.request(method, params, options);
    },
  };
  const watched = watchEnvironmentOutput(printing, {
    stream: (_, shown) => {
      text += shown;
    },
  });
  await watched.evaluator.request('sandbox.level', {}, { signal: new AbortController().signal });
  watched.close();
  return text;
}

test('a line that eight processes print is shown once, with how often it came', async () => {
  const eight = Array.from({ length: 8 }, () => 'loading the table\n');
  expect(await show([...eight, 'ready\n'])).toBe(
    'The environment printed:\nloading the table\nready\n' +
      'The environment printed “loading the table” at least 8 times.\n',
  );
  expect(await show(['once\n'])).toBe('The environment printed:\nonce\n');
  expect(await show([])).toBe('');
});

test('of many lines that come again a few are named', async () => {
  const lines = Array.from({ length: 6 }, (_, step) => `step ${step}\n`).join('');
  expect(await show([lines, lines])).toMatch(
    /“step 0” at least 2 times, “step 1” at least 2 times, “step 2” at least 2 times, and 3 other lines more than once\.\n$/,
  );
});

test('what goes beyond the bound is said once', async () => {
  const text = await show(Array.from({ length: 300 }, (_, step) => `this is the step ${step}\n`));
  expect(text.length).toBeLessThan(2200);
  expect(text).toContain('What it prints beyond 2000 characters is not shown.');
});
