/** The prompt of a model: the environment, the best policy, recent attempts with their verdicts, findings. */
import { formatNumeral, formatQuantity } from '@policybook/protocol';
import {
  findGoldenLosses,
  findHead,
  formatGoldenLosses,
  summariseAllEpisodes,
  type AuthorRequest,
  type Candidate,
  type RunState,
  type Score,
} from '@policybook/engine';
import system from '../prompts/system.md';
import task from '../prompts/task.md';
import { fence, quoteInLine, quote } from './quoted';
import { fillTemplate } from './template';

/** The two messages of a call. */
export interface Prompt {
  readonly system: string;
  readonly user: string;
}

/** Attempts shown in addition to the best one. */
const ATTEMPTS_SHOWN = 8;

/** Writes the whole prompt; the same request gives the same text. */
export function writePrompt(request: AuthorRequest, instructions: string | null): Prompt {
  const { policy } = request.settings;
  const more =
    policy.imports.length > 0 ? `, and ${policy.imports.map((name) => `\`${name}\``).join(', ')}` : '';
  return {
    system: fillTemplate(system, {
      imports: more,
      further: formatFurther(request.settings.environment),
      stepMs: String(policy.stepMs),
      importMs: String(policy.importMs),
    }),
    user: fillTemplate(task, {
      environment: formatEnvironment(request),
      champion: formatChampion(request),
      attempts: formatAttempts(request),
      findings: formatFindings(request.state.findings),
      instructions: instructions === null ? '' : `\n\nThe user adds:\n\n${instructions.trim()}`,
    }),
  };
}

/** Describes the declared arguments of `act` besides the observation. */
function formatFurther({ info = [], reward }: AuthorRequest['settings']['environment']): string {
  const named = [
    ...(reward ? ["`reward` (the last step's, 0.0 at first)"] : []),
    ...info.map((key) => `\`${key}\` (of Gymnasium's info, None where it is absent)`),
  ];
  return named.length === 0
    ? ''
    : `, but for arguments that \`act\` may take by name besides the observation: ${named.join(', ')}`;
}

/** Says where a policy finds which actions are legal; `null` where it is not given that. */
function formatMask({ settings, facts }: AuthorRequest): string | null {
  const { info = [], mask } = settings.environment;
  const key = mask ?? facts.infoMask;
  if (key === undefined) return null;
  const place = info.includes(key) ? 'an argument of act' : 'a part of the observation';
  return `legal actions: those that ${key} allows, ${place} in the form that Gymnasium's space.sample(mask) takes`;
}

function formatEnvironment(request: AuthorRequest): string {
  const { settings, facts } = request;
  const threshold = facts.rewardThreshold === null ? 'none is registered' : String(facts.rewardThreshold);
  const limit = facts.maxEpisodeSteps === null ? 'none' : formatQuantity(facts.maxEpisodeSteps, 'step');
  const lines = [
    `name: ${settings.environmentName}`,
    `observation space: ${facts.observationSpace.text}`,
    `action space: ${facts.actionSpace.text}`,
    `mean return that counts as solved: ${threshold}`,
    `an episode ends at the latest after: ${limit}`,
  ];
  const mask = formatMask(request);
  if (mask !== null) lines.push(mask);
  if (settings.observation)
    lines.push(`names of the observation's coordinates: ${settings.observation.join(', ')}`);
  if (Object.keys(settings.environment.kwargs).length > 0)
    lines.push(`made with: ${JSON.stringify(settings.environment.kwargs)}`);
  return quote(lines.join('\n'), 6000);
}

function formatChampion({ state, source }: AuthorRequest): string {
  const candidate = findHead(state);
  if (candidate === null) return 'There is none yet: write the first policy.';
  const scored = candidate.score ? formatScore(candidate.score) : formatUnmeasured(state, candidate);
  return [
    `@${candidate.id} "${quoteInLine(candidate.label)}"${scored === '' ? '' : `: ${scored}`}`,
    fence(source(candidate.id)),
  ].join('\n\n');
}

/** Formats the mean of a policy that was chosen by the episodes it is of: an interval would promise too much. */
function formatUnmeasured(state: RunState, candidate: Candidate): string {
  const summary = summariseAllEpisodes(state, candidate);
  if (summary === null) return '';
  return `mean ${formatNumber(summary.mean)} over ${formatQuantity(summary.episodes, 'training episode')}, by which it was chosen`;
}

function formatAttempts({ state }: AuthorRequest): string {
  const best = findHead(state)?.id;
  const others = [...state.candidates.values()].filter(({ id }) => id !== best).slice(-ATTEMPTS_SHOWN);
  if (others.length === 0) return 'None.';
  return others.map((candidate) => formatAttempt(state, candidate)).join('\n');
}

function formatAttempt(state: RunState, candidate: Candidate): string {
  const { failure } = candidate;
  const line = `- @${candidate.id} "${quoteInLine(candidate.label)}": ${formatVerdict(candidate)}${formatRefusal(state, candidate)}. ${quoteInLine(candidate.idea)}`;
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

function formatFindings(findings: readonly string[]): string {
  return findings.length === 0
    ? 'Nothing beyond the above.'
    : quote(findings.map((each) => `- ${quoteInLine(each, 400)}`).join('\n'), 6000);
}

function formatScore({ mean, low, high, episodes }: Score): string {
  return `mean ${formatNumber(mean)}, interval [${formatNumber(low)}, ${formatNumber(high)}] over ${formatQuantity(episodes, 'episode')}`;
}

function formatNumber(value: number): string {
  return formatNumeral(value, 5);
}
