/** A figure as one output: ours, Plotly's, a picture and text; never HTML, which would outrank the picture. */
import type { MimeBundle } from './mime-bundle';
import { figureMime, plotlyMime, type FigurePayload } from './payloads';
import type { PlotlyFigure } from './plotly-figure';
import { oneLine } from './safe-text';

/** `png`: the latest picture, base64; absent until the first was drawn. `text` says the same in words. */
export function figureBundle(
  figure: PlotlyFigure,
  { title, label, text }: { readonly title: string; readonly label: string; readonly text: string },
  png?: string,
): MimeBundle {
  const payload: FigurePayload = { version: 1, title: oneLine(title), label: oneLine(label, 400) };
  return {
    [figureMime]: payload,
    [plotlyMime]: figure,
    ...(png === undefined ? {} : { 'image/png': png }),
    'text/plain': text,
  };
}
