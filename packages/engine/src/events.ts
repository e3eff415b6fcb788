/**
 * The events of a run: all that a repetition must reproduce. State is a fold over them (`state.ts`); the store
 * appends them; views, the Python package and resumption read nothing else.
 *
 * What clocks measured never stands in an event but next to it, in the `meta` of its line.
 */
import { z } from 'zod';
import { actionHashes } from './action-hashes';
import type { EventHandling } from './event-handling';
import {
  environmentFacts,
  isolationLevel,
  policyFailure,
  policySize,
  resourceUsage,
  seenRange,
  tunerGeneration,
  unexercisedPart,
} from '@policybook/protocol';
import { runSettings } from './settings';
import { constantAtEdge } from './tunable-constants';

/**
 * The format of run folders that this version writes and reads, in the first event of a record. Folders without one are
 * of format 1, of policybook 0.1.
 */
export const FOLDER_FORMAT = 2;

/** A candidate's number within its run, from 1: `first@7`. */
export const candidateId = z.int().positive().brand<'CandidateId'>();
/** A candidate's number, parsed. */
export type CandidateId = z.infer<typeof candidateId>;

/** Where a gain came from. */
export const gainKind = z.enum(['structural', 'scalar', 'simplification', 'by_hand']);
/** Where a gain came from, parsed. */
export type GainKind = z.infer<typeof gainKind>;

/** What a comparison has found. */
export const verdict = z.enum(['better', 'worse', 'equivalent', 'undecided']);
/** What a comparison has found, parsed. */
export type Verdict = z.infer<typeof verdict>;

/** A mean return over `episodes`, with an interval at the run's confidence. */
export const score = z.strictObject({
  mean: z.number(),
  low: z.number(),
  high: z.number(),
  deviation: z.number().nonnegative(),
  episodes: z.int().positive(),
});
/** A mean return with its interval, parsed. */
export type Score = z.infer<typeof score>;

/** The values between which a test by betting took returns to lie. */
const bounds = z.strictObject({
  low: z.number(),
  high: z.number(),
  assumed: z.boolean(),
  /** The number of returns outside, which were clipped for the test; absent when there were none. */
  clipped: z.int().positive().optional(),
});

/** Episodes that were played: their returns in the order of their seeds. */
const played = z.strictObject({
  seeds: z.array(z.int()),
  returns: z.array(z.number()),
  actions: actionHashes,
});

/** Why a score of the run may not mean what it seems to; see `alarms/`. */
export const alarmCode = z.enum([
  'zero_variance',
  'knife_edge',
  'seeds_memorised',
  'proxy_rank',
  'lines_readded',
  'size_without_score',
  'outside_bounds',
  'unrepeatable',
]);
/** An alarm's code, parsed. */
export type AlarmCode = z.infer<typeof alarmCode>;

/**
 * The events recorded before a run or a comparison was interrupted were made again when it went on, and came out
 * differently, as happens on another processor. The recorded ones count.
 */
export const recomputedDifferently = z.strictObject({
  type: z.literal('recomputed_differently'),
  /** The number of the recorded event, from 1, with pauses and audits left out. */
  event: z.int().positive(),
  /** At most ten differences by their paths: "played.returns[3]: 12.5 → 12.6". */
  differences: z.array(z.string()),
});

/** Faults of the environment ended episodes of the events before this one; episodes of other seeds took their places. */
export const episodesLost = z.strictObject({
  type: z.literal('episodes_lost'),
  episodes: z.int().positive(),
  /** What ended one of them, for people: "RuntimeError in line 22: … (seed 17, step 312)". */
  fault: z.string(),
});

/** A prompt for which a replay took the recorded answer to another one, at the same place of the run. */
const changedPrompt = z.strictObject({
  /** The call's file under `calls/`. */
  call: z.string(),
  /** The file of the call whose answer was taken, under `calls/` of the run that is replayed. */
  recorded: z.string(),
  /** The first lines that differ, the recorded ones with `- ` and the present ones with `+ ` before them. */
  difference: z.array(z.string()),
});
/** A prompt that differs from the recorded one, parsed. */
export type ChangedPrompt = z.infer<typeof changedPrompt>;

/** An answer of the author that another run's record gave, free of charge. */
const replayedAnswer = z.strictObject({
  /** What the recorded calls had cost, which is no part of this run's usage. The limits of the budget count it. */
  usage: resourceUsage,
  /** The prompts that differ from the recorded ones; absent for none. */
  changed: z.array(changedPrompt).exactOptional(),
});
/** What an event says of an answer that was replayed, parsed. */
export type ReplayedAnswer = z.infer<typeof replayedAnswer>;

/** Which of a run's several authors answered, or gave no answer. */
const authorMember = z.strictObject({
  /** Its number, from 1, in the order of the settings. */
  number: z.int().positive(),
  name: z.string(),
  /** Present where this one has nothing more to propose. */
  exhausted: z.literal(true).exactOptional(),
});
/** Which of a run's several authors it was, parsed. */
export type AuthorMember = z.infer<typeof authorMember>;

/** What the user says to a run while it learns. */
export const userMessage = z.discriminatedUnion('kind', [
  /** A policy by hand, which becomes a candidate. */
  z.strictObject({ kind: z.literal('policy'), name: z.string(), source: z.string() }),
  /** Words to the author. */
  z.strictObject({ kind: z.literal('note'), text: z.string() }),
  /** A candidate that must not be chosen. */
  z.strictObject({ kind: z.literal('reject'), candidate: candidateId }),
  /** The candidate that the user takes as the run's result. */
  z.strictObject({ kind: z.literal('accept'), candidate: candidateId }),
]);
/** What the user says to a run, parsed. */
export type UserMessage = z.infer<typeof userMessage>;

/** Schema of everything that a run records. */
export const runEvent = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('run_declared'),
    format: z.literal(FOLDER_FORMAT),
    run: z.string(),
    settings: runSettings,
    facts: environmentFacts,
  }),
  /** An author answered; `findings` are what it established about the environment. */
  z.strictObject({
    type: z.literal('author_answered'),
    generation: z.int().nonnegative(),
    author: z.string(),
    /** Present where the run has several authors. */
    member: authorMember.exactOptional(),
    proposals: z.int().nonnegative(),
    findings: z.array(z.string()),
    /** What the author wants to remember; absent for nothing. */
    notes: z.array(z.string()).exactOptional(),
    /** What the author cannot do in this environment, in sentences; absent where it can. */
    limitation: z.string().exactOptional(),
    /** Present where who wrote it may have played in the environment where no budget of the run counts it. */
    unmetered: z.literal(true).exactOptional(),
    exhausted: z.boolean(),
    /** Why the author has nothing more to propose, where that is another reason than that it has tried all it knows. */
    ending: z.string().exactOptional(),
    /** The call's file under `calls/`, for authors that call models. */
    call: z.string().nullable(),
    /** The files of the calls before it, whose texts could not be played; absent for none. */
    repaired: z.array(z.string()).exactOptional(),
    /** The files of the calls before it that used tools or asked for texts of candidates; absent for none. */
    earlierCalls: z.array(z.string()).exactOptional(),
    /** The call's file of each proposal, where they come from several; absent where `call` is that of all. */
    proposalCalls: z.array(z.string()).exactOptional(),
    /** The steps of the episodes that were traced for its prompt, which no budget counts; absent for none. */
    tracedSteps: z.int().positive().exactOptional(),
    /** Present where the answer comes from the record of another run. */
    replayed: replayedAnswer.exactOptional(),
    usage: resourceUsage,
  }),
  /** The user has said something while the run learned; see `run/inbox-stage.ts`. */
  z.strictObject({ type: z.literal('message_received'), message: userMessage }),
  /** An author has used a tool before it answers; see `run/tools.ts`. What it played decides nothing of the run. */
  z.strictObject({
    type: z.literal('tool_used'),
    generation: z.int().nonnegative(),
    author: z.string(),
    /** Present where the run has several authors. */
    member: authorMember.exactOptional(),
    tool: z.string(),
    /** What was done, and what came of it, in a sentence for people. */
    message: z.string(),
    /** What a probe has found, in sentences; absent for other tools. */
    findings: z.array(z.string()).exactOptional(),
    /** The ranges that a probe has seen; absent for other tools, and in older records. */
    ranges: z.array(seenRange).exactOptional(),
    usage: resourceUsage,
  }),
  z.strictObject({
    type: z.literal('author_failed'),
    generation: z.int().nonnegative(),
    author: z.string(),
    /** Present where the run has several authors. */
    member: authorMember.exactOptional(),
    code: z.string(),
    message: z.string(),
    call: z.string().nullable(),
    /** Present where the failure comes from the record of another run, or such answers came before it. */
    replayed: replayedAnswer.exactOptional(),
    usage: resourceUsage,
  }),
  z.strictObject({
    type: z.literal('candidate_proposed'),
    candidate: candidateId,
    generation: z.int().nonnegative(),
    parent: candidateId.nullable(),
    /** A second candidate that was joined with the parent; absent for none. */
    joined: candidateId.exactOptional(),
    /** By how much its author expected its mean return to be above that of its parent; absent for no prediction. */
    expected: z.number().exactOptional(),
    kind: gainKind,
    label: z.string(),
    idea: z.string(),
    /** File name under `policies/`: NNNN-HASH.py. */
    policy: z.string(),
    /** SHA-256 of the text. */
    hash: z.string(),
    /** SHA-256 of the syntax tree, by which duplicates are found; absent when the text does not parse. */
    treeHash: z.string().optional(),
    /** Present where its author calls it what everything else must beat. */
    baseline: z.literal(true).optional(),
    /** The number of constants marked `# tune:`; absent when there are none. */
    tunable: z.int().positive().optional(),
    /** Says which constants are marked, and with which ranges: equal for the same marks. Absent where none is, or in older records. */
    marks: z.string().exactOptional(),
    /** The size of the text; of one that does not parse only lines are counted. */
    size: policySize,
    /**
     * Lines that earlier heads had and later ones dropped, whatever their numbers; absent when there are none. `count`
     * is of all of them, `droppedBy` says who dropped the `first`.
     */
    readded: z
      .strictObject({ count: z.int().positive(), droppedBy: candidateId, first: z.string() })
      .optional(),
    usage: resourceUsage,
  }),
  /**
   * The actions of several candidates were compared on observations that `reference` had met in recorded episodes, which
   * costs no episodes. For each of `candidates`, `same` has the earlier one that acts alike on all observations, if any.
   */
  z.strictObject({
    type: z.literal('actions_compared'),
    reference: candidateId,
    observations: z.int().nonnegative(),
    candidates: z.array(candidateId),
    same: z.array(candidateId.nullable()),
  }),
  /** A candidate was found not to be worth episodes: it does not compile, fails when it is run, or is an earlier one again. */
  z.strictObject({
    type: z.literal('candidate_rejected'),
    candidate: candidateId,
    reason: z.discriminatedUnion('code', [
      z.strictObject({ code: z.literal('failed'), failure: policyFailure }),
      z.strictObject({
        code: z.literal('duplicate'),
        of: candidateId,
        /** How that was found: by the syntax tree, or by its actions on recorded observations. */
        by: z.enum(['tree', 'actions']),
        /** The recorded episodes in which it acts alike, and how many of them are the worst known; absent for a tree. */
        episodes: z.int().positive().exactOptional(),
        worst: z.int().nonnegative().exactOptional(),
      }),
    ]),
    usage: resourceUsage,
  }),
  /** A candidate played the generation's common training seeds; it is `dropped` when it fell hopelessly behind. */
  z.strictObject({
    type: z.literal('candidate_raced'),
    candidate: candidateId,
    generation: z.int().nonnegative(),
    played,
    dropped: z.boolean(),
    /** What a dropped candidate is behind the leader of the race on their common seeds, paired. */
    behind: z.strictObject({ leader: candidateId, difference: score }).optional(),
    usage: resourceUsage,
  }),
  /**
   * Another candidate became head: the best estimate by all episodes so far, from which the search goes on. It need not
   * have been shown to be better than the champion.
   */
  z.strictObject({
    type: z.literal('head_changed'),
    candidate: candidateId,
    previous: candidateId.nullable(),
    /** Its mean return as it is estimated by now, shrunken for having been chosen; see `choice/estimate-means.ts`. */
    estimate: z.number(),
    /** The paired mean difference (candidate − previous) on seeds that both have played; absent where there are none. */
    lead: score.exactOptional(),
    /** The candidate whose actions it repeats by a smaller text, and whose episodes count as its own; absent for none. */
    actsAs: candidateId.exactOptional(),
  }),
  /**
   * A candidate that is to be head, or has become the first one, played the golden cases of the settings, in their order. Where
   * another seed stands than a case's, a fault of the environment has ended its episode, which decides nothing. These
   * episodes are part of no score: their seeds were chosen.
   */
  z.strictObject({
    type: z.literal('golden_played'),
    candidate: candidateId,
    played,
    /** The minimum effect, by which a return may be below the best one of the heads so far. */
    minEffect: z.number(),
    /** The cases that the candidate loses, for which it is refused as head; see `choice/golden.ts`. */
    losses: z.array(
      z.strictObject({
        seed: z.int(),
        /** Those of the case; absent where it has none. */
        options: z.record(z.string(), z.json()).exactOptional(),
        return: z.number(),
        /** The least return that would have held it. */
        bar: z.number(),
        /** The head whose return the bar follows from; absent where the bar is declared. */
        best: z.strictObject({ candidate: candidateId, return: z.number() }).exactOptional(),
      }),
    ),
    usage: resourceUsage,
  }),
  /**
   * A head that was compared with no one was played on fresh seeds, so that its score is not the one by which it was chosen.
   */
  z.strictObject({
    type: z.literal('head_measured'),
    candidate: candidateId,
    played,
    score,
    usage: resourceUsage,
  }),
  /**
   * A challenger was compared with the champion, paired, on selection seeds of its own. `champion` is the policy before
   * any simplification that was not itself shown to be better. Where the test is for `noninferiority`, `equivalent`
   * promotes the challenger as `better` does.
   */
  z.strictObject({
    type: z.literal('challenger_compared'),
    challenger: candidateId,
    champion: candidateId,
    /** Noninferiority for simplifications, gain otherwise. */
    test: z.enum(['gain', 'noninferiority']),
    verdict,
    /** The greatest probability that a false acceptance may have had. */
    alpha: z.number(),
    /** The minimum effect, in return: a smaller gain does not count, and a simplification may cost no more. */
    minEffect: z.number(),
    /** The paired mean difference (challenger − champion); each limit holds at 1 − alpha. */
    difference: score,
    challengerScore: score,
    championScore: score,
    bounds,
    /** The number of pairs of earlier comparisons of the two, which this one goes on from; absent where it is the first. */
    earlier: z.int().positive().exactOptional(),
    /** The seeds drawn for these pairs; absent where each made a pair, and no fault of the environment has parted the two. */
    drawn: z.int().positive().exactOptional(),
    /** The new pairs in the order of the seeds; a failed episode of the champion counts as the lower bound. */
    pairs: z
      .strictObject({
        seeds: z.array(z.int()),
        challenger: z.array(z.number()),
        champion: z.array(z.number()),
        challengerActions: actionHashes,
        championActions: actionHashes,
      })
      .optional(),
    usage: resourceUsage,
  }),
  z.strictObject({
    type: z.literal('champion_promoted'),
    candidate: candidateId,
    previous: candidateId.nullable(),
    kind: gainKind,
    score,
    /** The episodes of a first champion, in records of earlier versions; later ones score it by those of its race. */
    played: played.optional(),
    usage: resourceUsage.optional(),
  }),
  z.strictObject({
    type: z.literal('tuner_finished'),
    candidate: candidateId,
    generations: z.array(tunerGeneration),
    /** Constants that it has moved to an edge of their ranges; absent for none. */
    edges: z.array(constantAtEdge).exactOptional(),
    usage: resourceUsage,
  }),
  z.strictObject({
    type: z.literal('simplifier_finished'),
    candidate: candidateId,
    /** Edits that make no difference and were kept for free. */
    identicalEdits: z.array(z.string()),
    variants: z.int().nonnegative(),
    /**
     * What no episode of the usage exercises, by the lines of the text after these edits. Absent in records of earlier
     * versions, which took it out, and where the policy failed.
     */
    unexercised: z.array(unexercisedPart).optional(),
    /** The steps on which texts were played again to find that out; absent where `unexercised` is. */
    replayedSteps: z.int().nonnegative().optional(),
    /** Set where the bound of these steps ended the search, so that there may be more to find. */
    isCutShort: z.literal(true).optional(),
    usage: resourceUsage,
  }),
  /**
   * All marked constants of a champion were moved together, by at most `part` of their ranges: one draw a seed, next to
   * the text as it is written on the same seeds.
   */
  z.strictObject({
    type: z.literal('constants_jittered'),
    candidate: candidateId,
    part: z.number(),
    seeds: z.array(z.int()),
    jittered: z.array(z.number()),
    written: z.array(z.number()),
    /** The number of draws that failed, which count as the lower bound; absent when there were none. */
    failed: z.int().positive().optional(),
    /** The score of the jittered texts. */
    score,
    /** The paired mean difference (jittered − written); its limits hold together. */
    difference: score,
    usage: resourceUsage,
  }),
  /** Champions that were chosen on shortened episodes were played at full length on common seeds, oldest first. */
  z.strictObject({
    type: z.literal('proxy_checked'),
    /** The step limit of a full episode. */
    steps: z.int().positive(),
    seeds: z.array(z.int()),
    candidates: z.array(z.strictObject({ candidate: candidateId, returns: z.array(z.number()) })),
    usage: resourceUsage,
  }),
  z.strictObject({
    type: z.literal('alarm_raised'),
    code: alarmCode,
    /** The candidate whose score it concerns. */
    candidate: candidateId,
    /** A sentence for people: what was seen, and why the number may not mean what it seems to. */
    message: z.string(),
  }),
  episodesLost,
  recomputedDifferently,
  /**
   * A frozen policy was played on seeds that did not exist while it was written; see `audit/seeds.ts`. It is no part of
   * the run: it may follow `run_stopped` or an interruption, costs none of the budget, and no decision sees it.
   */
  z.strictObject({
    type: z.literal('audited'),
    /** Its number within the run, from 1: all audits are shown, so that none can be picked. */
    number: z.int().positive(),
    candidate: candidateId,
    /** The SHA-256 of the text, which was fixed before the nonce was drawn. */
    policy: z.string(),
    /** SHA-256 of the environment's resolved declaration. */
    environment: z.string(),
    /** The nonce, 32 hexadecimal digits. */
    nonce: z.string(),
    /** The episodes that were requested; fewer were played where it was stopped. */
    requestedEpisodes: z.int().positive(),
    /** The score; its limits hold together at the run's confidence, however many episodes were played. */
    score,
    bounds,
    /** The score that the run had of it before; `null` for none. */
    believed: score.nullable(),
    /** Where the run had measured nothing: the mean over the training episodes by which it was chosen, which flatter it. */
    whileChoosing: z.strictObject({ mean: z.number(), episodes: z.int() }).optional(),
    /** The returns in the order of the seeds; a failed episode counts as the lower bound. */
    returns: z.array(z.number()),
    actions: actionHashes,
    /** The seeds that were played; absent where no fault of the environment has put another in a drawn one's place. */
    seeds: z.array(z.int()).exactOptional(),
    /** The number of episodes that the policy failed in; absent when there were none. */
    failed: z.int().positive().optional(),
    /** The run's first champion on the same seeds, where the run's best is audited. */
    against: z
      .strictObject({
        candidate: candidateId,
        score,
        returns: z.array(z.number()),
        /** Its seeds, as above. */
        seeds: z.array(z.int()).exactOptional(),
        /** The paired mean difference (audited − first); its limits hold together. */
        difference: score,
      })
      .nullable(),
    /** What it was played with: the name of each package with its version. */
    versions: z.record(z.string(), z.string()),
    /** What differed when the environment was tried with one seed twice; absent where it repeats. */
    unrepeatable: z.string().exactOptional(),
    /** The lowest isolation level at which the policies ran. */
    isolationLevel: isolationLevel.optional(),
    usage: resourceUsage,
  }),
  z.strictObject({
    type: z.literal('run_stopped'),
    /** `paused`: what the author needs is out of order for a while. */
    reason: z.enum(['exhausted', 'budget', 'interrupted', 'paused', 'failed']),
    /** A sentence for people: which budget was spent, or which failure happened. */
    message: z.string(),
  }),
]);
/** One event of a run, parsed. */
export type RunEvent = z.infer<typeof runEvent>;
/** A type of event of a run. */
export type RunEventType = RunEvent['type'];

/** What becomes of each type of event of a run. */
export const RUN_EVENT_HANDLING = {
  run_declared: { isDurable: true, isLogged: false, isInTables: false },
  author_answered: { isDurable: true, isLogged: true, isInTables: true },
  message_received: { isDurable: true, isLogged: true, isInTables: true },
  tool_used: { isDurable: true, isLogged: true, isInTables: false },
  author_failed: { isDurable: true, isLogged: true, isInTables: true },
  candidate_proposed: { isDurable: false, isLogged: false, isInTables: true },
  actions_compared: { isDurable: false, isLogged: false, isInTables: false },
  candidate_rejected: { isDurable: false, isLogged: true, isInTables: true },
  candidate_raced: { isDurable: false, isLogged: true, isInTables: true },
  head_changed: { isDurable: true, isLogged: true, isInTables: true },
  golden_played: { isDurable: false, isLogged: true, isInTables: true },
  head_measured: { isDurable: false, isLogged: true, isInTables: true },
  challenger_compared: { isDurable: true, isLogged: true, isInTables: true },
  champion_promoted: { isDurable: true, isLogged: true, isInTables: true },
  tuner_finished: { isDurable: false, isLogged: true, isInTables: false },
  simplifier_finished: { isDurable: false, isLogged: true, isInTables: true },
  constants_jittered: { isDurable: false, isLogged: true, isInTables: false },
  proxy_checked: { isDurable: false, isLogged: true, isInTables: false },
  alarm_raised: { isDurable: false, isLogged: true, isInTables: true },
  episodes_lost: { isDurable: false, isLogged: true, isInTables: false },
  recomputed_differently: { isDurable: false, isLogged: true, isInTables: false },
  audited: { isDurable: true, isLogged: true, isInTables: true },
  run_stopped: { isDurable: true, isLogged: true, isInTables: true },
} as const satisfies Readonly<Record<RunEventType, EventHandling>>;

/** Whether the loop makes the event. It neither makes nor repeats audits and notes of recomputed events, which stand next to it. */
export function isOfTheLoop({ type }: RunEvent): boolean {
  return type !== 'audited' && type !== 'recomputed_differently';
}

/** Whether the event is a stop that a later session goes on from. */
export function isPause(event: RunEvent): boolean {
  return event.type === 'run_stopped' && event.reason !== 'exhausted' && event.reason !== 'budget';
}

/** Whether a run that was never disturbed has the event: the loop made it, and it is no pause. */
export function isOfUndisturbedRun(event: RunEvent): boolean {
  return isOfTheLoop(event) && !isPause(event);
}

/** The event of a finished audit. */
export type Audit = Extract<RunEvent, { type: 'audited' }>;
/** The event that raises an alarm. */
export type Alarm = Extract<RunEvent, { type: 'alarm_raised' }>;
