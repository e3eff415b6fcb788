/** What each part of the best policy does, and each of its constants, from episodes that its text is played on without it. */
import type { AblatedPolicy, AuthorRequest, Candidate, CandidateEpisode } from '@policybook/engine';
import { formatCount, formatNumeral } from '@policybook/protocol';
import { quote, quoteInLine } from './quoted';

/** Episodes that a text is played on, and their steps together. */
const MOST_EPISODES = 8;
const MOST_STEPS = 4000;
/** Parts that have a line. */
const MOST_LINES = 16;

type Change = Pick<AblatedPolicy['parts'][number], 'share' | 'change'>;

/** Finds out what the parts of a candidate's text do; `null` where its episodes are too long, or do not repeat. */
export async function ablateHead(
  { episodes, ablate }: AuthorRequest,
  { id }: Candidate,
): Promise<AblatedPolicy | null> {
  const seeds = chooseSeeds(await episodes(id));
  return seeds.length === 0 ? null : ablate(id, seeds);
}

/** Formats what each part does, the greatest effect first; `null` where the text has none that can be left out. */
export function formatAblation(ablated: AblatedPolicy): string | null {
  const { parts, constants, otherParts, otherConstants, movedPart } = ablated;
  const lines = [
    ...formatParts(parts),
    ...formatOthers(otherParts),
    ...formatConstants(constants, movedPart),
    ...(otherConstants === 0 ? [] : [`${formatCount(otherConstants)} more constants were not moved`]),
  ];
  return lines.length === 0 ? null : quote(lines.join('\n'), 4000);
}

/** Chooses episodes of evenly spread returns, as many as are short enough together. */
function chooseSeeds(episodes: readonly CandidateEpisode[]): readonly number[] {
  const sorted = [...episodes].sort((one, other) => one.return - other.return || one.seed - other.seed);
  const count = Math.min(MOST_EPISODES, sorted.length);
  const spread = Array.from(
    { length: count },
    (_, place) => sorted[Math.round((place * (sorted.length - 1)) / Math.max(1, count - 1))],
  );
  let left = MOST_STEPS;
  return spread.flatMap((episode) => {
    const steps = episode?.kept?.steps ?? Infinity;
    if (episode === undefined || steps > left) return [];
    left -= steps;
    return [episode.seed];
  });
}

function formatParts(parts: AblatedPolicy['parts']): string[] {
  // A text that fails without a part says nothing of what the part is worth.
  const measured = parts.flatMap((part) => (part.share === null ? [] : [{ ...part, share: part.share }]));
  const acting = measured.filter(({ share }) => share > 0).sort((one, other) => other.share - one.share);
  const idle = measured.filter(({ share }) => share === 0);
  return [
    ...acting
      .slice(0, MOST_LINES)
      .map((part) => `${formatPlace(part)}, ${quoteInLine(part.label, 120)}: ${formatChange(part)}`),
    ...(acting.length > MOST_LINES ? [`${acting.length - MOST_LINES} more parts change less`] : []),
    ...(idle.length === 0
      ? []
      : [
          `no other action in any of these steps: ${quoteInLine(
            idle.map((part) => `${formatPlace(part)}, ${part.label}`).join('; '),
            800,
          )}`,
        ]),
  ];
}

function formatOthers(otherParts: AblatedPolicy['otherParts']): string[] {
  if (otherParts === null) return ['the text is too large for its parts to be left out one by one'];
  return otherParts === 0 ? [] : [`${formatCount(otherParts)} more parts were not tried`];
}

function formatConstants(constants: AblatedPolicy['constants'], movedPart: number): string[] {
  const moved = constants.map((constant) => `${quoteInLine(constant.name, 40)} ${formatChange(constant)}`);
  if (moved.length === 0) return [];
  return [
    `marked constants moved by ${formatNumeral(100 * movedPart, 2)} % of their ranges: ${moved.join('; ')}`,
  ];
}

function formatPlace({ first, last }: Pick<AblatedPolicy['parts'][number], 'first' | 'last'>): string {
  return first === last ? `line ${first}` : `lines ${first}–${last}`;
}

/** Formats as "another action in 34 % of steps, by 2.1 % of its range on average". */
function formatChange({ share, change }: Change): string {
  if (share === null) return 'fails';
  const moved = change === null ? '' : `, by ${formatShare(change)} of its range on average`;
  return `another action in ${formatShare(share)} of steps${moved}`;
}

function formatShare(share: number): string {
  return `${formatNumeral(100 * share, 2)} %`;
}
