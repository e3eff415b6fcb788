/**
 * The runs that learn in a kernel, as the kernel says them over a comm, and what a click says to them. The comm is opened
 * for the page; no output can send anything on it, since nothing of an output is sent before a click.
 */
import { SessionContext, type ISessionContext } from '@jupyterlab/apputils';
import type { Widget } from '@lumino/widgets';
import {
  kernelMessageSchema,
  RUNS_COMM_TARGET,
  type KernelMessage,
  type ListedLiveRun,
  type PageMessage,
} from '@policybook/views';

type Kernel = NonNullable<NonNullable<ISessionContext['session']>['kernel']>;
type Comm = ReturnType<Kernel['createComm']>;

/** What the kernel answers to a click. */
export type PageAnswer = Pick<Extract<KernelMessage, { type: 'answer' }>, 'isDone' | 'text'>;

/** A message without the number that finds its answer. */
type Unnumbered<M> = M extends unknown ? Omit<M, 'request'> : never;
/** What a click says. */
export type Click = Unnumbered<PageMessage>;

const CUT_OFF: PageAnswer = {
  isDone: false,
  text: 'The kernel was disconnected before it answered; run the line by hand when it is there again.',
};

const known = new WeakMap<ISessionContext, LiveRuns>();

/** Finds the runs of the kernel of the notebook or console that a widget is in; `null` where it is in none. */
export function findLiveRuns(widget: Widget): LiveRuns | null {
  for (let each: Widget | null = widget; each !== null; each = each.parent) {
    const session: unknown = 'sessionContext' in each ? each.sessionContext : null;
    if (!(session instanceof SessionContext)) continue;
    const runs = known.get(session) ?? new LiveRuns(session);
    known.set(session, runs);
    return runs;
  }
  return null;
}

/** The runs that learn in the kernel that a session has now. */
export class LiveRuns {
  private comm: Comm | null = null;
  private runs: readonly ListedLiveRun[] = [];
  private readonly waiting = new Map<number, (answer: PageAnswer) => void>();
  private readonly listeners = new Set<() => void>();
  private requests = 0;

  constructor(private readonly session: ISessionContext) {
    const onChange = () => {
      this.follow();
    };
    session.kernelChanged.connect(() => {
      this.drop();
      onChange();
    });
    session.statusChanged.connect(onChange);
    session.connectionStatusChanged.connect(onChange);
    session.disposed.connect(() => {
      this.drop();
    });
    onChange();
  }

  /** Calls `listener` whenever the runs change, until the function that it returns is called. */
  watch(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  }

  /** Finds a run that takes messages now; `undefined` where none does by that name, or the kernel is not connected. */
  find(name: string): ListedLiveRun | undefined {
    return this.runs.find(({ run }) => run === name);
  }

  /** Says to a run what the user has clicked, and resolves with the kernel's answer. */
  say(click: Click): Promise<PageAnswer> {
    const { comm } = this;
    if (comm === null) return Promise.resolve(CUT_OFF);
    const request = this.requests++;
    return new Promise((resolve) => {
      this.waiting.set(request, resolve);
      comm.send({ ...click, request });
    });
  }

  /** Opens the comm where the kernel is there, and drops it where it is not. */
  private follow(): void {
    const kernel = this.session.session?.kernel ?? null;
    const isThere =
      kernel !== null &&
      kernel.connectionStatus === 'connected' &&
      !['restarting', 'autorestarting', 'terminating', 'dead', 'starting', 'unknown'].includes(kernel.status);
    if (!isThere || this.comm?.isDisposed === true) this.drop();
    if (isThere && this.comm === null) void this.open(kernel);
  }

  private async open(kernel: Kernel): Promise<void> {
    // Another kernel has no such comms, and would say so in its log.
    const { implementation } = await kernel.info;
    const isPresent = this.session.session?.kernel === kernel && !kernel.isDisposed;
    if (implementation !== 'policybook' || !isPresent || !kernel.handleComms || this.comm !== null) return;
    const comm = kernel.createComm(RUNS_COMM_TARGET);
    this.comm = comm;
    comm.onMsg = ({ content }) => {
      this.take(content.data);
    };
    comm.onClose = () => {
      if (this.comm === comm) this.drop();
    };
    comm.open({});
  }

  private take(data: unknown): void {
    const message = kernelMessageSchema.safeParse(data);
    // A newer kernel may say more.
    if (!message.success) return;
    if (message.data.type === 'runs') {
      this.runs = message.data.runs;
      this.notify();
      return;
    }
    const { request, isDone, text } = message.data;
    // What the kernel could not read has no number.
    for (const number of request === null ? [...this.waiting.keys()] : [request]) {
      this.waiting.get(number)?.({ isDone, text });
      this.waiting.delete(number);
    }
  }

  private drop(): void {
    const { comm } = this;
    if (comm === null) return;
    this.comm = null;
    this.runs = [];
    comm.dispose();
    for (const resolve of this.waiting.values()) resolve(CUT_OFF);
    this.waiting.clear();
    this.notify();
  }

  private notify(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
