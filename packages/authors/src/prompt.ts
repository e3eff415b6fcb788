/** The prompt of a model: its task, the best policy and what happened in its episodes, other attempts with their verdicts, findings. */
import { formatCount, formatNumeral, formatQuantity } from '@policybook/protocol';
import {
  compareWith,
  findGoldenLosses,
  findHead,
  formatGoldenLosses,
  formatPredictions,
  formatUnexercised,
  requireCandidate,
  summariseAllEpisodes,
  type AblatedPolicy,
  type AuthorRequest,
  type Candidate,
  type CandidateComparison,
  type CandidateId,
  type RunState,
  type Score,
} from '@policybook/engine';
import answerForm from '../prompts/answer-form.md';
import editForm from '../prompts/edits.md';
import forms from '../prompts/forms.md';
import ideas from '../prompts/ideas.md';
import submitForm from '../prompts/submit-form.md';
import system from '../prompts/system.md';
import task from '../prompts/task.md';
import { ablateHead, formatAblation } from './ablation-evidence';
import { formatFlips, formatSummary } from './episode-evidence';
import { formatIdeas } from './ideas-table';
import { listOtherTexts } from './other-texts';
import { keepParts, type PromptPart } from './prompt-parts';
import { fence, quoteInLine, quote } from './quoted';
import {
  countReplayedSteps,
  findSeenRanges,
  formatMet,
  formatReplayCost,
  formatReplayed,
  formatUnreplayed,
  replayTellingEpisodes,
  type ReplayedEpisode,
} from './replayed-evidence';
import {
  formatBounds,
  formatBudgetLeft,
  formatEnvironment,
  formatFurther,
  listProbedRanges,
} from './task-description';
import { fillTemplate } from './template';
import { countCharacters } from './usage';

/** The two messages of a call. */
export interface Prompt {
  readonly system: string;
  readonly user: string;
  /** The steps of the episodes that were replayed for it. */
  readonly tracedSteps: number;
}

/** What the author's settings say of its prompts. */
export interface PromptOptions {
  /** The user's own words to the author; `null` for none. */
  readonly instructions: string | null;
  /** The most tokens of a prompt, as `estimateTokens` counts them; `null` for no limit. */
  readonly mostTokens: number | null;
  /** Whether an answer may be edits of an earlier text. */
  readonly allowsEdits: boolean;
  /** Whether a policy is proposed by the tool `submit` and by nothing else; absent for no. */
  readonly isSubmitted?: boolean;
}

/** The part of a prompt's most characters that the table of what was tried may take. */
const IDEAS_SHARE = 0.25;
/** The latest failures that are shown. */
const FAILURES_SHOWN = 4;
/** Characters of the author's own notes, of which the newest come first. */
const NOTES_LENGTH = 2000;
/** Other candidates whose episodes are summarised: the best estimates, and the latest that have played. */
const BEST_SUMMARISED = 3;
const LATEST_SUMMARISED = 2;
/** Characters that are kept for the sentence that says what is left out, and for the list in it. */
const LEFT_OUT_ROOM = 600;
const LEFT_OUT_LIST = 400;
/** Episodes, or steps, of whose budget the random actions before a first answer get one. */
const FEWEST_PROBED = 20;

/**
 * Which parts of a prompt are left out last: what happened to the best policy, how attempts ended, what the environment is. Of
 * failures the earliest go first.
 */
const RANKS = {
  evidence: 0,
  attempts: 1,
  notes: 2,
  failures: 3,
  met: 10,
  parts: 11,
  documentation: 20,
  bounds: 21,
  findings: 22,
  timelines: 30,
  others: 40,
  texts: 60,
};

/** Writes the whole prompt; the same request gives the same text. */
export async function writePrompt(
  request: AuthorRequest,
  { instructions, mostTokens, allowsEdits, isSubmitted = false }: PromptOptions,
): Promise<Prompt> {
  const { policy, environment } = request.settings;
  const more =
    policy.imports.length > 0 ? `, and ${policy.imports.map((name) => `\`${name}\``).join(', ')}` : '';
  const systemText = fillTemplate(system, {
    imports: more,
    further: formatFurther(environment),
    stepMs: String(policy.stepMs),
    importMs: String(policy.importMs),
    form: isSubmitted
      ? fillTemplate(submitForm, {})
      : fillTemplate(answerForm, { forms: formatForms(request.state, allowsEdits) }),
  });
  const head = findHead(request.state);
  const fixed = {
    instructions: formatUserWords(instructions, request.state.userNotes),
    environment: formatEnvironment(request),
    budget: formatBudgetLeft(request),
    champion: formatHead(request, head),
  };
  const whole = mostTokens === null ? Infinity : countCharacters(mostTokens);
  const reading = { ...request, episodes: readOnce(request.episodes) };
  const [replayed, ablated] =
    head === null
      ? [[], null]
      : await Promise.all([replayTellingEpisodes(reading, head), ablateHead(reading, head)]);
  const parts = await listParts(reading, { head, replayed, ablated, room: whole });
  const most = whole - LEFT_OUT_ROOM;
  const taken = [systemText, task, ...Object.values(fixed)].reduce((sum, text) => sum + text.length, 0);
  const { join, leftOut } = keepParts(parts, most - taken);
  return {
    tracedSteps: countReplayedSteps(replayed) + (ablated?.observations ?? 0),
    system: systemText,
    user: fillTemplate(task, {
      ...fixed,
      bounds: join('bounds', ''),
      documentation: join('documentation', ''),
      evidence: join('evidence', ''),
      attempts: join('attempts', '') || 'Nothing was tried yet.',
      others: join('others', ''),
      texts: join('texts', ''),
      notes: join('notes', ''),
      findings: join('findings', '') || formatNothingKnown(request.state),
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

/** The user's own words: those of the cell, and those said since; empty for none. */
function formatUserWords(instructions: string | null, notes: readonly string[]): string {
  const said = notes.map((note) => `- ${note.trim()}`).join('\n');
  const parts = [
    ...(instructions === null ? [] : [instructions.trim()]),
    ...(said === '' ? [] : [`Said while you worked, the latest last:\n\n${said}`]),
  ];
  return parts.length === 0 ? '' : `# What the user asks for\n\n${parts.join('\n\n')}\n\n`;
}

/** Says what is not in the prompt; empty where everything is. */
function formatLeftOut(names: readonly string[], mostTokens: number | null): string {
  if (names.length === 0 || mostTokens === null) return '';
  const list = quoteInLine(names.join('; '), LEFT_OUT_LIST);
  return `\n\nA prompt has about ${formatCount(mostTokens)} tokens at most. This one leaves out: ${list}.`;
}

/** What parts of a prompt are written from, in addition to the request. */
interface PartContext {
  readonly head: Candidate | null;
  readonly replayed: readonly ReplayedEpisode[];
  readonly ablated: AblatedPolicy | null;
  /** All characters of the prompt. */
  readonly room: number;
}

/** Lists what may be left out, in the order of the prompt. */
async function listParts(
  request: AuthorRequest,
  { head, replayed, ablated, room }: PartContext,
): Promise<PromptPart[]> {
  const { state } = request;
  const comparisons = head === null ? [] : compareWith(state, head.id);
  return [
    ...listTaskParts(request, replayed),
    ...(head === null ? [] : await listHeadParts(request, head)),
    ...listAblatedParts(ablated),
    ...listReplayedParts(request, replayed),
    ...(head === null ? [] : await listUnreplayedParts(request, head)),
    ...listAttemptParts(state, room),
    ...(await listOtherParts(request, comparisons)),
    ...(head === null ? [] : listOtherTexts(request, head, comparisons, RANKS.texts)),
    ...listNoteParts(state),
    ...listFindingParts(state.findings),
  ];
}

/** Says what each part of the best policy does. */
function listAblatedParts(ablated: AblatedPolicy | null): PromptPart[] {
  const text = ablated === null ? null : formatAblation(ablated);
  if (ablated === null || text === null) return [];
  const heading = `What each part of its text does: how often the text acts otherwise without the part, on what it observed in ${formatQuantity(ablated.observations, 'step')} of its episodes, which were played once more and which no budget counts (another action need not be a worse one)`;
  return [
    {
      place: 'evidence',
      name: 'what each part of the best policy does',
      text: `\n\n${heading}:\n\n${text}`,
      rank: RANKS.parts,
    },
  ];
}

/** Says where nothing of the best policy could be shown step by step. */
async function listUnreplayedParts(request: AuthorRequest, head: Candidate): Promise<PromptPart[]> {
  const text = await formatUnreplayed(request, head);
  const name = 'why no episode is shown step by step';
  return text === null ? [] : [{ place: 'evidence', name, text: `\n\n${text}`, rank: RANKS.met }];
}

/** Lists what was met and done in the replayed episodes of the best policy, and their timelines. */
function listReplayedParts(request: AuthorRequest, replayed: readonly ReplayedEpisode[]): PromptPart[] {
  if (replayed.length === 0) return [];
  const met = formatMet(request, replayed);
  const cost = formatReplayCost(replayed);
  return [
    ...(met === null
      ? []
      : [
          {
            place: 'evidence' as const,
            name: 'what the best policy met',
            text: `\n\nWhat it met and did in ${cost}:\n\n${met}`,
            rank: RANKS.met,
          },
        ]),
    ...replayed.map((episode, index): PromptPart => ({
      place: 'evidence',
      name: `the timeline of its ${episode.what} episode`,
      text: `\n\n${formatReplayed(request, episode)}`,
      rank: RANKS.timelines + index,
    })),
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

function listTaskParts(request: AuthorRequest, replayed: readonly ReplayedEpisode[]): PromptPart[] {
  const met = findSeenRanges(replayed);
  const seen = met.size === 0 ? listProbedRanges(request.state) : met;
  const bounds = formatBounds(request, seen);
  const who =
    met.size === 0
      ? 'random actions met before the first answer'
      : 'the best policy met in the episodes below';
  const boundsHeading = bounds?.hasRanges === true ? `Bounds, and the ranges that ${who}` : 'Bounds';
  const { documentation } = request.facts;
  return [
    ...(bounds === null ? [] : [createTaskPart('bounds', boundsHeading, bounds.text)]),
    ...(documentation === undefined
      ? []
      : [createTaskPart('documentation', 'What its documentation says', quote(documentation, 5000))]),
  ];
}

/** Says that nothing else is known and, where random actions were not tried, why. */
function formatNothingKnown({ probed, settings: { budget } }: RunState): string {
  if (probed !== null) return 'Nothing beyond the above.';
  const isTooSmall = [budget.episodes, budget.steps].some((each) => each !== null && each < FEWEST_PROBED);
  const reason = isTooSmall
    ? ': they may take a twentieth of the episodes and of the steps, and that was less than one here.'
    : '.';
  return `Nothing beyond the above. No random actions were tried before the first answer${reason}`;
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
    ...describeJitter(request.state, head),
  ];
  if (lines.length === 0) return [];
  const text = `\n\nWhat happened in its episodes:\n\n${quote(lines.join('\n'), 6000)}`;
  return [
    { place: 'evidence', name: "what happened in the best policy's episodes", text, rank: RANKS.evidence },
  ];
}

/** Says how sensitive the best policy is to its marked constants, where that was looked at; see `constants_jittered`. */
function describeJitter({ jittered }: RunState, head: Candidate): string[] {
  if (jittered === null || jittered.candidate !== head.id) return [];
  const { part, difference, seeds } = jittered;
  return [
    `with all marked constants moved at once by at most ${formatNumeral(100 * part, 2)} % of their ranges, its mean return changed by ${formatNumber(difference.mean)} (interval [${formatNumber(difference.low)}, ${formatNumber(difference.high)}] over ${formatQuantity(seeds.length, 'seed')})`,
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

/** Formats what was tried: the table, in so many characters, and how well gains were predicted; `null` where there is no policy. */
export function formatAttempts(state: RunState, room: number): string | null {
  const table = formatIdeas(state, findHead(state)?.id ?? null, room);
  if (table === null) return null;
  const predictions = formatPredictions(state);
  const said = predictions === null ? '' : `\n\nPredictions: ${predictions}.`;
  return `${fillTemplate(ideas, {})}\n\n${table}${said}`;
}

/** Lists what was tried: the table, how well gains were predicted, and how the latest failed. */
function listAttemptParts(state: RunState, room: number): PromptPart[] {
  const text = formatAttempts(state, IDEAS_SHARE * room);
  if (text === null) return [];
  const failures = [...state.candidates.values()].flatMap((candidate) => {
    const text = describeFailure(state, candidate);
    return text === null ? [] : [{ id: candidate.id, text }];
  });
  const latest = failures.slice(-FAILURES_SHOWN);
  return [
    {
      place: 'attempts',
      name: 'the table of what was tried',
      text,
      rank: RANKS.attempts,
    },
    ...latest.map(({ id, text }, index): PromptPart => ({
      place: 'attempts',
      name: `why @${id} failed`,
      text: `\n\n${text}`,
      rank: RANKS.failures + latest.length - index,
    })),
  ];
}

/** Says why a candidate failed, or on which golden cases it was refused; `null` where neither is so. */
function describeFailure(state: RunState, candidate: Candidate): string | null {
  const { id, failure } = candidate;
  if (failure !== null) {
    const place = failure.line === null ? '' : ` in line ${failure.line}`;
    return `@${id} failed (${failure.code}${place}):\n\n${quote(failure.message, 1000)}`;
  }
  const losses = findGoldenLosses(state, candidate);
  return losses.length === 0
    ? null
    : `@${id} was refused, because it ${formatGoldenLosses(losses)}. On these episodes no later policy may do worse.`;
}

/** Lists what the author wanted to remember, the newest first. */
function listNoteParts({ notes }: RunState): PromptPart[] {
  if (notes.length === 0) return [];
  const lines = [...notes]
    .reverse()
    .map(({ generation, text }) => `- (generation ${generation + 1}) ${quoteInLine(text, 300)}`);
  const text = `\n\n# Your notes\n\n${quote(lines.join('\n'), NOTES_LENGTH)}`;
  return [{ place: 'notes', name: 'your notes', text, rank: RANKS.notes }];
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

function formatScore({ mean, low, high, episodes }: Score): string {
  return `mean ${formatNumber(mean)}, interval [${formatNumber(low)}, ${formatNumber(high)}] over ${formatQuantity(episodes, 'episode')}`;
}

function formatNumber(value: number): string {
  return formatNumeral(value, 5);
}
