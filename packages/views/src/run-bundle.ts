/** The run view as one output: ours, Plotly's, a picture and text; never HTML, which would outrank the picture. */
import type { RunState } from '@policybook/engine';
import type { MimeBundle } from './mime-bundle';
import { plotlyMime, runMime } from './payloads';
import { runFigure } from './run-figure';
import { runPayload } from './run-payload';
import type { RunProgress } from './run-progress';
import { runText } from './run-text';

/** `png`: the latest picture of `runFigure`, base64; absent until the first was drawn. */
export function runBundle(state: RunState, progress: RunProgress, png?: string): MimeBundle {
  const payload = runPayload(state, progress);
  return {
    [runMime]: payload,
    [plotlyMime]: runFigure(state),
    ...(png === undefined ? {} : { 'image/png': png }),
    'text/plain': runText(state, payload),
  };
}
