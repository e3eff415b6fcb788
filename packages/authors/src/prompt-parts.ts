/** What of a prompt may be left out, so that it stays below its most tokens; the prompt names what it leaves out. */

/** The sections of a prompt whose parts may be left out. */
export type PartPlace =
  'bounds' | 'documentation' | 'evidence' | 'attempts' | 'others' | 'texts' | 'notes' | 'findings';

/** A part of a section. */
export interface PromptPart {
  readonly place: PartPlace;
  /** What it is called where it is left out: "the documentation". */
  readonly name: string;
  readonly text: string;
  /** How soon it is left out: the part with the greatest rank first, of equal ones the later. */
  readonly rank: number;
}

/** What a prompt keeps of its parts. */
export interface KeptParts {
  /** Formats the parts of a section that are kept, in their order; empty for none. */
  readonly join: (place: PartPlace, between: string) => string;
  /** The names of the parts that are left out, in their order. */
  readonly leftOut: readonly string[];
}

/** Keeps the parts of the least ranks that have room in so many characters together; one that has none makes room for smaller ones. */
export function keepParts(parts: readonly PromptPart[], room: number): KeptParts {
  const kept = new Set<PromptPart>();
  let left = room;
  for (const part of [...parts].sort((one, other) => one.rank - other.rank)) {
    if (part.text.length > left) continue;
    kept.add(part);
    left -= part.text.length;
  }
  return {
    join: (place, between) =>
      parts
        .filter((part) => part.place === place && kept.has(part))
        .map(({ text }) => text)
        .join(between),
    leftOut: parts.filter((part) => !kept.has(part)).map(({ name }) => name),
  };
}
