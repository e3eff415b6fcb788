/** What the user says to a run while it learns: each message is an event, and what comes of it follows from that. */
import type { UserMessage } from '../events';
import { admitProposals } from './admit';
import { findHead, type RunContext, type StageOutcome } from './context';
import { enterCandidates } from './enter-candidates';
import { chooseHead } from './race';

/**
 * Takes all that the user has said, one after the other. Where the record of an earlier session still lasts, what was said at this
 * place is in it, and nothing else is taken.
 */
export async function runInboxStage(context: RunContext): Promise<StageOutcome> {
  const before = findHead(context.log.state)?.id;
  for (;;) {
    const message = await receiveMessage(context);
    if (message === null) return findHead(context.log.state)?.id === before ? 'no_change' : 'improved';
    await obeyMessage(context, message);
  }
}

async function receiveMessage({ log, inbox }: RunContext): Promise<UserMessage | null> {
  const message = log.isReplaying ? null : inbox.take();
  if (message === null && !log.isNextRecorded('message_received')) return null;
  const [event] = await log.recordOrReplay(1, ['message_received'], () => {
    if (message === null) throw new Error('the record holds the message');
    return Promise.resolve([{ type: 'message_received', message }]);
  });
  return event?.message ?? null;
}

async function obeyMessage(context: RunContext, message: UserMessage): Promise<void> {
  switch (message.kind) {
    case 'policy': {
      context.announce(`racing ${message.name}, a policy by hand`);
      const proposal = {
        kind: 'by_hand',
        label: message.name,
        idea: 'A policy by hand.',
        source: message.source,
      } as const;
      await enterCandidates(context, await admitProposals(context, 1, () => Promise.resolve([proposal])));
      return;
    }
    case 'reject':
      // Who comes after a rejected head is the best estimate of the others.
      if (context.log.state.head === message.candidate) await chooseHead(context);
      return;
    case 'accept':
      await chooseHead(context);
      return;
    case 'note':
  }
}
