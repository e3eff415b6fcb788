/**
 * The content of messages that are written here, and of requests that are read. Types alone: relayed messages never
 * take this shape. Reference: https://jupyter-client.readthedocs.io/en/stable/messaging.html
 */
import type { CommId } from './ids';
import type { Json, JsonObject } from './json';

/** Data of one value by MIME type; JSON types hold their value, all others a string. */
export type DisplayData = Readonly<Record<string, Json>>;

/** What `kernel_info_reply` says of the language. */
export interface LanguageInfo {
  readonly name: string;
  readonly version: string;
  readonly mimetype: string;
  readonly file_extension: string;
  readonly pygments_lexer: string;
  readonly codemirror_mode: { readonly name: string; readonly version: number; readonly mime: string };
  readonly nbconvert_exporter: string;
}

/** The content of `kernel_info_reply`. */
export interface KernelInfo {
  readonly status: 'ok';
  readonly protocol_version: string;
  readonly implementation: string;
  readonly implementation_version: string;
  readonly language_info: LanguageInfo;
  readonly banner: string;
  readonly help_links: readonly { readonly text: string; readonly url: string }[];
  readonly supported_features: readonly string[];
}

/** An exception as `error` publishes it. */
export interface ErrorContent {
  readonly ename: string;
  readonly evalue: string;
  readonly traceback: readonly string[];
}
/** The reply to a request that failed. */
export type ErrorReply = ErrorContent & { readonly status: 'error' };
/** What all replies to requests that succeeded have. */
export interface OkReply {
  readonly status: 'ok';
}

/** The content of `complete_reply`; offsets are those of its use: code points on the wire, UTF-16 units elsewhere. */
export interface CompleteReply {
  readonly status: 'ok';
  readonly matches: readonly string[];
  readonly cursor_start: number;
  readonly cursor_end: number;
  readonly metadata: JsonObject;
}
/** The content of `inspect_reply`. */
export interface InspectReply {
  readonly status: 'ok';
  readonly found: boolean;
  readonly data: DisplayData;
  readonly metadata: JsonObject;
}
/** The content of `is_complete_reply`. */
export type IsCompleteReply =
  | { readonly status: 'complete' | 'invalid' | 'unknown' }
  | { readonly status: 'incomplete'; readonly indent: string };

/** The content of `display_data` and `update_display_data`. */
export interface DisplayContent {
  readonly data: DisplayData;
  readonly metadata: JsonObject;
  readonly transient: { readonly display_id?: string };
}

/** The content of `execute_request`, with the protocol's defaults filled in. */
export interface ExecuteRequest {
  readonly code: string;
  readonly silent: boolean;
  readonly store_history: boolean;
  readonly user_expressions: JsonObject;
  readonly allow_stdin: boolean;
  readonly stop_on_error: boolean;
}

interface CommOpen {
  readonly comm_id: CommId;
  readonly target_name: string;
  readonly data: JsonObject;
}
/** The content of `comm_msg` and `comm_close`. */
interface CommMessage {
  readonly comm_id: CommId;
  readonly data: JsonObject;
}

/** Everything that the kernel composes, by message type: as a server to its clients and as a client of subkernels. */
export interface OutgoingContent {
  // to clients
  readonly kernel_info_reply: KernelInfo;
  readonly connect_reply: OkReply & JsonObject;
  readonly execute_reply: JsonObject;
  readonly complete_reply: CompleteReply | ErrorReply;
  readonly inspect_reply: InspectReply | ErrorReply;
  readonly is_complete_reply: IsCompleteReply;
  readonly interrupt_reply: OkReply;
  readonly shutdown_reply: OkReply & { readonly restart: boolean };
  readonly status: { readonly execution_state: 'starting' | 'busy' | 'idle' };
  readonly stream: { readonly name: 'stdout' | 'stderr'; readonly text: string };
  readonly error: ErrorContent;
  readonly display_data: DisplayContent;
  readonly update_display_data: DisplayContent;
  readonly iopub_welcome: { readonly subscription: string };
  readonly comm_msg: CommMessage;
  readonly comm_close: CommMessage;
  // to subkernels
  readonly execute_request: ExecuteRequest;
  readonly complete_request: { readonly code: string; readonly cursor_pos: number };
  readonly inspect_request: {
    readonly code: string;
    readonly cursor_pos: number;
    readonly detail_level: 0 | 1;
  };
  readonly kernel_info_request: JsonObject;
  readonly interrupt_request: JsonObject;
  readonly shutdown_request: { readonly restart: boolean };
  readonly comm_open: CommOpen;
}

/** A request that the kernel may answer by itself. Whatever else arrives is `other`, and is relayed unread. */
export type Request =
  | { readonly type: 'kernel_info_request' }
  | { readonly type: 'connect_request' }
  | { readonly type: 'execute_request'; readonly content: ExecuteRequest }
  | { readonly type: 'complete_request'; readonly code: string; readonly cursor: number }
  | {
      readonly type: 'inspect_request';
      readonly code: string;
      readonly cursor: number;
      readonly detail: 0 | 1;
    }
  | { readonly type: 'is_complete_request'; readonly code: string }
  | { readonly type: 'interrupt_request' }
  | { readonly type: 'shutdown_request'; readonly restart: boolean }
  /** `session`: the one whose lines are asked for by its number; absent for all other ways of asking. */
  | { readonly type: 'history_request'; readonly session: number | undefined }
  | { readonly type: 'other'; readonly msgType: string };
