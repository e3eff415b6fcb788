/** The labextension's renderers, and what readers without it see, in real JupyterLab and in nbconvert. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buildRunBundle } from '@policybook/views';
import type { Browser, Locator, Page } from 'playwright-core';
import { lunarEvents, lunarProgress, policyAfter, stateOf } from '../fixtures/lunar-run';
import { cell, notebook, pixel, storyNotebook } from '../fixtures/story-notebook';
import { openBrowser, openLabPage, openNotebook, runAllCells, waitForIdle } from './browser';
import { startLab, type LabServer } from './lab-server';

jest.setTimeout(900_000);

const championScore = '[262.6, 280.0] over 128 episodes';

let root: string;
let browser: Browser;

beforeAll(async () => {
  root = mkdtempSync(path.join(tmpdir(), 'policybook-story-'));
  mkdirSync(path.join(root, 'work/policybook-runs/story/first/policies'), { recursive: true });
  writeFileSync(path.join(root, 'work/story.ipynb'), storyNotebook());
  writeFileSync(path.join(root, 'work/live.ipynb'), liveNotebook());
  writeFileSync(path.join(root, 'work/policybook-runs/story/first/policies/0010-0f3a9c.py'), policyAfter);
  mkdirSync(path.join(root, 'work/policybook-runs/story/first/calls'));
  writeFileSync(path.join(root, 'work/policybook-runs/story/first/calls/ab12.json'), '{"request": {}}');
  writeUpdates();
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
  rmSync(root, { recursive: true, force: true });
});

describe('with the extension', () => {
  let lab: LabServer;
  let page: Page;
  let errors: readonly string[];

  beforeAll(async () => {
    lab = await startLab({ root });
    ({ page, errors } = await openLabPage(browser, lab));
    await openNotebook(page, 'work/story.ipynb');
  });
  afterAll(async () => {
    await lab.stop();
  });

  it('draws the run of an untrusted notebook', async () => {
    const run = view(page, 'run', 0);
    await run.locator('.main-svg .scatterlayer .point').first().waitFor();
    expect(await run.locator('.scatterlayer .points path.point').count()).toBeGreaterThanOrEqual(8);
    expect(await run.getAttribute('aria-label')).toBe('Run first');
    expect(await run.locator('.pb-mean').textContent()).toBe('271.3');
    expect(await run.locator('.pb-interval').textContent()).toBe(championScore);
    expect(await run.locator('.pb-pill').textContent()).toBe('finished');
    expect(await run.getByRole('meter', { name: 'episodes' }).getAttribute('aria-valuenow')).toBe('1921');
    expect(await run.getByRole('figure').getAttribute('aria-label')).toContain('champion first@10 at 271.3');
    const log = run.locator('details', { hasText: 'What happened' }).locator('li');
    expect(await log.count()).toBe(12);
    expect(await log.first().textContent()).toContain('champion with 271.3');
    expect(await page.locator('.jp-NotebookPanel .pb-run').count()).toBe(6);
    expect(await run.locator('.pb-answer').isVisible()).toBe(false);
    expect(await page.locator('.jp-NotebookPanel .jp-RenderedImage').count()).toBe(0);
  });

  it('shows the diff with line numbers, signs and marks', async () => {
    const diff = view(page, 'diff', 0);
    expect(await diff.locator('tr[data-kind="added"]').count()).toBe(5);
    expect(await diff.locator('tr[data-kind="removed"]').count()).toBe(3);
    const hover = diff.locator('tr[data-kind="added"]', { hasText: 'HOVER' });
    expect(await hover.locator('td').allTextContents()).toEqual([
      '',
      '2',
      '+',
      'HOVER = 0.55        # tune: [0, 1]',
    ]);
    expect(await hover.locator('mark').allTextContents()).toEqual(['0.55']);
    expect(await diff.locator('header').textContent()).toContain('238.9 [223.9, 253.9] over 96 episodes');
  });

  it('copies the diff', async () => {
    await view(page, 'diff', 0).getByRole('button', { name: 'Copy diff' }).click();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toContain('--- first@3\n+++ first@5\n');
  });

  it('shows the picture where Plotly’s part is missing', async () => {
    const run = view(page, 'run', 1);
    expect(await run.locator('img.pb-plot-picture').getAttribute('src')).toContain(pixel);
    expect(await run.locator('.main-svg').count()).toBe(0);
  });

  it('shows the text of a version that it does not know', async () => {
    const run = view(page, 'run', 3);
    expect(await run.locator('.pb-unreadable').textContent()).toBe('first: 271.3, from a newer policybook');
    expect(await run.locator('.pb-mean').isVisible()).toBe(false);
  });

  it('says of a head that it leads the champion, with the mean of the episodes by which it was chosen', async () => {
    const run = view(page, 'run', 4);
    expect(await run.locator('.pb-mean').textContent()).toBe('305');
    expect(await run.locator('.pb-interval').textContent()).toBe('while choosing, over 4 training episodes');
    expect(await run.locator('.pb-threshold').textContent()).toBe('threshold 200');
    expect(await run.locator('.pb-role').textContent()).toBe(
      'Head, the best estimate, which the run hands over. The episodes that chose it flatter it.',
    );
    expect(await run.locator('.pb-proven').textContent()).toBe(
      'Champion, the last that was shown on fresh seeds to be better: first@10 without the spin term, 271.3 [262.6, 280.0] over 128 episodes',
    );
    expect(await view(page, 'run', 0).locator('.pb-proven').isVisible()).toBe(false);
    expect(await run.getByRole('note').filter({ hasText: '@30' }).textContent()).toContain('champion @10');
    expect(await run.locator('.pb-cell').innerText()).toBe(
      '%%compare\npolicies: [first, first@champion]\nepisodes: 200',
    );
    expect(await view(page, 'run', 0).locator('.pb-cell').isVisible()).toBe(false);
    expect(await run.getByRole('figure').getAttribute('aria-label')).toContain(
      'head first@30 at 305 while choosing, over 4 training episodes',
    );
  });

  it('keeps hostile text text', async () => {
    const run = view(page, 'run', 2);
    await run.locator('.main-svg .point').first().waitFor();
    expect(await run.locator('.pb-champion').textContent()).toContain('<img src=x onerror="window.pwned=1">');
    await run
      .locator('.main-svg .draglayer .xy .nsewdrag')
      .hover({ force: true, position: await pointOf(run) });
    await page.locator('.hoverlayer .hovertext').first().waitFor();
    expect(await page.locator('.hoverlayer').allTextContents()).toEqual(
      expect.arrayContaining([expect.stringContaining('<img src=x onerror=')]),
    );
    expect(await page.locator('.pb-run script, .pb-diff script, .pb-diff img').count()).toBe(0);
    expect(await page.locator('.pb-run img:not(.pb-plot-picture)').count()).toBe(0);
    expect(await page.evaluate(() => 'pwned' in window)).toBe(false);
  });

  it('draws a figure that stands alone, and its table beside it', async () => {
    const figure = view(page, 'figure', 0);
    await figure.locator('.main-svg .scatterlayer .js-line').first().waitFor();
    expect(await figure.locator('.main-svg .scatterlayer .trace').count()).toBe(4);
    expect(await figure.locator('.pb-figure-title').textContent()).toContain('interquartile mean 271');
    expect(await figure.getByRole('figure').getAttribute('aria-label')).toContain(
      'Return of the champions of',
    );
    const table = page.locator('.jp-RenderedMarkdown', { hasText: '2 of 2 replicates ended' });
    expect(await table.locator('tr').count()).toBe(3);
    expect(await page.locator('.pb-figure img, .jp-RenderedMarkdown img, .pb-figure script').count()).toBe(0);
    expect(await page.evaluate(() => 'pwned' in window)).toBe(false);
  });

  it('opens the policy beside the notebook', async () => {
    await view(page, 'run', 0).getByRole('button', { name: 'Open policy first@10 in an editor' }).click();
    await page.locator('.jp-FileEditor .cm-content', { hasText: 'rest on both legs' }).waitFor();
    expect(await page.locator('.jp-NotebookPanel').first().isVisible()).toBe(true);
  });

  it('shows an answer as it comes, as text, and opens the prompt and the answer of a call beside the notebook', async () => {
    const run = view(page, 'run', 5);
    const answer = run.locator('.pb-answer');
    expect(await answer.locator('summary').first().textContent()).toBe(
      'The model is answering: 42 s, about 1,240 tokens so far',
    );
    expect(await answer.locator('pre').allTextContents()).toEqual([
      expect.stringContaining('<script>window.pwned=1</script>'),
      expect.stringContaining('<img src=x onerror="window.pwned=1">'),
    ]);
    expect(await answer.locator('img, script').count()).toBe(0);
    expect(await page.evaluate(() => 'pwned' in window)).toBe(false);
    // No kernel of this notebook learns it: the lines to type stand where the buttons would be.
    expect(await run.locator('.pb-lines').textContent()).toBe(
      'While it learns in the background: %accept first@30, %reject first@30, %note first WORDS, %stop first',
    );
    expect(await run.getByRole('button', { name: /^(Accept|Reject|Stop|Send)/ }).count()).toBe(0);
    await run.getByRole('button', { name: 'Open the prompt and the answer of @30' }).first().click();
    await page.locator('.lm-TabBar-tab', { hasText: 'ab12.json' }).waitFor();
  });

  it('updates in place: same nodes, focus kept, plot redrawn, nothing thrown', async () => {
    await openNotebook(page, 'work/live.ipynb');
    await runAllCells(page);
    const run = view(page, 'run', 0);
    await run.locator('.main-svg .point').first().waitFor();
    const before = await run.locator('.pb-mean').textContent();
    const svg = await run.locator('.main-svg').first().elementHandle();
    const answer = run.locator('.pb-answer');
    await answer.getByText('Label: lean back').waitFor();
    await run.getByRole('button', { name: /Open policy/ }).focus();
    writeFileSync(path.join(root, 'work/go'), '');
    await run.locator('.pb-pill', { hasText: 'finished' }).waitFor();
    await run.locator('.main-svg .legendtext', { hasText: 'undecided' }).waitFor();
    expect(before).toBe('204.6');
    // What came of the answer is folded away, and is there to be looked at.
    expect(await answer.getByText('Label: lean back').isVisible()).toBe(false);
    await answer.getByText("The model's last answer: 9 s, about 80 tokens").click();
    expect(await answer.getByText('Label: lean back').isVisible()).toBe(true);
    await run.getByRole('button', { name: /Open policy/ }).focus();
    expect(await run.locator('.pb-mean').textContent()).toBe('271.3');
    expect(await svg.evaluate((node) => node.isConnected)).toBe(true);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Open policy');
    await waitForIdle(page);
    await page.evaluate(() => window.jupyterapp.commands.execute('notebook:clear-all-cell-outputs'));
    await run.waitFor({ state: 'detached' });
    expect(errors).toEqual([]);
  });
});

describe('without the extension', () => {
  it('JupyterLab shows the picture and the diff as Markdown', async () => {
    const lab = await startLab({ root, extension: 'none' });
    try {
      const { page } = await openLabPage(browser, lab);
      await openNotebook(page, 'work/story.ipynb');
      const picture = page.locator('.jp-RenderedImage img').first();
      await picture.waitFor();
      expect(await picture.getAttribute('src')).toContain(pixel);
      const diff = page.locator('.jp-RenderedMarkdown', { hasText: '+HOVER = 0.55' }).first();
      expect(await diff.textContent()).toContain('first@5: 238.9 [223.9, 253.9] over 96 episodes');
      expect(await page.locator('.pb-run').count()).toBe(0);
      expect(await page.evaluate(() => 'pwned' in window)).toBe(false);
    } finally {
      await lab.stop();
    }
  });

  it('nbconvert’s HTML holds the picture, the score and the diff', () => {
    // Not `toContain`: a failure would print the page, half a megabyte of it.
    const html = convertedToHtml();
    const text = html.replace(/<[^>]*>/g, '');
    expect(html.includes(`data:image/png;base64,${pixel}`)).toBe(true);
    expect(text.includes('first@5: 238.9 [223.9, 253.9] over 96 episodes')).toBe(true);
    expect(text.includes('+HOVER = 0.55')).toBe(true);
    expect(html.includes('<script>window.pwned')).toBe(false);
    expect(html.includes('<img src=x')).toBe(false);
  });
});

/** The n-th view of a kind in the notebook. */
function view(page: Page, kind: 'run' | 'diff' | 'figure', index: number): Locator {
  return page.locator(`.jp-NotebookPanel .pb-${kind}`).nth(index);
}

/** Where the only point of a plot lies within its drag layer. */
async function pointOf(run: Locator): Promise<{ x: number; y: number }> {
  const point = await run.locator('.main-svg .point').first().boundingBox();
  const layer = await run.locator('.main-svg .draglayer .xy .nsewdrag').boundingBox();
  if (!point || !layer) throw new Error('the plot has no size');
  return { x: point.x + point.width / 2 - layer.x, y: point.y + point.height / 2 - layer.y };
}

/** Shows an early state, waits until the test has looked, and updates the same display many times. */
function liveNotebook(): string {
  const source = [
    'import json, pathlib, time',
    "early, *later = json.loads(pathlib.Path('updates.json').read_text())",
    "handle = display(early, raw=True, display_id='run')",
    "while not pathlib.Path('go').exists():",
    '    time.sleep(0.02)',
    'for bundle in later:',
    '    handle.update(bundle, raw=True)',
  ].join('\n');
  return notebook([cell(source)]);
}

function writeUpdates(): void {
  const first = lunarEvents.findLastIndex(
    (event) => event.type === 'champion_promoted' && event.score.mean < 210,
  );
  const updates = Array.from({ length: lunarEvents.length - first }, (_, index) => {
    const events = lunarEvents.slice(0, first + index + 1);
    const answering = {
      seconds: 9,
      tokens: 80,
      idea: 'Lean back.',
      reasoning: '',
      content: 'Label: lean back',
    };
    return buildRunBundle(
      stateOf(events),
      { ...lunarProgress, events, ...(index === 0 && { answering }) },
      pixel,
    );
  });
  writeFileSync(path.join(root, 'work/updates.json'), JSON.stringify(updates));
}

function convertedToHtml(): string {
  const notebookFile = path.join(root, 'work/story.ipynb');
  const jupyter = path.resolve(__dirname, '../../.venv/bin/jupyter');
  execFileSync(jupyter, ['nbconvert', '--to', 'html', notebookFile], { stdio: 'pipe' });
  return readFileSync(path.join(root, 'work/story.html'), 'utf8');
}
