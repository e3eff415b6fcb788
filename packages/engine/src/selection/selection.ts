/** The decision who of a generation's survivors challenges the champion. */
import type { CandidateId } from '../events';
import type { RaceEntry } from '../racing/racing';

export interface Selection {
  /** `null` when nobody survived. Deterministic. */
  challenger(survivors: readonly RaceEntry[]): CandidateId | null;
}
