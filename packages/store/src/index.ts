/** Run folders: what a run leaves behind, written by one kernel and read by anybody. */
export { listRuns, readRun, type StoredRun } from './stored-runs';
export { openRecorded } from './open-recorded';
export { openRun, type OpenedRun, type RecordedRun, type RunDeclaration } from './open-run';
export {
  ComparisonFolder,
  listComparisons,
  openComparison,
  readComparison,
  type ComparisonDeclared,
  type OpenedComparison,
  type StoredComparison,
} from './comparison-folder';
export type { BrokenRecord } from './broken';
export { readEpisode } from './episode-files';
export { readPolicy } from './policy-files';
export type { RunFolder } from './run-folder';
export { openRepeats, readRepeats, splitSearch, type OpenedRepeats, type StoredRepeats } from './repeats';
export { StoreError, type StoreCode } from './store-error';
