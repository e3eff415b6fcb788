/** Keys that authors need: from the environment, else from the system's keyring, which Python reads when a key is first needed. */
import { execFile } from 'node:child_process';
import { findAuthorObstacle, listAuthorKeys } from '@policybook/authors';
import type { AuthorSettings } from '@policybook/engine';
import type { Failure } from '@policybook/protocol';

/** A keyring may ask its user to unlock it. */
const KEYRING_DEADLINE_MS = 30_000;

/** Why there can be no such author here, where its keys are looked for in the keyring too; `null` where there can be one. */
export async function findObstacle(
  { keys }: { readonly keys: AuthorKeys },
  author: AuthorSettings,
): Promise<Failure | null> {
  return findAuthorObstacle(author, await keys.findVariables(author));
}

/** The keys of one kernel. Those of the keyring stay in this process: they stand in no environment and in no argument. */
export class AuthorKeys {
  private readonly read = new Map<string, string>();

  constructor(
    private readonly env: NodeJS.ProcessEnv,
    private readonly python: string,
  ) {}

  /** Returns the environment's variables with the keys that the author needs and the environment lacks. */
  async findVariables(author: AuthorSettings): Promise<NodeJS.ProcessEnv> {
    const missing = listAuthorKeys(author).filter((name) => (this.env[name] ?? '').trim() === '');
    for (const name of missing) {
      if (this.read.has(name)) continue;
      const key = await this.readKeyring(name);
      if (key !== '') this.read.set(name, key);
    }
    const variables = { ...this.env };
    for (const name of missing) variables[name] = this.read.get(name);
    return variables;
  }

  /** Reads a key from the keyring; empty where there is no keyring, or no such key in it. */
  private readKeyring(name: string): Promise<string> {
    return new Promise((resolve) => {
      const options = { env: this.env, timeout: KEYRING_DEADLINE_MS, maxBuffer: 1 << 16 };
      execFile(this.python, ['-m', 'policybook.cli.keys', name], options, (error, stdout) => {
        resolve(error === null ? stdout.trim() : '');
      });
    });
  }
}
