/** A `%%compare` declaration, checked. */
import { foldName, type Json } from '@policybook/protocol';
import type { z } from 'zod';
import {
  toEnvironmentKeys,
  toPolicy,
  toRunKeys,
  type EnvironmentKeys,
  type PolicyLimitsDeclaration,
  type RunKeys,
  type WrittenBody,
} from './declaration';
import { parseReference, type Reference } from './reference';
import { formatBaseline, deriveContestantName, type compareBody } from './schema/compare';

/** What a contestant is, as written; contestants keep the order of the text within each key. */
export type ContestantDeclaration =
  | {
      readonly kind: 'policies';
      readonly name: string;
      readonly reference: Reference;
      readonly text: string;
    }
  /** A recorded agent's file. */
  | { readonly kind: 'agent'; readonly name: string; readonly path: string }
  | {
      readonly kind: 'baseline';
      readonly name: string;
      readonly baseline: 'random' | 'constant' | 'heuristic';
      /** The action of a constant; `null` leaves the choice. */
      readonly action: Json;
    }
  | {
      readonly kind: 'training';
      readonly name: string;
      readonly algorithm: string;
      readonly steps: number;
      readonly repeat: number;
      readonly settings: Readonly<Record<string, z.infer<z.ZodJSONSchema>>>;
    }
  | {
      readonly kind: 'author';
      readonly name: string;
      readonly search: RunKeys;
      readonly seed: number;
    };

/** A checked `%%compare` cell. */
export interface CompareDeclaration {
  readonly kind: 'compare';
  readonly comparison: string;
  /** `null`: that of the first run among the contestants, else that of the first policy by hand. */
  readonly environment: string | null;
  readonly overrides: EnvironmentKeys;
  readonly contestants: readonly ContestantDeclaration[];
  /** Whether every model author is also sampled without memory, at equal cost. */
  readonly isSampling: boolean;
  /** `null`: the first. */
  readonly against: string | null;
  readonly episodes: number;
  readonly seed: number;
  readonly confidence: number;
  readonly policy: PolicyLimitsDeclaration;
  /** The cell ends at once. No part of what the declaration is. */
  readonly background: boolean;
  /** Compare again although this very declaration has finished. No part of what the declaration is. */
  readonly again: boolean;
  /** The body as it is recorded: `!py` values filled in. */
  readonly text: string;
}

type Body = z.output<typeof compareBody>;

/** Takes a checked `%%compare` body. */
export function toCompare(comparison: string, body: Body, { text, floats }: WrittenBody): CompareDeclaration {
  return {
    kind: 'compare',
    comparison,
    environment: body.environment ?? null,
    overrides: toEnvironmentKeys(body, floats),
    contestants: foldNames([
      ...toPolicies(body.policies ?? []),
      ...(body.baselines ?? []).flatMap(toBaselines),
      ...Object.entries(body.agents ?? {}).map(([name, agent]) => ({
        kind: 'training' as const,
        name,
        ...agent,
      })),
      ...Object.entries(body.authors ?? {}).map(([name, search]) => ({
        kind: 'author' as const,
        name,
        search: toRunKeys(search),
        seed: search.seed ?? body.seed,
      })),
    ]),
    isSampling: (body.baselines ?? []).includes('sampling'),
    against: body.against === undefined ? null : foldName(body.against),
    episodes: body.episodes,
    seed: body.seed,
    confidence: body.confidence,
    policy: toPolicy(body.policy ?? {}),
    background: body.background,
    again: body.again,
    text,
  };
}

function foldNames(contestants: readonly ContestantDeclaration[]): ContestantDeclaration[] {
  return contestants.map((contestant) => ({ ...contestant, name: foldName(contestant.name) }));
}

function toPolicies(written: NonNullable<Body['policies']>): ContestantDeclaration[] {
  const named = Array.isArray(written)
    ? written.map((text): [string, string] => [deriveContestantName(text), text])
    : Object.entries(written);
  return named.flatMap(([name, text]): ContestantDeclaration[] => {
    if (text.endsWith('.npz')) return [{ kind: 'agent', name, path: text }];
    const reference = parseReference(text);
    // The schema has parsed it before.
    return reference.ok ? [{ kind: 'policies', name, reference: reference.value, text }] : [];
  });
}

function toBaselines(written: NonNullable<Body['baselines']>[number]): ContestantDeclaration[] {
  const name = formatBaseline(written);
  if (typeof written === 'object')
    return [{ kind: 'baseline', name, baseline: 'constant', action: written.constant }];
  return written === 'sampling' ? [] : [{ kind: 'baseline', name, baseline: written, action: null }];
}
