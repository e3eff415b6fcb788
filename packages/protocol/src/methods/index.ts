/**
 * Every method of the evaluator: parameters and result.
 *
 * Requests are idempotent and keyed by content, so a request whose answer was lost is sent again without harm.
 * Whatever runs a policy can also fail with consent_needed {level, least}, where the sandbox is weaker than the user
 * has agreed to, missing_import, where `limits.imports` cannot be imported, and folder_error, where `limits.data`
 * is not what it was.
 */
import type { z } from 'zod';
import { compareActions } from './actions-compare';
import { writeAgentText } from './agent-text';
import { trainAgent } from './agent-train';
import { writeBaselines } from './baseline-texts';
import { doctor } from './doctor';
import { describeEnvironment } from './environment-describe';
import { listEnvironments } from './environment-list';
import { probeEnvironment } from './environment-probe';
import { evaluate } from './evaluate';
import { drawFigure } from './figure-png';
import { describeFolder } from './folder-describe';
import { readIsolationLevel } from './sandbox-level';
import { jitter } from './jitter';
import { ablatePolicy } from './policy-ablate';
import { describePolicy } from './policy-describe';
import { exportPolicy } from './policy-export';
import { inlinePolicy } from './policy-inline';
import { timePolicy } from './policy-time';
import { proposeBySearch } from './search-propose';
import { simplify } from './simplify';
import { trace } from './trace';
import { tune } from './tune';

/** The methods by the names under which they are requested. */
export const evaluatorMethods = {
  doctor,
  'sandbox.level': readIsolationLevel,
  'environment.describe': describeEnvironment,
  'environment.list': listEnvironments,
  'environment.probe': probeEnvironment,
  'policy.describe': describePolicy,
  'policy.ablate': ablatePolicy,
  evaluate,
  'search.propose': proposeBySearch,
  tune,
  jitter,
  'actions.compare': compareActions,
  simplify,
  'folder.describe': describeFolder,
  'policy.inline': inlinePolicy,
  'policy.export': exportPolicy,
  'baseline.texts': writeBaselines,
  'agent.text': writeAgentText,
  'agent.train': trainAgent,
  'policy.time': timePolicy,
  trace,
  'figure.png': drawFigure,
} as const;

/** A method's name. */
export type EvaluatorMethod = keyof typeof evaluatorMethods;
/** The parameters of the method `M`. */
export type MethodParams<M extends EvaluatorMethod> = z.infer<(typeof evaluatorMethods)[M]['params']>;
/** What the method `M` answers where it succeeds. */
export type MethodResult<M extends EvaluatorMethod> = z.infer<(typeof evaluatorMethods)[M]['result']>;
