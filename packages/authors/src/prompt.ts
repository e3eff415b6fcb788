/** The prompt of a model: its task, the best policy and what happened in its episodes, other attempts with their verdicts, findings. */
import { formatCount, formatNumeral, formatQuantity } from '@policybook/protocol';
import {
  compareWith,
  findGoldenLosses,
  findHead,
  formatGoldenLosses,
  formatUnexercised,
  requireCandidate,
  summariseAllEpisodes,
  type AuthorRequest,
  type Candidate,
  type CandidateComparison,
  type CandidateId,
  type RunState,
  type Score,
} from '@policybook/engine';
import editForm from '../prompts/edits.md';
import forms from '../prompts/forms.md';
import system from '../prompts/system.md';
import task from '../prompts/task.md';
import { formatDifference, formatFlips, formatSummary } from './episode-evidence';
import { listOtherTexts } from './other-texts';
import { keepParts, type PromptPart } from './prompt-parts';
import { fence, quoteInLine, quote } from './quoted';
import { formatBounds, formatBudgetLeft, formatEnvironment, formatFurther } from './task-description';
import { fillTemplate } from './template';
import { countCharacters } from './usage';

/** The two messages of a call. */
export interface Prompt {
  readonly system: string;
  readonly user: string;
}

/** What the author's settings say of its prompts. */
export interface PromptOptions {
  /** The user's own words to the author; `null` for none. */
  readonly instructions: string | null;
  /** The most tokens of a prompt, as `estimateTokens` counts them; `null` for no limit. */
  readonly mostTokens: number | null;
  /** Whether an answer may be edits of an earlier text. */
  readonly allowsEdits: boolean;
}

/** Latest attempts shown in addition to the best policy. */
const ATTEMPTS_SHOWN = 8;
/** Other candidates whose episodes are summarised: the best estimates, and the latest that have played. */
const BEST_SUMMARISED = 3;
const LATEST_SUMMARISED = 2;
/** Characters that are kept for the sentence that says what is left out, and for the list in it. */
const LEFT_OUT_ROOM = 600;
const LEFT_OUT_LIST = 400;

/**
 * Which parts of a prompt are left out last: what happened to the best policy, how attempts ended, what the environment is. Of
 * attempts the earliest go first.
 */
const RANKS = {
  evidence: 0,
  attempts: 1,
  documentation: 20,
  bounds: 21,
  findings: 22,
  others: 40,
  texts: 60,
};

/** Writes the whole prompt; the same request gives the same text. */
export async function writePrompt(
  request: AuthorRequest,
  { instructions, mostTokens, allowsEdits }: PromptOptions,
): Promise<Prompt> {
  const { policy, environment } = request.settings;
  const more =
    policy.imports.length > 0 ? `, and ${policy.imports.map((name) => `\`${name}\``).join(', ')}` : '';
  const systemText = fillTemplate(system, {
    imports: more,
    further: formatFurther(environment),
    stepMs: String(policy.stepMs),
    importMs: String(policy.importMs),
    forms: formatForms(request.state, allowsEdits),
  });
  const head = findHead(request.state);
  const fixed = {
    instructions: instructions === null ? '' : `# What the user asks for\n\n${instructions.trim()}\n\n`,
    environment: formatEnvironment(request),
    budget: formatBudgetLeft(request),
    champion: formatHead(request, head),
  };
  const parts = await listParts({ ...request, episodes: readOnce(request.episodes) }, head);
  const most = mostTokens === null ? Infinity : countCharacters(mostTokens) - LEFT_OUT_ROOM;
  const taken = [systemText, task, ...Object.values(fixed)].reduce((sum, text) => sum + text.length, 0);
  const { join, leftOut } = keepParts(parts, most - taken);
  return {
    system: systemText,
    user: fillTemplate(task, {
      ...fixed,
      bounds: join('bounds', ''),
      documentation: join('documentation', ''),
      evidence: join('evidence', ''),
      attempts: join('attempts', '\n') || 'None.',
      others: join('others', ''),
      texts: join('texts', ''),
      findings: join('findings', '') || 'Nothing beyond the above.',
      leftOut: formatLeftOut(leftOut, mostTokens),
    }),
  };
}

/** Says which further forms an answer may have once there are policies; empty before. */
function formatForms({ candidates }: RunState, allowsEdits: boolean): string {
  if (candidates.size === 0) return '';
  const edits = allowsEdits ? `\n\n${fillTemplate(editForm, {})}` : '';
  return `\n\n${fillTemplate(forms, { edits })}`;
}

/** Says what is not in the prompt; empty where everything is. */
function formatLeftOut(names: readonly string[], mostTokens: number | null): string {
  if (names.length === 0 || mostTokens === null) return '';
  const list = quoteInLine(names.join('; '), LEFT_OUT_LIST);
  return `\n\nA prompt has about ${formatCount(mostTokens)} tokens at most. This one leaves out: ${list}.`;
}

/** Lists what may be left out, in the order of the prompt. */
async function listParts(request: AuthorRequest, head: Candidate | null): Promise<PromptPart[]> {
  const { state } = request;
  const comparisons = head === null ? [] : compareWith(state, head.id);
  return [
    ...listTaskParts(request),
    ...(head === null ? [] : await listHeadParts(request, head)),
    ...listAttemptParts(state, head, comparisons),
    ...(await listOtherParts(request, comparisons)),
    ...(head === null ? [] : listOtherTexts(request, head, comparisons, RANKS.texts)),
    ...listFindingParts(state.findings),
  ];
}

/** Reads each candidate's episodes once: most candidates have the head for a parent, and reading them reads a file. */
function readOnce(read: AuthorRequest['episodes']): AuthorRequest['episodes'] {
  const known = new Map<CandidateId, ReturnType<AuthorRequest['episodes']>>();
  return (id) => {
    const episodes = known.get(id) ?? read(id);
    known.set(id, episodes);
    return episodes;
  };
}

function listTaskParts(request: AuthorRequest): PromptPart[] {
  const bounds = formatBounds(request);
  const { documentation } = request.facts;
  return [
    ...(bounds === null ? [] : [createTaskPart('bounds', 'Bounds', bounds)]),
    ...(documentation === undefined
      ? []
      : [createTaskPart('documentation', 'What its documentation says', quote(documentation, 5000))]),
  ];
}

function createTaskPart(place: 'bounds' | 'documentation', heading: string, text: string): PromptPart {
  const names = { bounds: 'the bounds of observation and action', documentation: 'the documentation' };
  return { place, name: names[place], text: `\n\n${heading}:\n\n${text}`, rank: RANKS[place] };
}

async function listHeadParts(request: AuthorRequest, head: Candidate): Promise<PromptPart[]> {
  const unexercised = formatUnexercised(request.state);
  const lines = [
    ...(await describeEpisodes(request, head)),
    ...(unexercised === null ? [] : [`of its text, ${unexercised}`]),
  ];
  if (lines.length === 0) return [];
  const text = `\n\nWhat happened in its episodes:\n\n${quote(lines.join('\n'), 6000)}`;
  return [
    { place: 'evidence', name: "what happened in the best policy's episodes", text, rank: RANKS.evidence },
  ];
}

/** Describes how a candidate's episodes went, and where they differ from those of its parent. */
async function describeEpisodes(request: AuthorRequest, candidate: Candidate): Promise<string[]> {
  const episodes = await request.episodes(candidate.id);
  const { parent } = candidate;
  const { rewardThreshold } = request.facts;
  const flips =
    parent === null
      ? []
      : formatFlips({ parent, before: await request.episodes(parent), after: episodes }, rewardThreshold);
  return [...formatSummary(episodes, rewardThreshold), ...flips];
}

function listAttemptParts(
  state: RunState,
  head: Candidate | null,
  comparisons: readonly CandidateComparison[],
): PromptPart[] {
  const others = [...state.candidates.values()].filter(({ id }) => id !== head?.id);
  const best = new Set(comparisons.slice(0, BEST_SUMMARISED).map(({ candidate }) => candidate));
  const latest = new Set(others.slice(-ATTEMPTS_SHOWN));
  const shown = others.filter((candidate) => latest.has(candidate) || best.has(candidate.id));
  return shown.map((candidate, index) => {
    const comparison = comparisons.find((each) => each.candidate === candidate.id);
    const difference =
      head === null || comparison === undefined ? '' : `; ${formatDifference(comparison, head.id)}`;
    return {
      place: 'attempts',
      name: `the attempt @${candidate.id}`,
      text: formatAttempt(state, candidate, difference),
      rank: RANKS.attempts + shown.length - index,
    };
  });
}

/** Summarises the episodes of the best and the latest other candidates, the best first. */
async function listOtherParts(
  request: AuthorRequest,
  comparisons: readonly CandidateComparison[],
): Promise<PromptPart[]> {
  const played = comparisons.map(({ candidate }) => candidate);
  const best = played.slice(0, BEST_SUMMARISED);
  const latest = [...played].sort((one, other) => other - one).slice(0, LATEST_SUMMARISED);
  const described = await Promise.all(
    [...new Set([...best, ...latest])].map((id) => describeOther(request, id)),
  );
  return described.map(({ id, text }, index) => ({
    place: 'others',
    name: `what happened in the episodes of @${id}`,
    text,
    rank: RANKS.others + index,
  }));
}

async function describeOther(
  request: AuthorRequest,
  id: CandidateId,
): Promise<{ id: CandidateId; text: string }> {
  const candidate = requireCandidate(request.state, id);
  const lines = await describeEpisodes(request, candidate);
  return { id, text: `\n\nWhat happened in the episodes of @${id}:\n\n${quote(lines.join('\n'), 3000)}` };
}

function listFindingParts(findings: readonly string[]): PromptPart[] {
  if (findings.length === 0) return [];
  const text = quote(findings.map((each) => `- ${quoteInLine(each, 400)}`).join('\n'), 6000);
  return [{ place: 'findings', name: 'what else is known', text, rank: RANKS.findings }];
}

function formatHead({ state, source }: AuthorRequest, head: Candidate | null): string {
  if (head === null) return 'There is none yet: write the first policy.';
  const scored = head.score ? formatScore(head.score) : formatUnmeasured(state, head);
  return [
    `@${head.id} "${quoteInLine(head.label)}"${scored === '' ? '' : `: ${scored}`}`,
    fence(source(head.id)),
  ].join('\n\n');
}

/** Formats the mean of a policy that was chosen by the episodes it is of: an interval would promise too much. */
function formatUnmeasured(state: RunState, candidate: Candidate): string {
  const summary = summariseAllEpisodes(state, candidate);
  if (summary === null) return '';
  return `mean ${formatNumber(summary.mean)} over ${formatQuantity(summary.episodes, 'training episode')}, by which it was chosen`;
}

/** Formats an attempt; `difference` says how it compares with the best policy, and is empty where it has not played. */
function formatAttempt(state: RunState, candidate: Candidate, difference: string): string {
  const { failure } = candidate;
  const line = `- @${candidate.id} "${quoteInLine(candidate.label)}": ${formatVerdict(candidate)}${difference}${formatRefusal(state, candidate)}. ${quoteInLine(candidate.idea)}`;
  if (failure === null) return line.trimEnd();
  const place = failure.line === null ? '' : ` in line ${failure.line}`;
  return `${line.trimEnd()} It failed (${failure.code}${place}):\n${quote(failure.message, 1000)}`;
}

/** Says on which golden cases the candidate was refused; empty where it was not. */
function formatRefusal(state: RunState, candidate: Candidate): string {
  const losses = findGoldenLosses(state, candidate);
  return losses.length === 0
    ? ''
    : `; refused, because it ${formatGoldenLosses(losses)}. On these episodes no later policy may do worse`;
}

/** Says undecided where it is: episodes that do not distinguish two policies say nothing against the new one. */
function formatVerdict({ verdict, score, training, duplicateOf }: Candidate): string {
  if (duplicateOf !== null) return `not played, it does what @${duplicateOf} does`;
  const returns = [...training.values()];
  const mean = returns.reduce((sum, each) => sum + each, 0) / returns.length;
  const trained =
    returns.length > 0 ? `mean ${formatNumber(mean)} over ${returns.length} training episodes` : '';
  const scored = score ? formatScore(score) : trained;
  const words = {
    better: 'it became the best of its time',
    first: 'it was the first best',
    worse: 'worse than the best of its time',
    equivalent: 'as good as the best of its time, within what matters',
    undecided: 'undecided, the episodes played do not tell it from the best of its time',
    dropped: 'dropped, it fell behind the others on the training episodes',
    rejected: 'it could not be played',
    open: 'not compared yet',
  };
  return [words[verdict ?? 'open'], scored].filter(Boolean).join('; ');
}

function formatScore({ mean, low, high, episodes }: Score): string {
  return `mean ${formatNumber(mean)}, interval [${formatNumber(low)}, ${formatNumber(high)}] over ${formatQuantity(episodes, 'episode')}`;
}

function formatNumber(value: number): string {
  return formatNumeral(value, 5);
}
