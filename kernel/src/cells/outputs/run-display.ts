/** The live outputs of a `%%learn` cell: the run view, and the diff of the latest change of the head. */
import {
  combineObservations,
  findHead,
  summariseEpisodes,
  type CandidateId,
  type Clocks,
  type EpisodesSummary,
  type MachineObservations,
  type PendingAnswer,
  type RunEvent,
  type RunObserver,
  type RunProgress,
  type RunState,
  type Evaluator,
} from '@policybook/engine';
import {
  buildDiffBundle,
  formatReference,
  buildRunBundle,
  buildRunFigure,
  createCandidateSide,
  type DiffSide,
} from '@policybook/views';
import { readAuthorTraits } from '@policybook/authors';
import type { CellExecution, DisplayHandle } from '../../cell-service';
import { FigurePicture } from './figure-picture';
import type { RunSource } from './run-source';
import { ThrottledOutput } from './throttled-output';
import { RECORDED_PICTURE_MS } from './output-sink';

/** Least milliseconds between two updates of a view. */
const UPDATE_MS = 250;
/** Events that the view's log may need: it shows the last dozen that are worth showing. */
const EVENTS_KEPT = 200;

/** Shows a run while it learns, and the diff of each change of the head. */
export class RunDisplay implements RunObserver {
  private readonly events: RunEvent[];
  private readonly runOutput = new ThrottledOutput<RunState>(UPDATE_MS, (state) => {
    this.showRun(state);
  });
  private readonly picture: FigurePicture;
  private runDisplay: DisplayHandle | undefined;
  private diffDisplay: DisplayHandle | undefined;
  private diffs: Promise<void> = Promise.resolve();
  private state: RunState | undefined;
  private activity = 'starting';
  private stepsPerSecond: number | null = null;
  private answering: PendingAnswer | undefined;
  private observations: MachineObservations = {};
  private cpuSeconds = 0;
  private headEpisodes: EpisodesSummary | undefined;

  /** `events` are those of earlier sessions, for the log. */
  constructor(
    private readonly cell: Pick<CellExecution, 'display'>,
    private readonly source: RunSource,
    evaluator: Evaluator,
    events: readonly RunEvent[],
  ) {
    this.events = events.slice(-EVENTS_KEPT);
    this.picture = new FigurePicture(evaluator);
  }

  /** Goes on from this state: what the run does next is shown with it, since recorded events are not repeated. */
  resume(state: RunState): void {
    this.state = { ...state, stopped: null };
  }

  onEvent(event: RunEvent, state: RunState, clocks: Clocks): void {
    this.observations = combineObservations([this.observations, clocks]);
    this.cpuSeconds = clocks.cpuSeconds;
    this.events.push(event);
    if (this.events.length > 2 * EVENTS_KEPT) this.events.splice(0, EVENTS_KEPT);
    this.state = state;
    if (event.type === 'head_changed' || event.type === 'champion_promoted') {
      const diffs = this.diffs.then(() => this.showLatestDiff(state));
      // `finish` awaits them and fails with them; until then a failure must not pass for one that nothing handles.
      diffs.catch(() => undefined);
      this.diffs = diffs;
      this.picture.refresh(
        () => buildRunFigure(state),
        () => {
          this.update();
        },
      );
    }
    this.update();
  }

  onProgress({ activity, stepsPerSecond, answering }: RunProgress): void {
    this.activity = activity;
    this.answering = answering;
    this.stepsPerSecond = stepsPerSecond > 0 ? stepsPerSecond : null;
    this.update();
  }

  /** Makes the last update of both views; the picture may take `pictureMs` milliseconds. */
  async finish(state: RunState, pictureMs: number): Promise<void> {
    this.state = state;
    this.answering = undefined;
    this.update();
    // The latest diff is shown with the scores that the run ends with.
    const diffs = this.diffs.then(() => this.showLatestDiff(state));
    try {
      await Promise.all([
        diffs,
        this.picture.finish(buildRunFigure(state), pictureMs),
        this.summariseHead(state),
      ]);
    } finally {
      // The record is shown, too, where a policy's file was lost or changed.
      this.update();
      this.runOutput.flush();
    }
  }

  /** Makes the last update after an error has ended the session: nothing is said to go on, and no update follows. */
  showError(): void {
    this.picture.abandon();
    this.activity = 'ended by an error';
    this.answering = undefined;
    this.update();
    this.runOutput.flush();
  }

  /** Shows both views once; `activity` is what the run is doing now, empty where it does not go on. */
  async show(state: RunState, activity = ''): Promise<void> {
    this.state = state;
    this.activity = activity;
    await this.finish(state, RECORDED_PICTURE_MS);
  }

  private update(): void {
    if (this.state !== undefined) this.runOutput.set(this.state);
  }

  private showRun(state: RunState): void {
    const clocks = this.source.readClocks();
    const bundle = buildRunBundle(
      state,
      {
        activity: this.activity,
        events: this.events,
        folder: this.source.folder,
        answersFromOutside: readAuthorTraits(state.settings.author).answersFromOutside === true,
        ...(this.headEpisodes !== undefined && { headEpisodes: this.headEpisodes }),
        stepsPerSecond: this.stepsPerSecond,
        ...(this.answering !== undefined && { answering: this.answering }),
        ...(this.source.unreadable !== undefined && { unreadable: this.source.unreadable }),
        ...clocks,
        // Only events bring the CPU time of this session.
        cpuSeconds: Math.max(clocks.cpuSeconds, this.cpuSeconds),
        ...combineObservations([clocks, this.observations]),
      },
      this.picture.latest,
    );
    if (this.runDisplay === undefined) this.runDisplay = this.cell.display(bundle);
    else this.runDisplay.update(bundle);
  }

  /** Reads what happened in the head's episodes, once: the files are long. */
  private async summariseHead(state: RunState): Promise<void> {
    const head = findHead(state);
    if (head !== null) this.headEpisodes = summariseEpisodes(await this.source.readEpisodes(state, head.id));
  }

  private async showLatestDiff(state: RunState): Promise<void> {
    const change = findLatestChange(state);
    if (change === null) return;
    const sides = await Promise.all([
      this.readSide(state, change.before),
      this.readSide(state, change.after),
    ]);
    const bundle = buildDiffBundle(...sides);
    if (this.diffDisplay === undefined) this.diffDisplay = this.cell.display(bundle);
    else this.diffDisplay.update(bundle);
  }

  private async readSide(state: RunState, id: CandidateId): Promise<DiffSide> {
    const candidate = state.candidates.get(id);
    if (candidate === undefined) throw new Error(`no candidate ${id}`);
    return createCandidateSide(state, candidate, {
      reference: formatReference(state.run, id),
      source: await this.source.readPolicy(candidate),
    });
  }
}

/** Finds the latest change of the policy that is handed over; of a first head the change is from the first champion. */
function findLatestChange({
  headHistory,
  championHistory,
}: RunState): { readonly before: CandidateId; readonly after: CandidateId } | null {
  const champions = championHistory.map(({ candidate }) => candidate);
  const heads = headHistory.map(({ candidate }) => candidate);
  // Records of earlier versions have champions alone.
  const [before, after] =
    heads.length > 0 ? [...champions.slice(0, 1), ...heads].slice(-2) : champions.slice(-2);
  return before === undefined || after === undefined || before === after ? null : { before, after };
}
