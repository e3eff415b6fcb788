/** Run folders: what a run leaves behind, written by one kernel and read by anybody. */
export { listRuns, readRun, type StoredRun } from './stored-runs';
export { openRecorded } from './open-recorded';
export { openRun, type OpenedRun, type RunDeclaration } from './open-run';
export { readPolicy, type RunFolder } from './run-folder';
export { StoreError, type StoreCode } from './store-error';
