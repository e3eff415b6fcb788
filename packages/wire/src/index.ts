/** Jupyter messages (pure), their codec and signature, and the sockets of both sides. */
export * from './client-sockets';
export * from './composer';
export * from './connection-file';
export * from './cursor';
export * from './frames';
export * from './header';
export * from './ids';
export * from './json';
export * from './messages';
export * from './outbox';
export * from './read-request';
export * from './replay-guard';
export * from './server-sockets';
export * from './signer';
