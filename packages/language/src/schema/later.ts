/** What the design has and this version has not: named plainly, never swallowed. */

const shared: Readonly<Record<string, string>> = {
  info: 'passing info entries to a policy',
  reward: 'passing the reward to a policy',
};

/** Keys by declaration, each with what it will do. */
export const laterKeys: Readonly<
  Record<'environment' | 'learn' | 'compare', Readonly<Record<string, string>>>
> = {
  environment: shared,
  compare: shared,
  learn: {
    ...shared,
    workers: 'choosing the number of workers',
    feedback: 'choosing what an author is told',
  },
};

/** Authors that are not built yet. */
export const laterAuthors: ReadonlySet<string> = new Set(['command', 'replay', 'human']);
