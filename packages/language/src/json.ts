/** A JSON value: what the workbench answers for an expression. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
