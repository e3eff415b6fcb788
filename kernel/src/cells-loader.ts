/** Loads the cells, a bundle of their own, at the first policybook cell. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { CellModule, CellService, KernelServices } from './cell-service';

/** Loads the bundle once, when it is first needed. */
export class CellsLoader {
  private service: CellService | undefined;

  /** `bundle` is the path of a CommonJS module that exports {@link CellModule}. */
  constructor(
    private readonly services: KernelServices,
    private readonly bundle = join(__dirname, 'cells.cjs'),
  ) {}

  /** Throws where the bundle is missing or broken, which only a faulty installation makes it. */
  load(): CellService {
    this.service ??= requireCells(this.bundle).createCellService(this.services);
    return this.service;
  }

  /** Disposes of the cells, where they were loaded. */
  async dispose(): Promise<void> {
    await this.service?.dispose();
  }
}

function requireCells(path: string): CellModule {
  const loaded: unknown = createRequire(path)(path);
  if (!isCellModule(loaded)) throw new Error(`${path} does not export createCellService`);
  return loaded;
}

function isCellModule(value: unknown): value is CellModule {
  return (
    typeof value === 'object' &&
    value !== null &&
    'createCellService' in value &&
    typeof value.createCellService === 'function'
  );
}
