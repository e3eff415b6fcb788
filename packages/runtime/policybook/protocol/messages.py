"""What kernel and evaluator say to each other, as types. Generated from packages/protocol; do not edit.

`packages/tooling/schemas.mjs` writes this module, and a unit test compares it. Arrays are sequences and
records mappings, since what was sent is not changed. Names in Json are those of the protocol's nouns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NotRequired, TypeAlias, TypedDict

Json: TypeAlias = "str | float | bool | Sequence[Json] | Mapping[str, Json] | None"


class DoctorParams(TypedDict):
    """Parameters of the method `doctor`."""


class DoctorSectionJson(TypedDict):
    """The noun `doctorSection` of the protocol."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    fine: bool


class DoctorResult(TypedDict):
    """Result of the method `doctor`."""

    sections: Sequence[DoctorSectionJson]


class SandboxLevelParams(TypedDict):
    """Parameters of the method `sandbox.level`."""


IsolationLevelJson: TypeAlias = int


class SandboxLevelResult(TypedDict):
    """Result of the method `sandbox.level`."""

    level: IsolationLevelJson


class EnvironmentSpecJsonSimulator(TypedDict):
    """A part of the message that its name begins with."""

    name: str
    source: str


class EnvironmentRegistrationJsonWrappersItem(TypedDict):
    """A part of the message that its name begins with."""

    name: str
    entryPoint: str
    kwargs: Mapping[str, str]


class EnvironmentRegistrationJson(TypedDict):
    """The noun `environmentRegistration` of the protocol."""

    id: str
    entryPoint: str | None
    module: str
    kwargs: Mapping[str, str]
    rewardThreshold: float | None
    maxEpisodeSteps: int | None
    orderEnforce: bool
    nondeterministic: bool
    wrappers: Sequence[EnvironmentRegistrationJsonWrappersItem]


class UserCodeJson(TypedDict):
    """The noun `userCode` of the protocol."""

    registration: NotRequired[EnvironmentRegistrationJson]
    searchPath: NotRequired[Sequence[str]]
    folder: NotRequired[str]
    hash: NotRequired[str]


class EnvironmentSpecJsonClocks(TypedDict):
    """A part of the message that its name begins with."""

    step: NotRequired[float]
    reset: NotRequired[float]
    make: NotRequired[float]


class EnvironmentSpecJson(TypedDict):
    """The noun `environmentSpec` of the protocol."""

    id: str | None
    simulator: EnvironmentSpecJsonSimulator | None
    kwargs: Mapping[str, Json]
    floats: NotRequired[Sequence[Sequence[str | int]]]
    observe: Sequence[int] | None
    maxEpisodeSteps: int | None
    info: NotRequired[Sequence[str]]
    reward: NotRequired[Literal[True]]
    userCode: NotRequired[UserCodeJson]
    mask: NotRequired[str]
    unrepeatable: NotRequired[Literal[True]]
    resetOptions: NotRequired[Mapping[str, Json]]
    clocks: NotRequired[EnvironmentSpecJsonClocks]


class EnvironmentDescribeParams(TypedDict):
    """Parameters of the method `environment.describe`."""

    environment: EnvironmentSpecJson
    problem: NotRequired[str]
    mayFail: NotRequired[Literal[True]]


class SpaceSummaryJson(TypedDict):
    """The noun `spaceSummary` of the protocol."""

    kind: str
    text: str
    shape: Sequence[int] | None
    dtype: str | None
    n: int | None
    start: int | None
    low: Sequence[float | None] | None
    high: Sequence[float | None] | None
    keys: NotRequired[Sequence[str]]


class EnvironmentFactsJson(TypedDict):
    """The noun `environmentFacts` of the protocol."""

    observationSpace: SpaceSummaryJson
    actionSpace: SpaceSummaryJson
    rewardThreshold: float | None
    maxEpisodeSteps: int | None
    fullEpisodeSteps: int | None
    versions: Mapping[str, str]
    files: NotRequired[Mapping[str, str]]
    infoMask: NotRequired[str]
    notes: NotRequired[Sequence[str]]
    unrepeatable: NotRequired[str]
    documentation: NotRequired[str]
    actionNames: NotRequired[Sequence[str]]


class EnvironmentDescribeResult(TypedDict):
    """Result of the method `environment.describe`."""

    facts: EnvironmentFactsJson
    userCode: NotRequired[UserCodeJson]
    watched: Sequence[str]
    failing: NotRequired[str]


class EnvironmentListParams(TypedDict):
    """Parameters of the method `environment.list`."""


class EnvironmentListResult(TypedDict):
    """Result of the method `environment.list`."""

    ids: Sequence[str]


class EnvironmentProbeParams(TypedDict):
    """Parameters of the method `environment.probe`."""

    environment: EnvironmentSpecJson
    names: Sequence[str] | None
    seed: int
    episodes: int
    steps: int


class SeenRangeJson(TypedDict):
    """The noun `seenRange` of the protocol."""

    path: str
    low: float
    high: float


class RequestUsageJson(TypedDict):
    """The noun `requestUsage` of the protocol."""

    lost: NotRequired[int]
    fault: NotRequired[str]
    episodes: int
    steps: int
    modelSteps: int
    cpuSeconds: float


class EnvironmentProbeResult(TypedDict):
    """Result of the method `environment.probe`."""

    findings: Sequence[str]
    ranges: Sequence[SeenRangeJson]
    usage: RequestUsageJson


class PolicyDescribeParams(TypedDict):
    """Parameters of the method `policy.describe`."""

    source: str


class PolicySizeJson(TypedDict):
    """The noun `policySize` of the protocol."""

    lines: int
    branches: int
    nodes: int
    constants: int


class PolicyFactsJsonTunableItem(TypedDict):
    """A part of the message that its name begins with."""

    name: str
    value: float | Sequence[float]
    low: float
    high: float
    integer: bool
    log: bool


class PolicyFactsJson(TypedDict):
    """The noun `policyFacts` of the protocol."""

    hash: str
    treeHash: str
    size: PolicySizeJson
    tunable: Sequence[PolicyFactsJsonTunableItem]


PolicyDescribeResult: TypeAlias = PolicyFactsJson


class DataFolderJson(TypedDict):
    """The noun `dataFolder` of the protocol."""

    folder: str
    hash: str


class PolicyLimitsJson(TypedDict):
    """The noun `policyLimits` of the protocol."""

    stepMs: float
    importMs: float
    memoryMb: float
    imports: Sequence[str]
    data: NotRequired[DataFolderJson]


class PolicyAblateParams(TypedDict):
    """Parameters of the method `policy.ablate`."""

    environment: EnvironmentSpecJson
    source: str
    limits: PolicyLimitsJson
    seeds: Sequence[int]
    part: float
    mostParts: int
    mostConstants: int


class AblatedPartJson(TypedDict):
    """The noun `ablatedPart` of the protocol."""

    share: float | None
    change: float | None
    label: str
    first: int
    last: int


class MovedConstantJson(TypedDict):
    """The noun `movedConstant` of the protocol."""

    share: float | None
    change: float | None
    name: str


class PolicyAblateResult(TypedDict):
    """Result of the method `policy.ablate`."""

    parts: Sequence[AblatedPartJson]
    constants: Sequence[MovedConstantJson]
    otherParts: int | None
    otherConstants: int
    observations: int
    usage: RequestUsageJson


class EvaluateParams(TypedDict):
    """Parameters of the method `evaluate`."""

    environment: EnvironmentSpecJson
    source: str
    limits: PolicyLimitsJson
    seeds: Sequence[int]


class TrajectoryHashesJson(TypedDict):
    """The noun `trajectoryHashes` of the protocol."""

    every: int
    hashes: str


class EpisodeCourseJson(TypedDict):
    """The noun `episodeCourse` of the protocol."""

    rewardByTenth: Sequence[float]
    flags: Sequence[str]
    terms: Mapping[str, float]


# The noun `episodeResult` of the protocol.
EpisodeResultJson = TypedDict(
    "EpisodeResultJson",
    {
        "seed": int,
        "return": float,
        "steps": int,
        "terminated": bool,
        "truncated": bool,
        "actionHash": str,
        "trajectoryHashes": TrajectoryHashesJson,
        "course": EpisodeCourseJson,
    },
)


PolicyFailureCodeJson: TypeAlias = Literal[
    "syntax_error",
    "no_act",
    "import_failed",
    "raised",
    "step_timeout",
    "import_timeout",
    "invalid_action",
    "refused_action",
    "memory",
    "died",
]


class PolicyFailureJson(TypedDict):
    """The noun `policyFailure` of the protocol."""

    code: PolicyFailureCodeJson
    message: str
    line: int | None
    column: int | None
    seed: int | None
    step: int | None


class EvaluateResult(TypedDict):
    """Result of the method `evaluate`."""

    episodes: Sequence[EpisodeResultJson]
    failure: PolicyFailureJson | None
    lost: NotRequired[int]
    fault: NotRequired[str]
    cpuSeconds: float
    level: IsolationLevelJson | None
    slowestStepMs: NotRequired[float]


class SearchProposeParamsHistoryItem(TypedDict):
    """A part of the message that its name begins with."""

    label: str
    source: str
    mean: float
    deviation: float
    episodes: int
    head: bool


class SearchProposeParams(TypedDict):
    """Parameters of the method `search.propose`."""

    environment: EnvironmentSpecJson
    limits: PolicyLimitsJson
    names: Sequence[str] | None
    seed: int
    round: int
    steps: int | None
    episodes: int | None
    stepsLeft: int | None
    episodesLeft: int | None
    secondsLeft: float | None
    modelStepsLeft: int
    history: Sequence[SearchProposeParamsHistoryItem]


class ProposalJson(TypedDict):
    """The noun `proposal` of the protocol."""

    label: str
    idea: str
    source: str
    baseline: NotRequired[bool]


class SearchProposeResult(TypedDict):
    """Result of the method `search.propose`."""

    proposals: Sequence[ProposalJson]
    usage: RequestUsageJson
    findings: Sequence[str]
    exhausted: bool
    limitation: str | None


class TuneParams(TypedDict):
    """Parameters of the method `tune`."""

    environment: EnvironmentSpecJson
    source: str
    limits: PolicyLimitsJson
    seed: int
    episodes: int
    steps: int | None


class TunerGenerationJson(TypedDict):
    """The noun `tunerGeneration` of the protocol."""

    mean: float
    best: float
    episodes: int
    descent: NotRequired[int]


class TuneResult(TypedDict):
    """Result of the method `tune`."""

    source: str
    usage: RequestUsageJson
    generations: Sequence[TunerGenerationJson]


class JitterParams(TypedDict):
    """Parameters of the method `jitter`."""

    environment: EnvironmentSpecJson
    source: str
    limits: PolicyLimitsJson
    seed: int
    part: float
    seeds: Sequence[int]


class JitterResult(TypedDict):
    """Result of the method `jitter`."""

    seeds: Sequence[int]
    returns: Sequence[float | None]
    usage: RequestUsageJson


class ActionsCompareParams(TypedDict):
    """Parameters of the method `actions.compare`."""

    environment: EnvironmentSpecJson
    limits: PolicyLimitsJson
    reference: str
    seeds: Sequence[int]
    sources: Sequence[str]


class ActionsCompareResult(TypedDict):
    """Result of the method `actions.compare`."""

    same: Sequence[int | None]
    observations: int
    usage: RequestUsageJson


class SimplifyParamsVariantEnvironmentsItem(TypedDict):
    """A part of the message that its name begins with."""

    environment: EnvironmentSpecJson
    seeds: Sequence[int]


class SimplifyParams(TypedDict):
    """Parameters of the method `simplify`."""

    environment: EnvironmentSpecJson
    source: str
    limits: PolicyLimitsJson
    seeds: Sequence[int]
    variantEnvironments: Sequence[SimplifyParamsVariantEnvironmentsItem]
    mostReplays: float
    mostReplayedSteps: int
    mostVariants: int


class SimplifyResultIdentical(TypedDict):
    """A part of the message that its name begins with."""

    source: str
    edits: Sequence[str]


class UnexercisedPartJson(TypedDict):
    """The noun `unexercisedPart` of the protocol."""

    kind: Literal["never_reached", "always_true", "no_effect"]
    first: int
    last: int


class SimplifyResultVariantsItem(TypedDict):
    """A part of the message that its name begins with."""

    label: str
    source: str


class SimplifyResult(TypedDict):
    """Result of the method `simplify`."""

    identical: SimplifyResultIdentical | None
    unexercised: Sequence[UnexercisedPartJson]
    variants: Sequence[SimplifyResultVariantsItem]
    replayedSteps: int
    isCutShort: bool
    usage: RequestUsageJson


class FolderDescribeParams(TypedDict):
    """Parameters of the method `folder.describe`."""

    folder: str


class FolderDescribeResult(TypedDict):
    """Result of the method `folder.describe`."""

    hash: str
    files: int
    bytes: int


class PolicyInlineParams(TypedDict):
    """Parameters of the method `policy.inline`."""

    folder: str


class PolicyInlineResult(TypedDict):
    """Result of the method `policy.inline`."""

    source: str


class ExportClaimJson(TypedDict):
    """The noun `exportClaim` of the protocol."""

    policy: str
    environment: str
    kwargs: Mapping[str, Json]
    policyHash: str
    environmentHash: str
    nonce: str
    replaced: NotRequired[Sequence[Sequence[int]]]
    audit: int
    episodes: int
    mean: float
    low: float
    high: float
    confidence: float
    returns: Sequence[float]
    unrepeatable: NotRequired[str]


class PolicyExportParams(TypedDict):
    """Parameters of the method `policy.export`."""

    environment: EnvironmentSpecJson
    facts: EnvironmentFactsJson
    folders: Sequence[str]
    notebook: str
    source: str
    provenance: Sequence[str]
    versions: Mapping[str, str]
    claim: ExportClaimJson | None
    data: NotRequired[DataFolderJson]


class PolicyExportResult(TypedDict):
    """Result of the method `policy.export`."""

    source: str


class BaselineTextsParams(TypedDict):
    """Parameters of the method `baseline.texts`."""

    environment: EnvironmentSpecJson
    baseline: Literal["random", "constant", "heuristic"]
    action: Json


class BaselineTextsResultTextsItem(TypedDict):
    """A part of the message that its name begins with."""

    label: str
    source: str


class BaselineTextsResult(TypedDict):
    """Result of the method `baseline.texts`."""

    texts: Sequence[BaselineTextsResultTextsItem]


class AgentTextParams(TypedDict):
    """Parameters of the method `agent.text`."""

    file: str


class AgentTextResult(TypedDict):
    """Result of the method `agent.text`."""

    source: str
    algorithm: str
    weights: int
    steps: int | None
    cpuSeconds: float | None


class AgentTrainParams(TypedDict):
    """Parameters of the method `agent.train`."""

    environment: EnvironmentSpecJson
    algorithm: str
    steps: int
    seed: int
    settings: Mapping[str, Json]


class AgentTrainResult(TypedDict):
    """Result of the method `agent.train`."""

    file: str


class PolicyTimeParams(TypedDict):
    """Parameters of the method `policy.time`."""

    environment: EnvironmentSpecJson
    source: str
    limits: PolicyLimitsJson
    seed: int


class PolicyTimeResult(TypedDict):
    """Result of the method `policy.time`."""

    coldStartMs: float | None
    decisionUs: float | None


class TraceParams(TypedDict):
    """Parameters of the method `trace`."""

    environment: EnvironmentSpecJson
    source: str
    limits: PolicyLimitsJson
    seed: int
    pictures: int


class TracedStepJson(TypedDict):
    """The noun `tracedStep` of the protocol."""

    lines: Sequence[Sequence[int]]
    variables: Mapping[str, str]
    observation: Json
    action: Json
    reward: float
    png: str | None


# Result of the method `trace`.
TraceResult = TypedDict(
    "TraceResult",
    {
        "return": float,
        "terminated": bool,
        "truncated": bool,
        "actionHash": str,
        "trajectoryHashes": TrajectoryHashesJson,
        "steps": Sequence[TracedStepJson],
        "filmstrip": str | None,
        "failure": PolicyFailureJson | None,
    },
)


class FigurePngParams(TypedDict):
    """Parameters of the method `figure.png`."""

    figure: Json
    width: int
    height: int


class FigurePngResult(TypedDict):
    """Result of the method `figure.png`."""

    png: str


class EvaluatorProgress(TypedDict):
    """Progress of a running request; fields not reported are absent."""

    episodes: NotRequired[int]
    steps: NotRequired[int]
    output: NotRequired[str]
    cpuSeconds: NotRequired[float]
    place: NotRequired[str]
    generation: NotRequired[int]
    mean: NotRequired[float]


class RequestFrameJson(TypedDict):
    """The noun `requestFrame` of the protocol."""

    kind: Literal["request"]
    key: str
    method: str
    params: Mapping[str, Json]
    policy: NotRequired[str]


class CancelFrameJson(TypedDict):
    """The noun `cancelFrame` of the protocol."""

    kind: Literal["cancel"]
    key: str


class ConsentFrameJson(TypedDict):
    """The noun `consentFrame` of the protocol."""

    kind: Literal["consent"]
    level: IsolationLevelJson


class RegisterFrameJson(TypedDict):
    """The noun `registerFrame` of the protocol."""

    kind: Literal["register"]
    hash: str
    source: str


KernelFrame: TypeAlias = RequestFrameJson | CancelFrameJson | ConsentFrameJson | RegisterFrameJson


class AcceptedFrameJson(TypedDict):
    """The noun `acceptedFrame` of the protocol."""

    kind: Literal["accepted"]
    key: str


class ProgressFrameJson(TypedDict):
    """The noun `progressFrame` of the protocol."""

    kind: Literal["progress"]
    key: str
    value: Json


class ResultFrameJson(TypedDict):
    """The noun `resultFrame` of the protocol."""

    kind: Literal["result"]
    key: str
    value: Json


class FailureFrameJson(TypedDict):
    """The noun `failureFrame` of the protocol."""

    kind: Literal["failure"]
    key: str
    code: str
    message: str
    detail: Json


EvaluatorFrame: TypeAlias = AcceptedFrameJson | ProgressFrameJson | ResultFrameJson | FailureFrameJson
