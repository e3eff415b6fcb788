/** What the design has and this version has not: named plainly, never swallowed. */

/** Keys by declaration, each with what it will do. */
export const LATER_KEYS: Readonly<
  Record<'environment' | 'learn' | 'compare', Readonly<Record<string, string>>>
> = {
  environment: {},
  compare: {},
  learn: {
    workers: 'choosing the number of workers',
    feedback: 'choosing what an author sees',
  },
};
