/** Driving JupyterLab in Chromium: opening and running notebooks, waiting on what the page shows. */
import { chromium, type Browser, type Page } from 'playwright-core';
import type { LabServer } from './lab-server';

declare global {
  interface Window {
    /** The application, there because the server runs with --expose-app-in-browser. */
    readonly jupyterapp: {
      readonly commands: { execute(id: string): Promise<unknown> };
      readonly shell: {
        readonly currentWidget: {
          readonly sessionContext?: {
            readonly isReady: boolean;
            restartKernel(): Promise<void>;
            readonly session: {
              readonly kernel: { readonly status: string; readonly connectionStatus: string } | null;
            } | null;
          };
        } | null;
      };
    };
  }
}

const executablePath = process.env['POLICYBOOK_CHROMIUM'] ?? '/usr/bin/chromium';
const wait = { timeout: 120_000 };

const launchArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath, args: launchArguments, headless: true });
}

/** A page with its own cookies, logged in to `lab`. Errors that scripts throw in it are collected. */
export async function openLabPage(
  browser: Browser,
  lab: LabServer,
): Promise<{ page: Page; errors: readonly string[] }> {
  const context = await browser.newContext({ baseURL: lab.url, viewport: { width: 1280, height: 1000 } });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: lab.url });
  const page = await context.newPage();
  // A time-out is only there so that a test that fails ends: a busy machine is ten times slower.
  page.setDefaultTimeout(wait.timeout);
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('dialog', (dialog) => {
    // Leaving a changed notebook asks; any other dialog is none of ours or Lab's.
    if (dialog.type() !== 'beforeunload') errors.push(`dialog: ${dialog.message()}`);
    void dialog.accept();
  });
  await page.goto(`lab?token=${lab.token}&reset`);
  await page.locator('#jp-main-dock-panel').waitFor(wait);
  return { page, errors };
}

/** `path` is relative to the served folder. Resolves when the notebook's cells are in the page. */
export async function openNotebook(page: Page, path: string): Promise<void> {
  await page.goto(`lab/tree/${path.split('/').map(encodeURIComponent).join('/')}?reset`);
  await page.locator('.jp-NotebookPanel .jp-Cell').first().waitFor(wait);
}

/** Starts all cells of the current notebook and resolves without waiting for them. */
export async function runAllCells(page: Page): Promise<void> {
  await waitForIdle(page);
  await page.evaluate(() => {
    document.body.dataset['running'] = 'cells';
    void window.jupyterapp.commands.execute('notebook:run-all-cells').finally(() => {
      delete document.body.dataset['running'];
    });
  });
}

/** Until `runAllCells`, if called, has run them, the kernel is idle and no cell waits for its turn. */
export async function waitForIdle(page: Page, timeout = wait.timeout): Promise<void> {
  await page.locator('body:not([data-running])').waitFor({ state: 'attached', timeout });
  // The page's own indicator is idle before there is a kernel; running cells then asks for one.
  await page.waitForFunction(
    () => {
      const context = window.jupyterapp.shell.currentWidget?.sessionContext;
      const kernel = context?.session?.kernel;
      return (
        context?.isReady === true && kernel?.status === 'idle' && kernel.connectionStatus === 'connected'
      );
    },
    undefined,
    { timeout },
  );
  await page.waitForFunction(
    () =>
      [...document.querySelectorAll('.jp-NotebookPanel .jp-InputPrompt')].every(
        (prompt) => !prompt.textContent.includes('*'),
      ),
    undefined,
    { timeout },
  );
}
