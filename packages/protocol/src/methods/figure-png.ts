import { z } from 'zod';
import { jsonSchema } from '../json-schema';

/** Draws a figure in the subset of Plotly JSON that `@policybook/views` writes, by Matplotlib. */
export const drawFigure = {
  params: z.strictObject({ figure: jsonSchema, width: z.int().positive(), height: z.int().positive() }),
  result: z.strictObject({
    /** The picture's bytes in base 64. */
    png: z.string(),
  }),
};
