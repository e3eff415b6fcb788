/** The quickstart in a real JupyterLab, with the installed kernel: its cells run, plot and diff are there. */
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { openBrowser, openLabPage, openNotebook, runAllCells, waitForIdle } from './browser';
import { startLab, type LabServer } from './lab-server';

const repository = path.resolve(__dirname, '../..');
const learning = 900_000;

let root: string;
let lab: LabServer;
let browser: Browser;
let page: Page;
let errors: readonly string[];

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'policybook-quickstart-'));
  copyFileSync(path.join(repository, 'examples/quickstart.ipynb'), path.join(root, 'quickstart.ipynb'));
  lab = await startLab({ root });
  browser = await openBrowser();
  ({ page, errors } = await openLabPage(browser, lab));
  await openNotebook(page, 'quickstart.ipynb');
}, 120_000);

afterAll(async () => {
  await browser.close();
  await lab.stop();
  rmSync(root, { recursive: true, force: true });
}, 30_000);

/** The README's picture: `POLICYBOOK_PICTURE=examples/quickstart.png npm test -- browser`. */
async function takePicture(run: Locator): Promise<void> {
  const file = process.env['POLICYBOOK_PICTURE'];
  if (file === undefined) return;
  await page.setViewportSize({ width: 1280, height: 1240 });
  await cellStarting('%%learn').evaluate((cell) => {
    cell.scrollIntoView({ block: 'start' });
  });
  await run.locator('.main-svg').first().waitFor();
  await page.screenshot({ path: path.resolve(repository, file) });
}

const cellStarting = (text: string) => page.locator('.jp-CodeCell', { hasText: text });

test(
  'learning is drawn while it goes on, and ends with a champion above the threshold',
  async () => {
    await page.evaluate(() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs'));
    await runAllCells(page);
    const run = cellStarting('%%learn').locator('.pb-run').first();
    await run.locator('.main-svg').first().waitFor({ timeout: learning });
    await waitForIdle(page, learning);
    expect(await run.textContent()).toContain('first@');
    expect(await run.locator('.main-svg').count()).toBeGreaterThan(0);
    expect(errors).toEqual([]);
    await takePicture(run);
  },
  learning + 30_000,
);

test('the diff between the first and the best policy is shown', async () => {
  const diff = cellStarting('%diff').locator('.pb-diff').first();
  await diff.waitFor();
  expect(await diff.textContent()).toContain('first@1');
  expect(await diff.textContent()).toContain('def act(observation):');
});

test('a replay shows which line chose the actions, and pictures of the episode', async () => {
  const replay = cellStarting('%replay first').last();
  expect(await replay.textContent()).toContain('same return, same actions');
  expect(await replay.locator('table').first().textContent()).toContain('return');
  const width = await replay
    .locator('img')
    .last()
    .evaluate((image: HTMLImageElement) => image.naturalWidth);
  expect(width).toBeGreaterThan(400);
});

test('the exported program was written and flew', async () => {
  expect(existsSync(path.join(root, 'lander.py'))).toBe(true);
  expect(await cellStarting('sys.executable').locator('.jp-OutputArea-output').last().textContent()).toMatch(
    /mean/,
  );
});

test('no cell ended in an error', async () => {
  expect(
    await page.locator('.jp-RenderedText[data-mime-type="application/vnd.jupyter.stderr"]').count(),
  ).toBe(0);
  expect(
    await page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]').count(),
  ).toBe(0);
});

test('the champion’s file opens in JupyterLab', async () => {
  await cellStarting('%%learn').locator('.pb-run .pb-button').first().click();
  await page.locator('.jp-FileEditor .cm-content', { hasText: 'def act(observation):' }).waitFor();
});
