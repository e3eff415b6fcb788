/** The engine: ports, events, and the loop that turns one into the other. */
export * from './evaluator-messages';
export * from './events';
export { advance, fold } from './fold';
export type * from './json';
export type * from './ports';
export * from './settings';
export type * from './state';
