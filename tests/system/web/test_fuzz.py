"""100 000 random and mutated messages to a live server: each that can be parsed is answered once, memory stays bounded.

`MACDUFF_FUZZ_SEED=... pytest tests/system/web/test_fuzz.py` repeats a run.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
from collections import Counter
from collections.abc import Callable
from typing import Any

import aiohttp
import msgspec
import pytest

from tests.system.web.conftest import Remote
from tests.system.web.mutants import FRESH, LAST, Mutants, Verdict, judge

SEED = int(os.environ.get("MACDUFF_FUZZ_SEED") or secrets.randbelow(2**32))
FRAMES = {"malcolm.1": 60_000, "macduff.1": 25_000, "macduff.msgpack.1": 15_000}
BATCH = 500
TERMINAL = ("malcolm:core/Return:1.0", "malcolm:core/Error:1.0")


class Fuzz:
    """One connection, and the account of what was sent and what came."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, mutants: Mutants) -> None:
        self.socket = socket
        self.mutants = mutants
        self.binary = socket.protocol == "macduff.msgpack.1"
        self.ours = socket.protocol != "malcolm.1"
        self.frames: list[str | bytes] = []
        self.kinds: Counter[str] = Counter()

    async def batch(self, count: int) -> None:
        """So many frames, then an end to their subscriptions, then the account."""
        self.frames = []
        self.certain: Counter[int] = Counter()  # answers that an id must get
        self.unsure_frames: list[Any] = []
        self.unsure: list[Verdict] = []  # messages whose answer may have one of several ids
        self.ended: Counter[int] = Counter()
        self.begun: set[int] = set()
        self.alone: set[int | None] = set()
        reading = asyncio.ensure_future(self._read(LAST))
        for _ in range(count):
            if self.binary:
                await self._send(*self.mutants.binary())
            else:
                text = self.mutants.text(self.ours)
                await self._send(text, judge(text, self.ours))
        # What was sent first is answered first, puts and calls apart; then nothing new can begin.
        await self._request(LAST, "Get", path=["BENCH", "velocity"])
        await reading
        for identity in sorted(self.begun):
            await self._request(identity, "Unsubscribe")
        await asyncio.wait_for(self._settle(), 20)

    async def _send(self, frame: str | bytes, verdicts: list[Verdict]) -> None:
        self.frames.append(frame)
        for verdict in verdicts:
            self.alone.add(verdict.alone)
            if len(verdict.ids) == 1:
                (identity,) = verdict.ids
                self.certain[identity] += 1
            else:
                self.unsure.append(verdict)
                self.unsure_frames.append((frame, verdict))
        await (self.socket.send_bytes(frame) if isinstance(frame, bytes) else self.socket.send_str(frame))

    async def _request(self, identity: int, kind: str, **members: Any) -> None:
        message = {"typeid": f"malcolm:core/{kind}:1.0", "id": identity, **members}
        frame = msgspec.msgpack.encode([message]) if self.binary else json.dumps(message)
        await self._send(frame, [Verdict(frozenset({identity}))])

    async def _read(self, last: int) -> None:
        """Take what comes until `last` is answered."""
        while not self.ended[last]:
            await self._take()

    async def _take(self) -> None:
        message = await self.socket.receive(timeout=20)
        assert message.type in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY), f"hung up: {message}"
        data = message.data
        found = msgspec.msgpack.decode(data) if isinstance(data, bytes) else json.loads(data)
        for item in found if isinstance(found, list) else [found]:
            self.kinds[item["message"].partition(":")[0] if "message" in item else item["typeid"][13:-4]] += 1
            if item["typeid"] in TERMINAL:
                self.ended[item["id"]] += 1
                assert "the server failed" not in item.get("message", ""), self._told(item)
            if item["typeid"] not in TERMINAL or (item["typeid"] == TERMINAL[0] and self._fresh(item["id"])):
                self.begun.add(item["id"])  # one that was ended before its first value has but the Return

    def _fresh(self, identity: int) -> bool:
        """Whether it is the id of one of our subscriptions, which nothing else that succeeds has.

        Unless an accident made another request of the message.
        """
        return FRESH < identity <= self.mutants.fresh and identity not in self.alone

    def _due(self) -> int:
        """Answers that have not come. A subscription that began shares its end with the Unsubscribe that ended it."""
        expected = sum(self.certain.values()) + len(self.unsure) - len(self.begun)
        return expected - sum(self.ended.values())

    async def _settle(self) -> None:
        try:
            while self._due() > 0:
                await self._take()
        except (TimeoutError, asyncio.CancelledError):
            told = [f"{sorted(verdict.ids)[:5]}: {frame!r:.300}" for frame, verdict in self.unsure_frames]
            pytest.fail(f"seed {SEED}: {self._due()} answers did not come: {self._odd()}; unsure: " + "\n".join(told))
        assert not self._odd(), self._odd()

    def _odd(self) -> str:
        """Ids that got more or fewer answers than they must."""
        surplus = {
            identity: self.ended[identity] - self.certain[identity] + (identity in self.begun)
            for identity in self.certain | self.ended
        }
        allowed: set[int] = set().union(*(verdict.ids for verdict in self.unsure))
        any_id = any(not verdict.ids for verdict in self.unsure)
        wrong = {
            id: more for id, more in surplus.items() if more < 0 or (more > 0 and not any_id and id not in allowed)
        }
        if not wrong and sum(surplus.values()) <= len(self.unsure):
            return ""
        told = [f"{id}: {more:+d} of {self.certain[id]}, {self._frames_with(id)}" for id, more in wrong.items()]
        return f"seed {SEED}: answers too many or too few by id:\n" + "\n".join(told)

    def _told(self, item: dict[str, Any]) -> str:
        return f"seed {SEED}: {item}; frames with that id: {self._frames_with(item['id'])}"

    def _frames_with(self, identity: int) -> list[str]:
        return [str(frame)[:300] for frame in self.frames if str(identity) in str(frame)][-5:]


@pytest.mark.timeout(240)
async def test_every_parseable_message_is_answered_once_and_memory_is_bounded(
    remote: Callable[..., Remote], capfd: pytest.CaptureFixture[str]
) -> None:
    """Rule 35: one Return or Error per request; -1 for what cannot be parsed or has no usable id, and only then."""
    print(f"MACDUFF_FUZZ_SEED={SEED}")
    server = remote()
    loop = asyncio.get_running_loop()
    began = loop.time()
    memory: list[int] = []
    kinds: Counter[str] = Counter()
    async with aiohttp.ClientSession() as session:

        async def run(subprotocol: str, share: int) -> None:
            async with session.ws_connect(
                server.websocket, protocols=[subprotocol], compress=0, max_msg_size=0
            ) as socket:
                fuzz = Fuzz(socket, Mutants(SEED + len(subprotocol)))
                for _ in range(0, share, BATCH):
                    await fuzz.batch(BATCH)
                    memory.append(server.memory())
                kinds.update(fuzz.kinds)

        for subprotocol, share in FRAMES.items():
            await run(subprotocol, share)
        async with session.get(server.address + "/api/BENCH/velocity/value") as response:
            assert response.status == 200
    early, late = max(memory[10:20]), max(memory[-10:])
    print(
        f"{sum(FRAMES.values())} frames in {loop.time() - began:.0f} s; answers {dict(kinds)}; "
        f"memory {early / 1e6:.1f} MB after 10 000, {late / 1e6:.1f} MB at the end; {server.threads()} threads"
    )
    assert late < early + 20e6, "memory grows with what is sent"
    assert server.threads() < 60
    said = capfd.readouterr()
    with capfd.disabled():
        print(f"\n{said.out.strip()}")
    # The device's own defect is logged with its traceback; nothing else may have one.
    others = [told for told in said.err.split("Traceback")[1:] if "\nRuntimeError: the motor is on fire\n" not in told]
    assert not others, others[0][:3000]
