/**
 * Branded identifiers of the Jupyter protocol. The strings are opaque: a peer may send anything, so that
 * nothing here checks their shape.
 */
import { randomUUID } from 'node:crypto';

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Identifies one message; never used twice, because clients take a repeated signature for a replay. */
export type MsgId = Branded<'MsgId'>;
/** Identifies one run of a kernel, or one client. */
export type SessionId = Branded<'SessionId'>;
/** Identifies one comm between a kernel and its front end. */
export type CommId = Branded<'CommId'>;

/** Takes a text of the wire for a message's id. */
export const toMsgId = (text: string): MsgId => text as MsgId;
/** Takes a text of the wire for a session's id. */
export const toSessionId = (text: string): SessionId => text as SessionId;
/** Takes a text of the wire for a comm's id. */
export const toCommId = (text: string): CommId => text as CommId;

/** Makes an id that no other message has. */
export const createMsgId = (): MsgId => toMsgId(randomUUID());
/** Makes an id that no other session has. */
export const createSessionId = (): SessionId => toSessionId(randomUUID());
/** Makes an id that no other comm has. */
export const createCommId = (): CommId => toCommId(randomUUID().replaceAll('-', ''));
