/** Candidates as points: where each was scored, how it stands, and what a hover says of it. */
import type { Alarm, Candidate, CandidateId, RunState } from '@policybook/engine';
import { alarmWords } from './alarm-words';
import { plural, returnWords, scoreWords } from './numbers';
import { plotlyText } from './safe-text';
import { referenceOf, standings, standingWords, type Standing } from './standing';

export interface CandidatePoint {
  readonly x: number;
  readonly y: number;
  readonly standing: Standing;
  /** Plotly's HTML subset, escaped. */
  readonly hover: string;
}

/** Every candidate with at least one return, oldest score first. A champion's point is where it took the title. */
export function candidatePoints(state: RunState): readonly CandidatePoint[] {
  const stands = standings(state);
  const alarms = new Map<CandidateId, Alarm[]>();
  for (const alarm of state.alarms)
    alarms.set(alarm.candidate, [...(alarms.get(alarm.candidate) ?? []), alarm]);
  const reigns = new Map(state.championHistory.map((reign) => [reign.candidate, reign]));
  const points = [...state.candidates.values()].flatMap((candidate) => {
    const standing = stands.get(candidate.id) ?? 'pending';
    const reign = reigns.get(candidate.id);
    const score = reign?.score ?? candidate.score;
    const y = score?.mean ?? meanReturn(candidate);
    if (y === null) return [];
    const x = (reign?.at ?? candidate.at).episodes;
    const played = score ? scoreWords(score) : trainingWords(candidate, y);
    const own = alarms.get(candidate.id) ?? [];
    return [{ x, y, standing, hover: hoverText(state.run, candidate, standing, played, own) }];
  });
  return points.sort((a, b) => a.x - b.x);
}

function meanReturn({ training }: Candidate): number | null {
  if (training.size === 0) return null;
  return [...training.values()].reduce((sum, value) => sum + value, 0) / training.size;
}

function trainingWords({ training }: Candidate, mean: number): string {
  return `${returnWords(mean)} over ${plural(training.size, 'training episode')}`;
}

function hoverText(
  run: string,
  candidate: Candidate,
  standing: Standing,
  played: string,
  alarms: readonly Alarm[],
): string {
  const { label, idea, size } = candidate;
  return [
    `<b>${plotlyText(referenceOf(run, candidate.id))}</b> ${plotlyText(label, 60)}`,
    `${played} · ${standingWords(standing)} · ${plural(size.lines, 'line')}`,
    ...(idea === '' ? [] : [plotlyText(idea, 110)]),
    ...alarms.map((alarm) => plotlyText(`alarm: ${alarmWords(alarm.code)}`)),
  ].join('<br>');
}
