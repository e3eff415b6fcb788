/**
 * The multipart layout of a message
 * (https://jupyter-client.readthedocs.io/en/stable/messaging.html#the-wire-protocol):
 * identities (or a topic), `<IDS|MSG>`, signature, header, parent header, metadata, content, raw buffers.
 */

const DELIMITER = Buffer.from('<IDS|MSG>');

/** A message whose parts are named but not parsed. */
export interface RawMessage {
  /** Routing identities on ROUTER sockets, the topic on iopub. Empty in what a DEALER sends of its own. */
  readonly identities: readonly Buffer[];
  readonly signature: Buffer;
  readonly header: Buffer;
  readonly parentHeader: Buffer;
  readonly metadata: Buffer;
  readonly content: Buffer;
  readonly buffers: readonly Buffer[];
}

/** Names the parts of a multipart message; `undefined` where it is not a Jupyter message. */
export function splitFrames(frames: readonly Buffer[]): RawMessage | undefined {
  const at = frames.findIndex((frame) => frame.equals(DELIMITER));
  if (at < 0) return undefined;
  const [signature, header, parentHeader, metadata, content, ...buffers] = frames.slice(at + 1);
  if (!signature || !header || !parentHeader || !metadata || !content) return undefined;
  return { identities: frames.slice(0, at), signature, header, parentHeader, metadata, content, buffers };
}

/** The inverse of {@link splitFrames}: the same bytes in the same order. */
export function joinFrames(message: RawMessage): Buffer[] {
  const { identities, signature, header, parentHeader, metadata, content, buffers } = message;
  return [...identities, DELIMITER, signature, header, parentHeader, metadata, content, ...buffers];
}
