/** What is wrong with a policy's text, in words for the model that wrote it. */
import { formatStep, type PolicyFailure } from '@policybook/protocol';
import { quote } from './quoted';

/** Lines that are shown on each side of the one that failed. */
const LINES_AROUND = 5;

/** Describes a failure with its place and the numbered lines around it. */
export function describeFault(source: string, { code, message, line, step }: PolicyFailure): string {
  const place = step === null ? '' : `, in ${formatStep(step)} of an episode`;
  const said = `The policy cannot be played. It failed (${code}${place}):\n\n${quote(message, 2000)}`;
  return line === null
    ? said
    : `${said}\n\nThe lines around line ${line}:\n\n${quote(numberLines(source, line))}`;
}

function numberLines(source: string, failed: number): string {
  const lines = source.trimEnd().split('\n');
  const first = Math.max(1, failed - LINES_AROUND);
  const last = Math.min(lines.length, failed + LINES_AROUND);
  const width = String(last).length;
  return lines
    .slice(first - 1, last)
    .map((text, index) => {
      const number = first + index;
      return `${number === failed ? '>' : ' '} ${String(number).padStart(width)} | ${text}`;
    })
    .join('\n');
}
