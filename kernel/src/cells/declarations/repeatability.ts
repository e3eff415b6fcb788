/**
 * What is found out later about environments that seemed to repeat a seed: randomness that begins late or comes rarely is
 * not met when an environment is declared. Whatever finds it marks the environment for the rest of the kernel's life.
 */
import { writeCanonicalJson, type EnvironmentSpec, type MethodResult } from '@policybook/protocol';
import type { CurrentEnvironment, Notebook } from '../notebook/notebook';
import { takeDeclaredKeys } from './declared-keys';

type TracedEpisode = Pick<MethodResult<'trace'>, 'steps' | 'failure'>;

/**
 * Says what an environment has answered differently to the same actions in two episodes of one seed; `null` where it has
 * not, as where the policy was the first to differ.
 */
export function findUnrepeated(seed: number, first: TracedEpisode, second: TracedEpisode): string | null {
  for (const [index, step] of first.steps.entries()) {
    const other = second.steps[index];
    if (other === undefined) break;
    const number = index + 1;
    if (writeCanonicalJson(step.observation) !== writeCanonicalJson(other.observation))
      return `the observation before step ${number} of seed ${seed} was another after the same actions`;
    if (writeCanonicalJson(step.action) !== writeCanonicalJson(other.action)) return null;
    if (step.reward !== other.reward)
      return `step ${number} of seed ${seed} gave ${step.reward} and then ${other.reward} for the same actions`;
  }
  // A policy that failed has ended its episode itself, at a time limit even by chance.
  if (first.failure !== null || second.failure !== null) return null;
  const [before, again] = [first.steps.length, second.steps.length];
  return before === again
    ? null
    : `the episode of seed ${seed} ended after step ${before} and then after step ${again} for the same actions`;
}

/** Remembers that an environment, with its code as it is, does not repeat a seed; says whether that is new. */
export function markUnrepeatable(notebook: Notebook, environment: EnvironmentSpec, found: string): boolean {
  const key = identify(environment);
  if (notebook.unrepeatable.has(key)) return false;
  notebook.unrepeatable.set(key, found);
  return true;
}

/** Adds to what is known of an environment that it does not repeat, where that was found out since it was described. */
export function addRepeatability<C extends Pick<CurrentEnvironment, 'environment' | 'facts'>>(
  notebook: Notebook,
  current: C,
): C {
  const { environment, facts } = current;
  const found = notebook.unrepeatable.get(identify(environment));
  if (found === undefined || facts.unrepeatable !== undefined) return current;
  return {
    ...current,
    environment: { ...environment, unrepeatable: true },
    facts: { ...facts, unrepeatable: found },
  };
}

/** The environment and the user's code of it, whose change may mend what it does. */
function identify(environment: EnvironmentSpec): string {
  return writeCanonicalJson([takeDeclaredKeys(environment), environment.userCode?.hash ?? null]);
}
