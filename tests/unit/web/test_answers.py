"""What HTTP says of each kind of error (rule 36)."""

from __future__ import annotations

import json

import pytest

from macduff.errors import KINDS, BadValue, MacduffError
from macduff.servers.web.answers import answer, refusal, status_of

RULE_36 = {
    "BadValue": 400,
    "NotWriteable": 403,
    "Refused": 403,
    "NotFound": 404,
    "Removed": 404,
    "WrongState": 409,
    "Busy": 409,
    "Held": 409,
    "DuplicateId": 409,
    "Aborted": 409,
    "Superseded": 409,
    "Error": 500,
    "DeviceFailed": 500,
    "Disconnected": 500,
    "Unreachable": 500,
    "Overrun": 500,
    "AlarmRaised": 500,
    "TooMany": 503,
    "TimedOut": 504,
}


def test_every_kind_has_its_status() -> None:
    """Rule 36: 400 bad value; 403; 404; 409 wrong state or Busy; 500 the device failed; 504 time-out."""
    assert {kind: status_of(cls("x")) for kind, cls in KINDS.items()} == RULE_36


def test_the_body_is_the_error() -> None:
    error = BadValue("D.a: expected a number, got 'x'", device="D", member="a", state="Idle", allowed=("1", "2"))
    response = refusal(error)
    assert (response.status, response.content_type) == (400, "application/json")
    assert isinstance(response.body, bytes) and json.loads(response.body) == error.to_dict()


def test_an_error_of_lone_surrogates_can_be_told() -> None:
    response = refusal(MacduffError("got '\ud800'"))
    assert isinstance(response.body, bytes) and "got" in json.loads(response.body)["message"]


@pytest.mark.parametrize("value", [None, 0, 1.5, "x", [1, 2], {"a": None}, 2**64])
def test_values_are_json(value: object) -> None:
    response = answer(value)
    assert isinstance(response.body, bytes) and json.loads(response.body) == value
    assert response.headers["Cache-Control"] == "no-store"
