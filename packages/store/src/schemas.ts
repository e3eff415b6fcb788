/** The files of a run folder that programs read, as schemas. */
import { runEvent } from '@policybook/engine';
import { callFile } from './call-files';
import { createLineSchema } from './line';

/** A line of a run's record. */
export const runLine = createLineSchema(runEvent);
export { callFile };
