/** The run view's buttons in a real JupyterLab: they speak over a comm to a run that learns in the background of a real kernel. */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildRunBundle } from '@policybook/views';
import type { Browser, Locator, Page } from 'playwright-core';
import { z } from 'zod';
import { lunarEvents, lunarProgress, stateOf } from '../fixtures/lunar-run';
import { cell, notebook } from '../fixtures/story-notebook';
import { openBrowser, openLabPage, openNotebook, runAllCells, waitForIdle } from './browser';
import { startLab, type LabServer } from './lab-server';

jest.setTimeout(600_000);

const LEARNING = [
  '%%learn CartPole-v1 as first',
  'author: mailbox',
  'episodes: 3000',
  'calls: 6',
  'tune: false',
  'simplify: false',
  'background: true',
].join('\n');
/** Python that runs until the test lets it end: clicks are answered all the same. */
const BUSY = "import pathlib, time\nwhile not pathlib.Path('go').exists():\n    time.sleep(0.02)";
const LEAN = 'def act(observation):\n    return int(observation[2] > 0)\n';
const RIGHT = 'def act(observation):\n    return 1\n';
const LEFT = 'def act(observation):\n    return 0\n';

const messages = z.array(
  z.object({ event: z.looseObject({ type: z.string(), message: z.unknown().optional() }) }),
);

let root: string;
let lab: LabServer;
let browser: Browser;
let page: Page;
let errors: readonly string[];
let run: Locator;

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'policybook-speaking-'));
  // The output of an earlier run of the same name, as a notebook of somebody else may have it.
  const old = buildRunBundle(stateOf(lunarEvents.slice(0, -1)), lunarProgress);
  const cells = [cell(LEARNING), cell(BUSY), cell('pass', old)];
  writeFileSync(path.join(root, 'talk.ipynb'), notebook(cells, 'policybook'));
  lab = await startLab({ root });
  browser = await openBrowser();
  ({ page, errors } = await openLabPage(browser, lab));
  await openNotebook(page, 'talk.ipynb');
  await waitForIdle(page);
  await page.evaluate(async () => {
    const { commands } = window.jupyterapp;
    await commands.execute('notebook:move-cursor-down');
    await commands.execute('notebook:move-cursor-down');
    void commands.execute('notebook:run-all-above');
  });
  await answer(1, LEAN);
  await answer(2, RIGHT);
  await findRequest(3);
  run = page.locator('.jp-NotebookPanel .pb-run').first();
});

afterAll(async () => {
  await browser.close();
  await lab.stop();
  rmSync(root, { recursive: true, force: true });
}, 30_000);

test('an output of an earlier run of that name speaks of no candidate of this one, which is said beside the button', async () => {
  const old = page.locator('.jp-NotebookPanel .pb-run').nth(1).locator('.pb-champion');
  await old.getByRole('button', { name: 'Accept first@10' }).click();
  await old.locator('.pb-said[data-tone="bad"]', { hasText: 'first has no such candidate' }).waitFor();
  expect(listMessages()).toEqual([]);
});

test('what a script clicks says nothing, and what the user clicks reaches the run while Python runs', async () => {
  await run.getByText('Candidates (2)').click();
  const accept = run.getByRole('button', { name: 'Accept first@2' });
  await accept.evaluate((button: HTMLElement) => {
    button.click();
  });
  const row = run.locator('.pb-candidates > li').filter({ hasText: '@2' });
  expect(await row.getByRole('status').textContent()).toBe('');
  // By the keyboard, which the notebook leaves to the button.
  await accept.focus();
  await page.keyboard.press('Enter');
  await row.getByRole('status').filter({ hasText: 'first hands over first@2' }).waitFor();
});

test('a note reaches the author, and what the user has accepted is handed over', async () => {
  const words = run.getByRole('textbox', { name: 'Note to the author of first' });
  // Typed in the notebook's command mode, "dd" would delete the cell.
  await words.pressSequentially('add <b>speed</b>, "dd"');
  await words.press('Enter');
  await run.getByRole('status').filter({ hasText: 'the author of first is given your note' }).waitFor();
  expect(await words.inputValue()).toBe('');
  expect(await page.locator('.jp-NotebookPanel .jp-CodeCell').count()).toBe(3);
  await answer(3, LEFT);
  await findRequest(4);
  expect(readTask(4)).toContain('add <b>speed</b>, "dd"');
  await run.locator('.pb-role', { hasText: 'accepted by you' }).waitFor();
  expect(listMessages()).toEqual([
    { kind: 'accept', candidate: 2 },
    { kind: 'note', text: 'add <b>speed</b>, "dd"' },
  ]);
  expect(await run.locator('.pb-champion-name').textContent()).toBe('first@2');
  expect(await run.getByRole('button', { name: 'Accept first@2' }).count()).toBe(0);
  expect(await run.locator('.pb-run b, .pb-said b').count()).toBe(0);
});

test('a rejection by the head’s own button takes the acceptance back', async () => {
  await run.locator('.pb-champion').getByRole('button', { name: 'Reject first@2' }).click();
  await run.locator('.pb-champion').getByRole('status').filter({ hasText: 'out of the choice' }).waitFor();
  await answer(4, `${LEFT}# again`);
  await findRequest(5);
  await run.locator('.pb-champion-name', { hasText: 'first@1' }).waitFor();
  expect(listMessages().at(-1)).toEqual({ kind: 'reject', candidate: 2 });
});

test('after a reload the page speaks to the run again, and stops it', async () => {
  await page.evaluate(() => window.jupyterapp.commands.execute('docmanager:save'));
  await page.reload();
  await run.getByRole('button', { name: 'Stop first' }).click();
  // Its own cell's output is updated no more by then: what the kernel says stands beside the button.
  await run.getByRole('status').filter({ hasText: 'first was stopped' }).waitFor({ state: 'attached' });
  await run.locator('.pb-lines', { hasText: '%accept first@1' }).waitFor();
  expect(await run.getByRole('button', { name: /Accept|Reject|Stop|Send/ }).count()).toBe(0);
});

test('after a restart of the kernel the page speaks to the next one', async () => {
  writeFileSync(path.join(root, 'go'), '');
  await page.evaluate(() => window.jupyterapp.shell.currentWidget?.sessionContext?.restartKernel());
  await runAllCells(page);
  await run.getByRole('button', { name: 'Stop first' }).click();
  await run.locator('.pb-pill', { hasText: 'stopped' }).waitFor();
  expect(await run.getByRole('button', { name: /^(Accept|Reject|Stop|Send)/ }).count()).toBe(0);
  expect(errors).toEqual([]);
});

const requestOf = (number: number): string =>
  path.join(root, 'mailbox/first', String(number).padStart(4, '0'));

const readTask = (number: number): string => readFileSync(path.join(requestOf(number), 'task.md'), 'utf8');

async function findRequest(number: number): Promise<string> {
  const folder = requestOf(number);
  // A number is only there so that a test that fails ends.
  for (let looks = 0; looks < 2400; looks++) {
    if (existsSync(path.join(folder, 'task.md'))) return folder;
    await sleep(50);
  }
  throw new Error(`the author was not asked for the ${number}th time`);
}

/** Leaves a policy in the mailbox. */
async function answer(number: number, policy: string): Promise<void> {
  const folder = await findRequest(number);
  writeFileSync(path.join(folder, 'policy.py'), policy);
  writeFileSync(path.join(folder, 'done'), '');
}

/** Lists what the run has been said, from its record. */
function listMessages(): unknown[] {
  const record = readFileSync(path.join(root, 'policybook-runs/talk/first/events.jsonl'), 'utf8');
  const lines = messages.parse(
    record
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  );
  return lines.flatMap(({ event }) => (event.type === 'message_received' ? [event.message] : []));
}
