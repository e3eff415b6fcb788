/**
 * Episodes that are compared seed by seed. Where a fault of the environment has ended an episode of one side, another seed has
 * taken its place there, and the sides are no pair at that position any more. So the other sides play that seed, too, and
 * what they had played there is set aside.
 */
import { addUsage, type EnvironmentSpec } from '@policybook/protocol';
import type { PlayedEpisodes } from './episode-runner';

/**
 * The number of times that a position is played again, which may be lost again by any side. A position at which the sides still
 * differ then counts in the scores and in no difference.
 */
const MAX_REPETITIONS = 3;

/** Plays seeds by one side, with at most so many steps; `null` is unlimited. */
export type SidePlayer<F extends number | null> = (
  seeds: readonly number[],
  steps: number | null,
) => Promise<PlayedEpisodes<F>>;

/** How sides are played. */
export interface PairedOptions {
  /** Where it does not repeat a seed, there are no pairs to keep. */
  readonly environment: EnvironmentSpec;
  /** The most steps of each side. */
  readonly steps?: number | null;
}

/**
 * Plays `drawn` by all sides at the same time, and again where a lost episode has parted them. Episodes that are set aside are
 * in no budget of episodes, as lost ones; the steps of all that was played are counted.
 */
export async function playPaired<F extends number | null>(
  players: readonly SidePlayer<F>[],
  drawn: readonly number[],
  { environment, steps = null }: PairedOptions,
): Promise<PlayedEpisodes<F>[]> {
  let sides = await Promise.all(players.map((play) => play(drawn, steps)));
  // A seed that a side has lost is no use: at each position, the seeds that all sides were to play so far.
  const tried = drawn.map((seed) => new Set([seed]));
  if (environment.unrepeatable === true) return sides;
  for (let repetition = 0; repetition < MAX_REPETITIONS; repetition++) {
    // A side that its policy's failure has ended is not compared any more.
    if (sides.some(({ failure, seeds }) => failure !== null && seeds.length < drawn.length)) break;
    const wanted = findReplacements(tried, sides);
    if (wanted.size === 0) break;
    sides = await Promise.all(
      players.map((play, index) => replaceEpisodes(play, sides[index], wanted, steps)),
    );
  }
  return sides;
}

/** Lists the positions at which all sides have played, and all the same seed; all positions where no seed repeats. */
export function listPairedPositions(
  sides: readonly (readonly number[])[],
  { unrepeatable }: Pick<EnvironmentSpec, 'unrepeatable'>,
): number[] {
  const common = Math.min(...sides.map((seeds) => seeds.length));
  const positions = Array.from({ length: common }, (_, position) => position);
  if (unrepeatable === true) return positions;
  return positions.filter((at) => sides.every((seeds) => seeds[at] === sides[0]?.[at]));
}

/** Takes the values at some positions. */
export function pickValues<T>(values: readonly T[], positions: readonly number[]): T[] {
  return positions.flatMap((at) => values.slice(at, at + 1));
}

/** Finds the positions at which the sides differ, with the seed that all are to play there and were not before, which is noted. */
function findReplacements(
  tried: readonly Set<number>[],
  sides: readonly PlayedEpisodes<number | null>[],
): ReadonlyMap<number, number> {
  const common = Math.min(...sides.map(({ seeds }) => seeds.length));
  const wanted = new Map<number, number>();
  for (let at = 0; at < common; at++) {
    const found = new Set(sides.map(({ seeds }) => seeds[at]));
    if (found.size < 2) continue;
    const replacement = [...found].find((seed) => seed !== undefined && tried[at]?.has(seed) === false);
    if (replacement === undefined) continue;
    wanted.set(at, replacement);
    tried[at]?.add(replacement);
  }
  return wanted;
}

/** Plays the wanted seeds that a side has not played at their positions. It ends at the first of them for which its steps do not suffice. */
async function replaceEpisodes<F extends number | null>(
  play: SidePlayer<F>,
  side: PlayedEpisodes<F> | undefined,
  wanted: ReadonlyMap<number, number>,
  steps: number | null,
): Promise<PlayedEpisodes<F>> {
  if (side === undefined) throw new Error('every side has a player');
  const missing = [...wanted].filter(([at, seed]) => side.seeds[at] !== seed);
  if (missing.length === 0) return side;
  const left = steps === null ? null : steps - (side.usage.steps ?? 0);
  const again = await play(
    missing.map(([, seed]) => seed),
    left,
  );
  const seeds = [...side.seeds];
  const returns = [...side.returns];
  const actions = [...side.actions];
  const done = again.seeds.length;
  for (const [index, [at]] of missing.slice(0, done).entries()) {
    seeds.splice(at, 1, ...again.seeds.slice(index, index + 1));
    returns.splice(at, 1, ...again.returns.slice(index, index + 1));
    actions.splice(at, 1, ...again.actions.slice(index, index + 1));
  }
  const [end] = missing[done] ?? [seeds.length];
  const { steps: more = 0, lost = 0 } = again.usage;
  return {
    seeds: seeds.slice(0, end),
    returns: returns.slice(0, end),
    actions: actions.slice(0, end),
    failure: side.failure ?? again.failure,
    usage: addUsage(side.usage, { steps: more, lost }),
  };
}
