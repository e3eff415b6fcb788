/** A bundle of representations, as `display_data` carries it: MIME name to content. */
import type { Json } from '@policybook/protocol';

export type MimeBundle = Readonly<Record<string, Json>>;
