/** What environments print while they are played, in the cell's output: marked, and bounded for a run. */
import type { Evaluator } from '@policybook/engine';
import type { OutputSink } from './output-sink';

/** Of what environments print in one run, or while one is declared, so many characters are shown. */
const MAX_CHARACTERS = 2000;

/** Returns the evaluator as it is, except that what environments print meanwhile is shown in `sink`, once and up to a bound. */
export function showEnvironmentOutput(evaluator: Evaluator, sink: Pick<OutputSink, 'stream'>): Evaluator {
  let left = MAX_CHARACTERS;
  const show = (text: string): void => {
    if (left <= 0) return;
    const mark = left === MAX_CHARACTERS ? 'The environment printed:\n' : '';
    const shown = text.slice(0, left);
    left -= shown.length;
    const end = left > 0 ? '' : `\n… What it prints beyond ${MAX_CHARACTERS} characters is not shown.\n`;
    sink.stream('stdout', `${mark}${shown}${end}`);
  };
  return {
    request: (method, params, { signal, onProgress }) =>
      evaluator.request(method, params, {
        signal,
        onProgress: (progress) => {
          if (progress.output !== undefined) show(progress.output);
          onProgress?.(progress);
        },
      }),
  };
}
