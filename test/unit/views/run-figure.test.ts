import { buildRunFigure } from '@policybook/views';
import {
  compared,
  promoted,
  declared,
  lunarEvents,
  proposed,
  raced,
  score,
  stateOf,
} from '../../fixtures/lunar-run';

const figure = buildRunFigure(stateOf(lunarEvents));
const trace = (name: string) => figure.data.find((each) => each.name === name);

it('draws the champion as a step line that ends at the episodes used', () => {
  const champion = trace('champion');
  expect(champion?.line?.shape).toBe('hv');
  expect(champion?.y).toEqual([-598.2, -141.2, 204.6, 238.9, 268.4, 271.3, 271.3]);
  expect(champion?.x.at(-1)).toBe(stateOf(lunarEvents).usage.episodes);
});

it("draws the interval as a closed band around the champion's line", () => {
  const band = trace('95 % interval');
  expect(band?.fill).toBe('toself');
  expect(band?.x.length).toBe(4 * 6);
});

it("shows a candidate's standing by its symbol", () => {
  expect(trace('became champion')?.marker?.symbol).toBe('circle');
  expect(trace('undecided')?.marker?.symbol).toBe('circle-open');
  expect(trace('worse')?.marker?.symbol).toBe('x-thin');
  expect(trace('undecided')?.y).toEqual([266.1]);
});

it('puts returns below the range on the edge and shows them on hover', () => {
  const below = trace('below the plot');
  expect(below?.y.every((y) => y === figure.layout.yaxis.range[0])).toBe(true);
  expect(below?.hovertext?.join()).toContain('-598');
});

it('draws the size of the champion’s text below its score', () => {
  const sizes = ['nodes', 'lines', 'constants', 'branches'].map(trace);
  expect(sizes.map((size) => [size?.yaxis, size?.legend, size?.line?.shape])).toEqual(
    Array.from({ length: 4 }, () => ['y2', 'legend2', 'hv']),
  );
  expect(trace('lines')?.y).toEqual([13, 14, 15, 17, 18, 22, 22]);
  expect(trace('lines')?.x).toEqual(trace('champion')?.x);
  expect(trace('branches')?.hovertext?.at(-1)).toBe(
    'first@10: 22 lines, 3 branches, 90 syntax nodes, 6 constants',
  );
  expect(figure.layout.yaxis2).toMatchObject({ type: 'log', range: [0, Math.log10(90) + 0.1] });
  expect(buildRunFigure(stateOf([declared()])).layout.yaxis2).toBeUndefined();
});

it('distinguishes a candidate dropped in a race from one shown to be worse', () => {
  const events = [declared(), proposed(1, 'one'), promoted(1, null, score(100, 5, 32)), proposed(2, 'two')];
  const { data } = buildRunFigure(stateOf([...events, raced(2, 99, true)]));
  expect(data.find(({ name }) => name === 'dropped')?.marker?.symbol).toBe('cross-thin');
});

it('marks the threshold and says so when it is out of reach', () => {
  expect(figure.layout.shapes).toMatchObject([{ y0: 200, y1: 200, line: { dash: 'dash' } }]);
  const far = buildRunFigure(stateOf([declared({}, 6000), ...lunarEvents.slice(1)]));
  expect(far.layout.shapes).toEqual([]);
  expect(far.layout.annotations[0]?.text).toBe('threshold 6000, outside the plot');
  const none = buildRunFigure(stateOf([declared({}, null), ...lunarEvents.slice(1)]));
  expect([none.layout.shapes, none.layout.annotations]).toEqual([[], []]);
});

it('states the score in the title, for front ends that show only the picture', () => {
  expect(figure.layout.title.text).toBe('first · LunarLander-v3 · 271.3 [262.6, 280.0] over 128 episodes');
});

it('draws a run without candidates', () => {
  expect(buildRunFigure(stateOf([declared()])).data).toEqual([]);
});

it('escapes what authors wrote', () => {
  const events = [declared(), proposed(1, '<b onclick=x>$a$'), promoted(1, null, score(3, 1, 4))];
  const text = JSON.stringify(buildRunFigure(stateOf(events)));
  expect(text).toContain('&lt;b onclick=x&gt;&#36;a&#36;');
  expect(text).not.toContain('onclick=x>');
});

it("moves the champion's line when it is measured again on fresh seeds", () => {
  const events = [
    declared(),
    proposed(1, 'one'),
    promoted(1, null, score(100, 5, 32)),
    proposed(2, 'two'),
    raced(2, 99, false),
    compared(2, 1, 'worse', score(80, 5, 64), score(-16, 4, 64)),
  ];
  const champion = buildRunFigure(stateOf(events)).data.find(({ name }) => name === 'champion');
  expect(champion?.y).toEqual([100, 96, 96]);
});

it('stays small with thousands of candidates', () => {
  const crowd = Array.from({ length: 5000 }, (_, index) => [
    proposed(
      index + 2,
      `candidate number ${index}`,
      'An idea told in a sentence of common length. '.repeat(3),
    ),
    raced(index + 2, (index * 7919) % 300, true),
  ]).flat();
  const events = [declared(), proposed(1, 'one'), promoted(1, null, score(100, 5, 32)), ...crowd];
  expect(JSON.stringify(buildRunFigure(stateOf(events))).length).toBeLessThan(300_000);
});
