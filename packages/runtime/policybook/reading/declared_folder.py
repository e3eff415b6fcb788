"""What every record has, a run's and a comparison's: a declaration, an environment and events."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from policybook.reading.declared_environment import Environment
from policybook.reading.event_record import OtherFormatError, RecordedEvent, find_broken_line, read_record


class DeclaredFolder:
    """A folder as it is now: every property reads it again, so that what is under way can be watched."""

    kind: ClassVar[str]
    record_name: ClassVar[str]

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name

    @property
    def events(self) -> list[dict[str, Any]]:
        """Returns all that a repetition would reproduce, oldest first."""
        return [entry.event for entry in self._read_record()]

    @property
    def settings(self) -> dict[str, Any]:
        """Returns the declaration, resolved; `declaration` is the cell's text."""
        record = self._read_record()
        if not record:
            raise LookupError(f"the record of the {self.kind} {self.name} is empty")
        return dict(record[0].event["settings"])

    @property
    def declaration(self) -> str:
        """Returns the text of the cell that declared it."""
        return (self.path / "declaration.yaml").read_text(encoding="utf-8")

    @property
    def environment(self) -> Environment:
        """Returns the environment in which everything was played."""
        settings = self.settings
        return Environment(settings["environmentName"], settings["environment"])

    def __repr__(self) -> str:
        try:
            reason = self._explain_broken_record()
            broken = "" if reason is None else f"; {reason}"
            return f"<{self.kind} {self.name}{self._summarise()}{broken}>"
        except OtherFormatError as error:
            unread = f"a folder of format {error.format}, which this version does not read"
            return f"<{self.kind} {self.name}: {unread}>"

    def _summarise(self) -> str:
        """Returns what the folder holds in a few words, as they follow its name."""
        raise NotImplementedError

    def _explain_broken_record(self) -> str | None:
        """Returns why the record cannot be read to its end, for people; None where it can."""
        line = find_broken_line(self.path / self.record_name)
        return None if line is None else f"the record is broken from line {line} on"

    def _read_record(self) -> list[RecordedEvent]:
        return read_record(self.path / self.record_name)
