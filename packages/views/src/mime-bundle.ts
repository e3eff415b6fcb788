/** A Jupyter MIME bundle, and that of a picture: Plotly data, a text and, where there is one, a PNG. */
import type { Json } from '@policybook/protocol';
import { FIGURE_MIME, type FigurePayload, PLOTLY_MIME } from './payloads';
import type { PlotlyFigure } from './plotly-figure';
import { toOneLine } from './text';

/** An output of a cell: representations by their MIME types. */
export type MimeBundle = Readonly<Record<string, Json>>;

/** Builds the output of a figure. `png` is its latest picture, base64, absent until the first was drawn; `text` says the same in words. */
export function buildFigureBundle(
  figure: PlotlyFigure,
  { title, label, text }: { readonly title: string; readonly label: string; readonly text: string },
  png?: string,
): MimeBundle {
  const payload: FigurePayload = { version: 1, title: toOneLine(title), label: toOneLine(label, 400) };
  return {
    [FIGURE_MIME]: payload,
    [PLOTLY_MIME]: figure,
    ...(png === undefined ? {} : { 'image/png': png }),
    'text/plain': text,
  };
}
