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

export const msgId = (text: string): MsgId => text as MsgId;
export const sessionId = (text: string): SessionId => text as SessionId;
export const commId = (text: string): CommId => text as CommId;

export const newMsgId = (): MsgId => msgId(randomUUID());
export const newSessionId = (): SessionId => sessionId(randomUUID());
export const newCommId = (): CommId => commId(randomUUID().replaceAll('-', ''));
