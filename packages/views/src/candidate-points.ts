/** Candidates as points: where each was scored, how it stands, and what a hover says of it. */
import type { Alarm, Candidate, CandidateId, RunState } from '@policybook/engine';
import { formatAlarm } from './warnings';
import { formatQuantity, formatScore, formatTrainingMean } from './numbers';
import { escapePlotly } from './text';
import {
  formatLabel,
  formatReference,
  findStandings,
  formatStanding,
  type CandidateStanding,
} from './champion-history';

/** A candidate as a point of the reward plot. */
export interface CandidatePoint {
  readonly x: number;
  readonly y: number;
  readonly standing: CandidateStanding;
  /** The text of its hover in Plotly's HTML subset, escaped. */
  readonly hover: string;
}

/** Places every candidate with at least one return, oldest score first. A champion's point is where it was promoted. */
export function placeCandidates(state: RunState): readonly CandidatePoint[] {
  const stands = findStandings(state);
  const alarms = new Map<CandidateId, Alarm[]>();
  for (const alarm of state.alarms)
    alarms.set(alarm.candidate, [...(alarms.get(alarm.candidate) ?? []), alarm]);
  const promotions = new Map(state.championHistory.map((promotion) => [promotion.candidate, promotion]));
  const points = [...state.candidates.values()].flatMap((candidate) => {
    const standing = stands.get(candidate.id) ?? 'pending';
    const promotion = promotions.get(candidate.id);
    const score = promotion?.score ?? candidate.score;
    const y = score?.mean ?? computeMeanReturn(candidate);
    if (y === null) return [];
    const x = (promotion?.at ?? candidate.at).episodes;
    const played = score ? formatScore(score) : formatTrainingMean(y, candidate.training.size);
    const own = alarms.get(candidate.id) ?? [];
    return [{ x, y, standing, hover: formatHover(state.run, candidate, standing, played, own) }];
  });
  return points.sort((a, b) => a.x - b.x);
}

function computeMeanReturn({ training }: Candidate): number | null {
  if (training.size === 0) return null;
  return [...training.values()].reduce((sum, value) => sum + value, 0) / training.size;
}

function formatHover(
  run: string,
  candidate: Candidate,
  standing: CandidateStanding,
  played: string,
  alarms: readonly Alarm[],
): string {
  const { idea, size } = candidate;
  return [
    `<b>${escapePlotly(formatReference(run, candidate.id))}</b> ${escapePlotly(formatLabel(candidate, 60), 110)}`,
    `${played} · ${formatStanding(standing)} · ${formatQuantity(size.lines, 'line')}`,
    ...(idea === '' ? [] : [escapePlotly(idea, 110)]),
    ...alarms.map((alarm) => escapePlotly(`alarm: ${formatAlarm(alarm.code)}`)),
  ].join('<br>');
}
