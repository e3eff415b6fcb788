/** The rule by which a session ends where faults of the environment end too many of its episodes. */
import { BettingMartingale } from '../acceptance/betting';
import { formatLost } from './format-lost';
import type { EpisodeCounts } from './event-log';

/** The part of all episodes that may be lost. */
const MAX_LOST_SHARE = 0.1;
/** How sure it must be that more are lost: chance ends so many of all sessions at most in which it is just this part. */
const FALSE_END_PROBABILITY = 0.01;
/** Of fewer episodes nothing is said: ten lost in one place end a request before. */
const MIN_JUDGED_EPISODES = 20;

/**
 * Counts the episodes of a session. That more than a tenth is lost has to be shown by a test that may be looked at after
 * each block (`acceptance/betting.ts`): an environment that loses one episode in twenty has blocks with three of twenty.
 */
export class LossRule {
  private readonly evidence = new BettingMartingale(MAX_LOST_SHARE, 0);
  private all = 0;
  private lost = 0;

  /** Adds episodes, and says why the session ends; `null` where it goes on. `fault` is what ended one of them. */
  findEnd({ played, lost }: EpisodeCounts, fault: string): string | null {
    this.all += played + lost;
    this.lost += lost;
    for (let episode = 0; episode < lost; episode++) this.evidence.add(1);
    for (let episode = 0; episode < played; episode++) this.evidence.add(0);
    const isShown = this.evidence.logEValue >= -Math.log(FALSE_END_PROBABILITY);
    if (this.all < MIN_JUDGED_EPISODES || !isShown) return null;
    return `${formatLost(this.lost, this.all, fault)}; it is certain to 99 % that more than a tenth is lost, which ends a session`;
  }
}
