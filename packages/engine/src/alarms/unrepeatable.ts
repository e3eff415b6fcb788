/** An environment that gives two episodes for one seed. */
import type { CandidateId } from '../events';
import type { RunState } from '../state';
import { createAlarm, type AlarmRule } from './rule';

/** Raises an alarm for each head and champion of an environment that was found not to repeat. */
export const checkRepeatability: AlarmRule = (event, state) => {
  const candidate = findPromoted(event, state);
  const { unrepeatable } = state.facts;
  if (candidate === null || unrepeatable === undefined) return [];
  const message =
    `the environment does not repeat a seed: ${unrepeatable}. @${candidate} was scored and compared in episodes that are ` +
    'not paired, so that small differences take more of them to show, and a replay may play another episode than the recorded one.';
  return [createAlarm('unrepeatable', candidate, message)];
};

function findPromoted(event: Parameters<AlarmRule>[0], state: RunState): CandidateId | null {
  if (event.type === 'champion_promoted' || event.type === 'head_changed') return event.candidate;
  const latest = state.championHistory.at(-1)?.candidate;
  return event.type === 'challenger_compared' && event.challenger === latest ? latest : null;
}
