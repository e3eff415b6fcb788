"""Registered texts: found by their hashes, forgotten oldest first, and reported as missing by a code."""

import pytest
from policybook.evaluator.policy_texts import PolicyTexts
from policybook.rollout.failures import RequestFailedError


def test_a_registered_text_is_found() -> None:
    texts = PolicyTexts()
    texts.register("h1", "def act")
    assert texts.find("h1") == "def act"


def test_an_unknown_hash_fails_by_code() -> None:
    with pytest.raises(RequestFailedError) as caught:
        PolicyTexts().find("h1")
    assert caught.value.code == "unknown_policy"
    assert caught.value.detail == {"hash": "h1"}


def test_the_text_used_longest_ago_is_forgotten_first() -> None:
    texts = PolicyTexts(max_characters=8)
    texts.register("h1", "aaaa")
    texts.register("h2", "bbbb")
    texts.find("h1")
    texts.register("h3", "cccc")
    assert texts.find("h1") == "aaaa"
    with pytest.raises(RequestFailedError):
        texts.find("h2")


def test_the_last_text_is_held_however_large_it_is() -> None:
    texts = PolicyTexts(max_characters=2)
    texts.register("h1", "aaaa")
    texts.register("h1", "aaaa")
    assert texts.find("h1") == "aaaa"
    assert texts.characters == 4
