/** Reports how far a model's answer has come, at a bounded rate and without the key. */
import type { PendingAnswer } from '@policybook/engine';
import { readIdea } from './answer';
import type { Secret } from './secret';
import { estimateTokens } from './usage';

/** Milliseconds between two reports. */
const REPORT_MS = 500;
/** Most characters of a text that are reported: its end. */
const MAX_TEXT_CHARACTERS = 6000;

/** What has come of an answer's texts. */
export interface StreamedText {
  readonly content: string;
  readonly reasoning: string;
}

/** Reports from its creation on, whether anything comes or not, until it is ended. */
export class AnswerProgress {
  private text: StreamedText = { content: '', reasoning: '' };
  private readonly startedAt = performance.now();
  private readonly timer: NodeJS.Timeout | null;

  /** `report` gets each report, and `null` at the end. */
  constructor(
    private readonly secret: Secret,
    private readonly report: ((answer: PendingAnswer | null) => void) | undefined,
  ) {
    this.timer =
      report === undefined
        ? null
        : setInterval(() => {
            report(this.describe());
          }, REPORT_MS);
    report?.(this.describe());
  }

  /** Takes what has come so far; it is part of the next report. */
  readonly take = (text: StreamedText): void => {
    this.text = text;
  };

  /** Reports no more. */
  end(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.report?.(null);
  }

  private describe(): PendingAnswer {
    const { content, reasoning } = this.text;
    return {
      seconds: (performance.now() - this.startedAt) / 1000,
      tokens: estimateTokens(content + reasoning),
      idea: readIdea(this.secret.redactBeginning(content)),
      reasoning: this.cut(reasoning),
      content: this.cut(content),
    };
  }

  private cut(text: string): string {
    return this.secret.redactBeginning(text).slice(-MAX_TEXT_CHARACTERS).toWellFormed();
  }
}
