"""Texts go to a worker once, by number afterwards, and neither side holds more than it may."""

from policybook.rollout.worker_texts import ReceivedTexts, SentTexts


def test_a_text_is_sent_once() -> None:
    sent, received = SentTexts(), ReceivedTexts()
    first = sent.send({0: "one", 1: "two"})
    second = sent.send({5: "two"})
    assert len(first.new) == 2
    assert second.new == {}
    texts = received.receive(first)
    assert texts == {0: "one", 1: "two"}
    assert received.receive(second)[5] is texts[1]


def test_what_was_used_longest_ago_is_forgotten_on_both_sides() -> None:
    sent, received = SentTexts(max_characters=8), ReceivedTexts()
    for sources in ({0: "aaaa"}, {0: "bbbb"}, {0: "aaaa"}, {0: "cccc"}):
        assert received.receive(sent.send(sources)) == sources
    assert sorted(received.texts.values()) == ["aaaa", "cccc"]
    again = sent.send({0: "bbbb"})
    assert list(again.new.values()) == ["bbbb"]
    assert received.receive(again) == {0: "bbbb"}


def test_a_text_larger_than_the_room_is_played_and_forgotten() -> None:
    sent, received = SentTexts(max_characters=3), ReceivedTexts()
    assert received.receive(sent.send({0: "aaaa"})) == {0: "aaaa"}
    assert received.texts == {}
    assert sent.characters == 0
