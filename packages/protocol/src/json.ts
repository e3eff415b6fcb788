/** A JSON value: what crosses a process boundary or is written into a run folder. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
