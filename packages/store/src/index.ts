/** Run folders: what a run leaves on the disk, written by one kernel and read by all. */
export type { ReplacedFolder } from './named-folder';
export {
  listRuns,
  openRecorded,
  openRun,
  readRun,
  type OpenedRun,
  type RecordedRun,
  type RunFolderDeclaration,
  type RunFolder,
  type StoredRun,
} from './runs';
export {
  ComparisonFolder,
  listComparisons,
  openComparison,
  readComparison,
  type ComparisonFolderDeclaration,
  type OpenedComparison,
  type StoredComparison,
} from './comparisons';
export type { UnreadableRecord } from './record';
export { readCandidateEpisodes } from './candidate-episodes';
export { readCalls, type StoredCall } from './call-files';
export { readEpisode } from './episode-files';
export { readPolicy, type RecordedPolicy } from './recorded-folder';
export {
  openReplicatedRun,
  readReplicatedRun,
  splitReplicate,
  type OpenedReplicatedRun,
  type StoredReplicatedRun,
} from './replicated-run';
export { NumberedFolders } from './request-folders';
export { TraceFiles } from './trace-files';
export {
  catchStoreErrors,
  describeSystemError,
  StoreError,
  toStoreError,
  type StoreCode,
} from './store-error';
