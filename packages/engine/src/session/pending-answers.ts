/** Answers of models while they come, for people who watch a run: they are no part of any record. */
import { formatCount } from '@policybook/protocol';
import type { PendingAnswer } from '../ports';

/** Most characters of an idea in a progress line. */
const MAX_IDEA_CHARACTERS = 120;

/** Keeps the answers that are under way: several, where samples are asked for side by side. */
export class PendingAnswers {
  private readonly answers = new Map<number, PendingAnswer>();

  /** Notes how far the answer of a sample has come; `null` where it is there, or comes no more. */
  note(sample: number, answer: PendingAnswer | null): void {
    if (answer === null) this.answers.delete(sample);
    else this.answers.set(sample, answer);
  }

  /** The answers under way as one: the tokens of all, and the texts of the first; `null` for none. */
  get combined(): PendingAnswer | null {
    const [first, ...others] = [...this.answers].sort(([a], [b]) => a - b).map(([, answer]) => answer);
    if (first === undefined) return null;
    return {
      ...first,
      seconds: Math.max(first.seconds, ...others.map(({ seconds }) => seconds)),
      tokens: others.reduce((sum, { tokens }) => sum + tokens, first.tokens),
    };
  }

  /** Says behind what is being done how far the answers have come: "…: 12 s, about 340 tokens so far: Push the cart." */
  describe(activity: string): string {
    const answer = this.combined;
    if (answer === null) return activity;
    const { seconds, tokens, idea } = answer;
    const so =
      tokens === 0 ? '' : `, about ${formatCount(tokens)} ${tokens === 1 ? 'token' : 'tokens'} so far`;
    const said = idea === null ? '' : `: ${idea.slice(0, MAX_IDEA_CHARACTERS)}`;
    return `${activity}: ${Math.floor(seconds)} s${so}${said}`;
  }
}
