/** A curve in one line of text. */
const bars = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/** `level` runs from 0 to 1; values outside are drawn at the edges. */
export function sparkline(levels: readonly number[]): string {
  return levels
    .map((level) => bars[Math.min(bars.length - 1, Math.max(0, Math.floor(level * bars.length)))] ?? bars[0])
    .join('');
}

/** "█████░░░░░" */
export function meterBar(share: number, width: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * width);
  return '█'.repeat(full) + '░'.repeat(width - full);
}
