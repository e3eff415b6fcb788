"""Policies' texts on their way to a worker process: each is sent once, and named by a number afterwards."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import NamedTuple

MAX_CHARACTERS = 32_000_000
"""Characters that one worker holds; those that were used longest ago are forgotten first."""


class TextsMessage(NamedTuple):
    """What a worker gets with a block: texts that are new to it, and which it may forget afterwards."""

    numbers: dict[int, int]
    """A text's number in the block -> its number in the worker."""
    new: dict[int, str]
    forgotten: tuple[int, ...]


class SentTexts:
    """The texts that one worker holds, as the evaluator knows them.

    The worker keeps and forgets them by its messages.
    """

    def __init__(self, max_characters: int = MAX_CHARACTERS) -> None:
        self.max_characters = max_characters
        self.numbers: OrderedDict[str, int] = OrderedDict()
        self.characters = 0
        self.given = 0

    def send(self, sources: Mapping[int, str]) -> TextsMessage:
        """Returns what the worker needs in order to know a block's texts."""
        numbers: dict[int, int] = {}
        new: dict[int, str] = {}
        for text, source in sources.items():
            number = self.numbers.get(source)
            if number is None:
                number = self.given = self.given + 1
                new[number] = source
                self.characters += len(source)
            self.numbers[source] = number
            self.numbers.move_to_end(source)
            numbers[text] = number
        forgotten = []
        while self.characters > self.max_characters and self.numbers:
            source, number = self.numbers.popitem(last=False)
            self.characters -= len(source)
            forgotten.append(number)
        return TextsMessage(numbers, new, tuple(forgotten))


class ReceivedTexts:
    """The texts that a worker has been sent, by number."""

    def __init__(self) -> None:
        self.texts: dict[int, str] = {}

    def receive(self, message: TextsMessage) -> dict[int, str]:
        """Returns a block's texts, the very objects that earlier blocks had, and forgets what it may."""
        self.texts.update(message.new)
        sources = {text: self.texts[number] for text, number in message.numbers.items()}
        for number in message.forgotten:
            del self.texts[number]
        return sources
