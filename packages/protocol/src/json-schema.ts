import { z } from 'zod';
import type { Json } from './json';

/** Any JSON value, read-only as everything is that crosses a process boundary. */
export const jsonSchema: z.ZodType<Json> = z.json();
