/** A run folder open for writing: the engine's journal. */
import { join } from 'node:path';
import type {
  CallLog,
  CandidateId,
  Clocks,
  FollowedEpisode,
  Journal,
  RunEvent,
  RunEventType,
} from '@policybook/engine';
import { CallFiles } from './call-files';
import { recordName } from './declared';
import { keepEpisodes } from './episode-files';
import type { RunLock } from './lock';
import { keepPolicy, readPolicy } from './policy-files';
import type { RunRecord } from './record';
import { RecordFile } from './record-file';

/** Answers that were paid for and decisions that people rely on; the rest can be computed again. */
const durable: ReadonlySet<RunEventType> = new Set<RunEventType>([
  'run_declared',
  'author_answered',
  'author_failed',
  'challenger_compared',
  'champion_changed',
  'run_stopped',
  'audited',
]);

export class RunFolder implements Journal {
  readonly calls: CallLog;

  private constructor(
    readonly path: string,
    private readonly record: RecordFile,
  ) {
    this.calls = new CallFiles(join(path, 'calls'));
  }

  /** Goes on after `record`, whose end is in order; `lock` is the caller's and becomes this folder's. */
  static async appendingTo(path: string, record: RunRecord, lock: RunLock): Promise<RunFolder> {
    return new RunFolder(path, await RecordFile.appendingTo(join(path, recordName), record, lock));
  }

  /** After a failure nothing is written any more: the record stays as it was before. */
  append(event: RunEvent, clocks: Clocks): Promise<void> {
    return this.record.append(event, clocks, durable.has(event.type));
  }

  keepPolicy(candidate: CandidateId, hash: string, source: string): Promise<string> {
    return keepPolicy(this.path, candidate, hash, source);
  }

  readPolicy(name: string): Promise<string> {
    return readPolicy(this.path, name);
  }

  keepEpisodes(hash: string, episodes: readonly FollowedEpisode[]): Promise<void> {
    return keepEpisodes(this.path, hash, episodes);
  }

  /** Idempotent. */
  close(): Promise<void> {
    return this.record.close();
  }
}
