"""Clients in typed languages refuse what they do not know; the tests' own client must refuse it as well."""

import copy
from typing import Any

import pytest
from strict_session import ProtocolError, check_message

HEADER = {
    "msg_id": "1",
    "username": "ada",
    "session": "2",
    "date": "2026-11-30T11:32:43.145953Z",
    "version": "5.5",
}
KERNEL_INFO: dict[str, Any] = {
    "status": "ok",
    "protocol_version": "5.5",
    "implementation": "policybook",
    "implementation_version": "1",
    "language_info": {
        "name": "python",
        "version": "3.11.7",
        "mimetype": "text/x-python",
        "file_extension": ".py",
        "pygments_lexer": "ipython3",
        "codemirror_mode": {"name": "ipython", "version": 3},
        "nbconvert_exporter": "python",
    },
    "banner": "",
    "help_links": [],
}
ABORTED: dict[str, Any] = {"status": "aborted"}
FAILED: dict[str, Any] = {"status": "error", "ename": "E", "evalue": "", "traceback": []}


def check(kind: str, content: dict[str, Any]) -> None:
    check_message(HEADER | {"msg_type": kind}, {}, {}, content)


def kernel_info(mode: Any) -> dict[str, Any]:
    content = copy.deepcopy(KERNEL_INFO)
    content["language_info"]["codemirror_mode"] = mode
    return content


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("kernel_info_reply", kernel_info("ipython")),
        ("kernel_info_reply", kernel_info({"name": "ipython", "version": 3})),
        ("execute_reply", ABORTED),
        ("execute_reply", FAILED | {"execution_count": 3}),
        ("is_complete_reply", {"status": "incomplete", "indent": "  "}),
        ("status", {"execution_state": "busy"}),
        ("display_data", {"data": {"text/plain": "x", "application/json": [1]}, "metadata": {}}),
        ("made_up_reply", FAILED),
    ],
)
def test_a_message_of_the_protocol_is_read(kind: str, content: dict[str, Any]) -> None:
    check(kind, content)


@pytest.mark.parametrize(
    ("kind", "content", "place"),
    [
        ("kernel_info_reply", kernel_info({"name": "ipython", "mime": "x"}), "codemirror_mode"),
        ("kernel_info_reply", kernel_info({"name": "ipython", "version": "3"}), "codemirror_mode"),
        ("kernel_info_reply", KERNEL_INFO | {"banner": None}, "banner"),
        ("execute_reply", FAILED, "content"),
        ("execute_reply", ABORTED | {"reason": "an error before"}, "reason"),
        ("is_complete_reply", {"status": "incomplete"}, "status"),
        ("status", {"execution_state": "waiting"}, "execution_state"),
        ("display_data", {"data": {"text/plain": 7}, "metadata": {}}, "text/plain"),
        ("display_data", {"data": {}}, "metadata"),
        ("stream", {"name": "stdout", "text": "x", "source": "kernel"}, "source"),
        ("made_up_reply", {"status": "ok"}, "ename"),
    ],
)
def test_what_a_strict_client_refuses_is_refused_with_its_place(
    kind: str, content: dict[str, Any], place: str
) -> None:
    with pytest.raises(ProtocolError, match=place):
        check(kind, content)


@pytest.mark.parametrize("header", [{"date": "yesterday"}, {"version": "5"}, {"extra": 1}])
def test_headers_are_read_strictly_too(header: dict[str, Any]) -> None:
    with pytest.raises(ProtocolError, match="header"):
        check_message(HEADER | {"msg_type": "status"} | header, {}, {}, {"execution_state": "idle"})
