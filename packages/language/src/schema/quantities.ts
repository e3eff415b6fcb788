/** Durations and sizes, as people write them. */
import { z } from 'zod';

const SECONDS_PER_UNIT: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  min: 60,
  h: 3600,
  d: 86400,
};
const MEGABYTES_PER_UNIT: Readonly<Record<string, number>> = { MB: 1, GB: 1024 };

/** `90s`, `5m`, `1.5h`, `500ms`, or a bare number of seconds; gives seconds. */
export const duration = z
  .union([z.number().positive(), z.string().regex(/^(?=.*[1-9])\d+(\.\d+)? ?(ms|s|m|min|h|d)$/)])
  .transform((value) => (typeof value === 'number' ? value : scaleQuantity(value, SECONDS_PER_UNIT)))
  .meta({ title: 'a duration of more than 0, such as 500ms, 90s, 5m or 1h, or seconds' });

/** `512MB` or `1GB` (1 GB = 1024 MB); gives MB. */
export const memorySize = z
  .string()
  .regex(/^(?=.*[1-9])\d+(\.\d+)? ?(MB|GB)$/)
  .transform((value) => scaleQuantity(value, MEGABYTES_PER_UNIT))
  .meta({ title: 'a size of more than 0 in MB or GB, such as 512MB or 1GB' });

/** A number that its schema has checked to be one with a unit of the table. */
function scaleQuantity(text: string, units: Readonly<Record<string, number>>): number {
  return Number.parseFloat(text) * (units[text.replace(/[\d. ]+/, '')] ?? 1);
}
