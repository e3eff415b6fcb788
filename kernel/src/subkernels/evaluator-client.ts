/**
 * The evaluator: the subkernel that owns environments and policies. It is started when it is first needed, and its
 * messages go over one comm; requests are named by their content, so that repeating one never does it twice.
 */
import { randomUUID } from 'node:crypto';
import { callWhenAborted } from '@policybook/engine/when-aborted';
import type { EvaluatorFrame, Failure, KernelFrame, Result } from '@policybook/protocol';
import {
  createCommId,
  readObjectOr,
  parseJson,
  readStringOr,
  type CommId,
  type MessageHeader,
  type Json,
  type JsonObject,
  type MsgId,
  type RawMessage,
} from '@policybook/wire';
import { computeContentKey } from './content-key';
import { selectEvaluatorEnvironment } from './evaluator-environment';
import { readEvaluatorFrame } from './evaluator-frame';
import { isIdle } from './exchange';
import { splitPolicyText, type PolicyText } from './policy-text';
import { startSubkernel, type Subkernel, type SubkernelHost } from './subkernel';

/** How a request is followed: `signal` cancels it, `onProgress` gets what the evaluator reports on the way. */
export interface RequestOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (value: Json) => void;
}

/** What the client needs to start an evaluator. */
export interface EvaluatorOptions {
  readonly host: SubkernelHost;
  readonly env: NodeJS.ProcessEnv;
  /** The Python module to run. */
  readonly module: string;
  readonly log: (text: string) => void;
}

/** A request that waits for an answer; several may wait for the same one. */
interface Waiter {
  readonly onProgress: (value: Json) => void;
  readonly onAnswer: (answer: Result<Json>) => void;
}

interface PendingRequest {
  readonly method: string;
  /** The parameters without the policy's text. */
  readonly params: JsonObject;
  /** The policy's text, where the parameters have one: it is sent to each evaluator once. */
  readonly policy: PolicyText | undefined;
  readonly waiters: Set<Waiter>;
  /** How often an evaluator answered that it no longer holds the policy's text. */
  timesForgotten: number;
  /** How often it was sent: where a second evaluator dies over it, it is taken for the cause. */
  timesSent: number;
}

/** An evaluator and the comm with it. */
interface Running {
  readonly subkernel: Subkernel;
  readonly comm: CommId;
  /** The request that opens the comm. */
  readonly opening: MsgId;
  /**
   * What waits for the comm to be open. ipykernel looks a message's comm up in one thread while another may not have
   * opened it yet, and then warns of a comm that does not exist.
   */
  early: KernelFrame[] | undefined;
  /** Hashes of the policies' texts that this evaluator has been sent. */
  readonly registered: Set<string>;
}

const COMM_TARGET = 'policybook.evaluator';
const MAX_TIMES_SENT = 2;
/** An evaluator forgets the texts used longest ago; one that forgets a text again and again is broken. */
const MAX_TIMES_FORGOTTEN = 8;

/** The client of the evaluator. It starts the process at the first request, and another one when that has died. */
export class EvaluatorClient {
  private running: Running | undefined;
  private generation = 0;
  private isClosed = false;
  /** The isolation level that the user has agreed to in this kernel. */
  private consentedLevel: number | undefined;
  private readonly pending = new Map<string, PendingRequest>();

  constructor(private readonly options: EvaluatorOptions) {}

  /**
   * Never rejects. A failure's `code` is the evaluator's own, or one of `cancelled`, `evaluator_died`,
   * `evaluator_refused` and `closed`. An aborted request answers at once; the evaluator is sent a cancellation when the
   * last waiter has left.
   */
  request(method: string, params: JsonObject, options: RequestOptions = {}): Promise<Result<Json>> {
    const { signal, onProgress } = options;
    if (this.isClosed) return Promise.resolve(makeFailure('closed', 'the kernel is shutting down'));
    if (signal?.aborted) return Promise.resolve(makeFailure('cancelled', `${method} was cancelled`));
    const { policy, rest } = splitPolicyText(params);
    const content = computeContentKey(method, policy === undefined ? rest : [policy.hash, rest]);
    // What an environment that does not repeat has once given is no answer to another request.
    const isRepeatable = readObjectOr(params['environment'], {})['unrepeatable'] !== true;
    const key = isRepeatable ? content : `${content} ${randomUUID()}`;
    return new Promise((resolve) => {
      const abort = (): void => {
        this.leave(key, waiter);
        waiter.onAnswer(makeFailure('cancelled', `${method} was cancelled`));
      };
      const stopWaiting = signal === undefined ? undefined : callWhenAborted(signal, abort);
      const waiter: Waiter = {
        onProgress: (value) => onProgress?.(value),
        onAnswer: (answer) => {
          stopWaiting?.();
          resolve(answer);
        },
      };
      this.join(key, { method, params: rest, policy }, waiter);
    });
  }

  /** Lets policies run at this isolation level, to which the user has agreed, for as long as this kernel lives. */
  consent(level: number): void {
    this.consentedLevel = level;
    this.sendToComm({ kind: 'consent', level });
  }

  /** Ends the evaluator within this time; what is unanswered fails. */
  async stop(ms: number): Promise<void> {
    this.isClosed = true;
    this.failAll(makeFailure('closed', 'the kernel is shutting down'));
    await this.running?.subkernel.stopSubkernel(ms);
  }

  /** Kills it with all that it started, for exits that cannot wait. */
  kill(): void {
    this.isClosed = true;
    if (this.running?.subkernel.process.isAlive()) this.running.subkernel.process.kill();
  }

  private join(
    key: string,
    request: Pick<PendingRequest, 'method' | 'params' | 'policy'>,
    waiter: Waiter,
  ): void {
    const known = this.pending.get(key);
    if (known) {
      known.waiters.add(waiter);
      return;
    }
    const pending = { ...request, waiters: new Set([waiter]), timesSent: 0, timesForgotten: 0 };
    this.pending.set(key, pending);
    this.send(key, pending);
  }

  private leave(key: string, waiter: Waiter): void {
    const pending = this.pending.get(key);
    pending?.waiters.delete(waiter);
    if (pending?.waiters.size !== 0) return;
    this.pending.delete(key);
    this.sendToComm({ kind: 'cancel', key });
  }

  private send(key: string, pending: PendingRequest): void {
    pending.timesSent += 1;
    this.running ??= this.start();
    const { method, params, policy } = pending;
    if (policy === undefined) {
      this.sendToComm({ kind: 'request', key, method, params });
      return;
    }
    const { hash, source } = policy;
    // Messages arrive in their order, so that the request need not wait for the text.
    if (!this.running.registered.has(hash)) this.sendToComm({ kind: 'register', hash, source });
    this.running.registered.add(hash);
    this.sendToComm({ kind: 'request', key, method, params, policy: hash });
  }

  private sendToComm(frame: KernelFrame): void {
    if (!this.running) return;
    const { subkernel, comm, early } = this.running;
    if (early) {
      early.push(frame);
      return;
    }
    const { frames } = this.options.host.composer.compose('comm_msg', { comm_id: comm, data: frame });
    subkernel.sockets.send('shell', frames);
  }

  private start(): Running {
    const { host, env, module } = this.options;
    this.generation += 1;
    const plan = {
      name: `e${this.generation}`,
      connectionFile: 'evaluator.json',
      env: selectEvaluatorEnvironment(env),
      args: (file: string) => ['-m', module, '-f', file],
    };
    const comm = createCommId();
    const opening = host.composer.compose('comm_open', { comm_id: comm, target_name: COMM_TARGET, data: {} });
    const subkernel = startSubkernel(host, plan, {
      onMessage: (_channel, message, header, parent) => {
        if (parent?.msg_id === opening.id && isIdle(header, message)) this.onCommOpened(opening.id);
        else this.onMessage(comm, message, header);
      },
    });
    subkernel.sockets.send('shell', opening.frames);
    void subkernel.process.exited.then((how) => {
      this.onExit(subkernel, how);
    });
    const early: KernelFrame[] =
      this.consentedLevel === undefined ? [] : [{ kind: 'consent', level: this.consentedLevel }];
    return { subkernel, comm, opening: opening.id, early, registered: new Set() };
  }

  private onCommOpened(opening: MsgId): void {
    if (this.running?.opening !== opening) return;
    const waiting = this.running.early ?? [];
    this.running.early = undefined;
    for (const frame of waiting) this.sendToComm(frame);
  }

  private onMessage(comm: CommId, message: RawMessage, header: MessageHeader): void {
    if (header.msg_type !== 'comm_msg' && header.msg_type !== 'stream' && header.msg_type !== 'comm_close')
      return;
    const content = readObjectOr(parseJson(message.content.toString('utf8')), {});
    if (header.msg_type === 'stream') {
      this.options.log(`evaluator: ${readStringOr(content['text'], '')}`);
    } else if (content['comm_id'] === comm) {
      if (header.msg_type === 'comm_close') this.onCommRefused();
      const frame = readEvaluatorFrame(content['data']);
      if (frame) this.onFrame(frame);
    }
  }

  private onFrame(frame: EvaluatorFrame): void {
    const pending = this.pending.get(frame.key);
    if (!pending) return; // cancelled, or answered already
    switch (frame.kind) {
      case 'accepted':
        break;
      case 'progress':
        for (const waiter of pending.waiters) waiter.onProgress(frame.value);
        break;
      case 'result':
        this.answer(frame.key, pending, { ok: true, value: frame.value });
        break;
      case 'failure':
        // Requested again just after the last waiter had left: the cancellation of the earlier request reached this one.
        if (frame.code === 'unknown_policy' && this.canRegister(pending)) this.send(frame.key, pending);
        else if (frame.code === 'cancelled' && pending.timesSent < MAX_TIMES_SENT)
          this.send(frame.key, pending);
        else this.answer(frame.key, pending, makeFailure(frame.code, frame.message, frame.detail));
        break;
    }
  }

  /** Prepares a text to be sent once more to an evaluator that has forgotten it; the request was not run. */
  private canRegister(pending: PendingRequest): boolean {
    if (pending.policy === undefined || pending.timesForgotten >= MAX_TIMES_FORGOTTEN) return false;
    pending.timesForgotten += 1;
    pending.timesSent -= 1;
    this.running?.registered.delete(pending.policy.hash);
    return true;
  }

  private answer(key: string, pending: PendingRequest, answer: Result<Json>): void {
    this.pending.delete(key);
    for (const waiter of pending.waiters) waiter.onAnswer(answer);
  }

  private failAll(answer: Result<Json>): void {
    for (const [key, pending] of [...this.pending]) this.answer(key, pending, answer);
  }

  /** A kernel closes a comm whose target it does not know: it runs, but it is not an evaluator. */
  private onCommRefused(): void {
    this.failAll(
      makeFailure('evaluator_refused', `${this.options.module} does not answer to ${COMM_TARGET}`),
    );
  }

  private onExit(subkernel: Subkernel, how: string): void {
    if (this.running?.subkernel !== subkernel) return;
    this.running = undefined;
    // Its workers end with it by themselves. What environments started does not, and would hold a file or a core.
    subkernel.process.kill();
    if (this.isClosed) return;
    const words = subkernel.process.readStderrTail();
    const message = `the evaluator (${this.options.module}) ${how}${words && `\n${words}`}`;
    this.options.log(message);
    for (const [key, pending] of [...this.pending]) {
      if (pending.timesSent < MAX_TIMES_SENT) this.send(key, pending);
      else this.answer(key, pending, makeFailure('evaluator_died', message));
    }
  }
}

const makeFailure = (code: string, message: string, detail: Json = null): Failure => ({
  ok: false,
  code,
  message,
  detail,
});
