/** Markers that come before and after somebody waits for them, and those that do not come. */
import { OutputMarkers } from '../../../kernel/src/subkernels/output-markers';
import type { RawMessage } from '../../../packages/wire/src';

function marker(content: object): RawMessage {
  const nothing = Buffer.from('{}');
  return {
    identities: [],
    signature: Buffer.alloc(0),
    header: nothing,
    parentHeader: nothing,
    metadata: nothing,
    content: Buffer.from(JSON.stringify(content)),
    buffers: [],
  };
}

/** Longer than any test may take. */
const LONG_MS = 600_000;

test('a marker that has passed already is not waited for', async () => {
  const markers = new OutputMarkers();
  markers.onMarker(marker({ marker: 'a' }));
  await markers.awaitMarker('a', LONG_MS);
});

test('a marker ends the wait for it and no other', async () => {
  const markers = new OutputMarkers();
  const order: string[] = [];
  const waits = ['a', 'b'].map(async (name) => {
    await markers.awaitMarker(name, LONG_MS);
    order.push(name);
  });
  markers.onMarker(marker({ marker: 'b' }));
  await waits[1];
  markers.onMarker(marker({ marker: 'a' }));
  await Promise.all(waits);
  expect(order).toEqual(['b', 'a']);
});

test('the wait for a marker that does not come ends by itself, and a marker counts once', async () => {
  const markers = new OutputMarkers();
  await markers.awaitMarker('never', 1);
  markers.onMarker(marker({ marker: 'once' }));
  await markers.awaitMarker('once', LONG_MS);
  await markers.awaitMarker('once', 1);
});

test.each([[{}], [{ marker: 7 }], [[]], [{ marker: '' }]])(
  'a message without a name is passed over: %j',
  (content) => {
    expect(() => {
      new OutputMarkers().onMarker(marker(content));
    }).not.toThrow();
  },
);
