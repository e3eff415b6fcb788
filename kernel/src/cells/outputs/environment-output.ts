/** What environments print while they are played, in the cell's output: marked, each line once, and bounded for a run. */
import type { Evaluator } from '@policybook/engine';
import type { OutputSink } from './output-sink';

/** Of what environments print in one run, or while one is declared, so many characters are shown. */
const MAX_CHARACTERS = 2000;
/** The most lines whose repetitions are said in words. */
const MAX_REPEATED_LINES = 3;

/** An evaluator whose environments' output is shown, once and up to a bound. */
export interface WatchedEvaluator {
  readonly evaluator: Evaluator;
  /** Says how often lines were printed that came more than once, as from each process that made the environment. */
  close(): void;
}

/** Returns the evaluator as it is, except that what environments print meanwhile is shown in `sink`. */
export function watchEnvironmentOutput(
  evaluator: Evaluator,
  sink: Pick<OutputSink, 'stream'>,
): WatchedEvaluator {
  let left = MAX_CHARACTERS;
  const times = new Map<string, number>();
  const show = (text: string): void => {
    // The evaluator hands on whole lines.
    const lines = text.replace(/\n$/, '').split('\n');
    const fresh = lines.filter((line) => {
      const before = times.get(line);
      if (before !== undefined || left > 0) times.set(line, (before ?? 0) + 1);
      return before === undefined;
    });
    if (fresh.length === 0 || left <= 0) return;
    const mark = left === MAX_CHARACTERS ? 'The environment printed:\n' : '';
    const shown = `${fresh.join('\n')}\n`.slice(0, left);
    left -= shown.length;
    const end = left > 0 ? '' : `\n… What it prints beyond ${MAX_CHARACTERS} characters is not shown.\n`;
    sink.stream('stdout', `${mark}${shown}${end}`);
  };
  return {
    evaluator: {
      request: (method, params, { signal, onProgress }) =>
        evaluator.request(method, params, {
          signal,
          onProgress: (progress) => {
            if (progress.output !== undefined) show(progress.output);
            onProgress?.(progress);
          },
        }),
    },
    close: () => {
      const repeated = [...times].filter(([line, count]) => count > 1 && line.trim() !== '');
      if (repeated.length > 0) sink.stream('stdout', `${formatRepeated(repeated)}\n`);
    },
  };
}

/** Says of lines that came more than once how often: "The environment printed “loading the table” at least 8 times.". */
function formatRepeated(repeated: readonly (readonly [line: string, times: number])[]): string {
  // Of what one process prints a part is dropped unread, so that there may have been more.
  const named = repeated
    .slice(0, MAX_REPEATED_LINES)
    .map(([line, times]) => `“${line.trim().slice(0, 80)}” at least ${times} times`);
  const others = repeated.length - named.length;
  const rest = others === 0 ? '' : `, and ${others} other ${others === 1 ? 'line' : 'lines'} more than once`;
  return `The environment printed ${named.join(', ')}${rest}.`;
}
