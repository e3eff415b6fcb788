"""A proposal is tried before it is handed out: what does not act here is the generator's defect."""

from __future__ import annotations

from policybook.defects import Defect, keep_defect
from policybook.rollout.action_reader import InvalidActionError
from policybook.rollout.blocks import Limits
from policybook.rollout.episode_slot import derive_policy_seed
from policybook.rollout.frame_packer import FramePacker
from policybook.rollout.policy_process import ObservationFormat, PolicyLostError, PolicyProcess
from policybook.sandbox.codecs import CodecMismatchError, DynamicCodec
from policybook.search import Proposal
from policybook.worker.job import Job

TRIAL_SEED = 0
SLOW_CODES = ("step_timeout", "import_timeout", "memory")
"""What may be the machine's doing, or that of limits which the user has set."""


class FaultyProposalError(Exception):
    """A generated text fails at its first observation, or gives an action that the space does not have."""


class ProposalTrial:
    """Has proposals act, in the sandbox, on the first observation of one episode."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.pool = job.trusted.get_pool()
        self.limits = Limits.from_json(job.params["limits"])
        observation, info = job.trusted.begin_episode(TRIAL_SEED)
        extra_args = self.pool.collect_extra_args(0.0, info)
        self.observation = DynamicCodec().pack(observation)
        self.extra_args = FramePacker(self.pool).pack_extra_args([extra_args])

    def find_defect(self, proposal: Proposal) -> Defect | None:
        """Returns what is wrong with a proposal, None where it acts as it should."""
        policy = self.job.start_policy(self.limits)
        try:
            self._act(policy, proposal.source)
        except FaultyProposalError as error:
            return keep_defect(
                f'the policy "{proposal.label}" that its search wrote {error}', error, text=proposal.source
            )
        except PolicyLostError:
            # A process that is lost may be the machine's doing; where it is not, the run's own play shows it.
            return None
        finally:
            policy.close()
        return None

    def _act(self, policy: PolicyProcess, source: str) -> None:
        actions = self.pool.actions
        fault = policy.load([source], actions.codec, self.pool.spaces)
        if fault is None:
            policy.observe(ObservationFormat(DynamicCodec(), 1, self.pool.has_extra_args))
            begun = [(0, derive_policy_seed(TRIAL_SEED))]
            reply = policy.act(1, self.observation, begun=begun, extra_args=self.extra_args)
            fault = reply.fault
        if fault is not None:
            if fault["code"] in SLOW_CODES:
                return
            raise FaultyProposalError(f"fails: {fault['text']}")
        try:
            actions.read(reply.actions, 1)
        except InvalidActionError as invalid:
            raise FaultyProposalError(
                f"gives an action that the space does not have: {invalid.reason}"
            ) from invalid
        except CodecMismatchError as error:
            raise FaultyProposalError("gives an action that cannot be read") from error
