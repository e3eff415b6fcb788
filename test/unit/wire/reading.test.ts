import { readHeader, readRequest } from '../../../packages/wire/src';

const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('headers', () => {
  test('fields that older clients leave out are filled in', () => {
    expect(readHeader(bytes({ msg_id: '1', msg_type: 't' }))).toEqual({
      msg_id: '1',
      msg_type: 't',
      session: '',
      username: '',
      date: '',
      version: '',
    });
  });

  test('a null subshell is no subshell', () => {
    expect(readHeader(bytes({ msg_id: '1', msg_type: 't', subshell_id: null }))).not.toHaveProperty(
      'subshell_id',
    );
    expect(readHeader(bytes({ msg_id: '1', msg_type: 't', subshell_id: 's' }))?.subshell_id).toBe('s');
  });

  test.each([['{}'], ['[]'], ['nonsense'], ['{"msg_id": 1, "msg_type": "t"}']])('%s is no header', (text) => {
    expect(readHeader(Buffer.from(text))).toBeUndefined();
  });
});

describe('requests', () => {
  test('defaults are the protocol’s', () => {
    expect(readRequest('execute_request', bytes({ code: 'x', silent: true }))).toEqual({
      type: 'execute_request',
      content: {
        code: 'x',
        silent: true,
        store_history: false,
        user_expressions: {},
        allow_stdin: false,
        stop_on_error: true,
      },
    });
  });

  test('cursor offsets become UTF-16 units', () => {
    const request = readRequest('complete_request', bytes({ code: '🎈a', cursor_pos: 2 }));
    expect(request).toEqual({ type: 'complete_request', code: '🎈a', cursor: 3 });
  });

  test('a request of an unknown type is not parsed', () => {
    expect(readRequest('debug_request', Buffer.from('not json'))).toEqual({
      type: 'other',
      msgType: 'debug_request',
    });
  });

  test('a request without a field that has no default is refused', () => {
    expect(readRequest('execute_request', bytes({}))).toBeUndefined();
  });
});
