/** Views: events and states to Plotly JSON, diffs and text. No node, no DOM. */
export * from './audit-bundle';
export * from './audit-words';
export * from './diff-bundle';
export * from './diff-rows';
export * from './mime-bundle';
export * from './numbers';
export * from './payloads';
export * from './plotly-figure';
export * from './run-bundle';
export * from './run-figure';
export * from './run-payload';
export * from './run-progress';
export * from './run-status';
export * from './run-text';
export * from './runs-bundle';
export * from './safe-text';
export * from './standing';
