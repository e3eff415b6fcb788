/** How the episode runner of a session is made, for runs and comparisons. */
import type { EnvironmentFacts, EnvironmentSpec, PolicyLimits } from '@policybook/protocol';
import { findLongestEpisode } from '../budget/budget';
import type { ActivityReporter } from './activity';
import { EpisodeRunner, type EpisodeRunnerOptions } from './episode-runner';
import type { RunSession } from './run-session';

/** What a declaration says of how its episodes are played. */
export interface PlayedDeclaration {
  readonly settings: { readonly environment: EnvironmentSpec; readonly policy: PolicyLimits };
  readonly facts: EnvironmentFacts;
}

/** Creates the runner that plays a declaration's episodes: its requests end with the session, and its activity reports them. */
export function createSessionRunner(
  { settings, facts }: PlayedDeclaration,
  ports: Pick<EpisodeRunnerOptions, 'evaluator' | 'journal' | 'measureSecondsLeft'>,
  session: RunSession,
  activity: ActivityReporter,
): EpisodeRunner {
  return new EpisodeRunner({
    ...ports,
    environment: settings.environment,
    limits: settings.policy,
    longestEpisode: findLongestEpisode(facts),
    signal: session.signal,
    usage: session.usage,
    onWork: (rate) => {
      activity.report(rate);
    },
  });
}
