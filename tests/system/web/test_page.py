"""The page at /: what is served and how. What it looks like is for the browser tests."""

from __future__ import annotations

import re
from urllib.parse import urljoin

import aiohttp

from tests.system.web.conftest import Lab


async def test_the_page_and_all_that_it_refers_to(lab: Lab) -> None:
    async with aiohttp.ClientSession() as session, session.get(lab.address + "/") as response:
        assert response.status == 200 and response.content_type == "text/html" and response.charset == "utf-8"
        text = await response.text()
        found = re.findall(r'(?:href|src)="([^"]+)"', text)
        assert len(found) >= 4
        for reference in found:
            if reference.startswith("data:"):
                continue
            assert "//" not in reference, "it loads something from elsewhere"
            async with session.get(urljoin(lab.address + "/", reference)) as part:
                assert part.status == 200, reference
                assert part.headers["X-Content-Type-Options"] == "nosniff"
                assert part.content_type in ("text/css", "text/javascript", "application/json")


async def test_nothing_in_it_may_come_from_elsewhere_or_be_framed(lab: Lab) -> None:
    async with aiohttp.ClientSession() as session, session.get(lab.address + "/") as response:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        text = await response.text()
        assert not re.search(r"<script(?! type=\"module\" src)|<style| on\w+=|javascript:", text), (
            "the policy forbids it"
        )


async def test_it_is_fetched_again_only_when_it_changed(lab: Lab) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/", "/static/list.js"):
            async with session.get(lab.address + path) as response:
                tag = response.headers["ETag"]
                assert response.headers["Cache-Control"] == "no-cache"
            async with session.get(lab.address + path, headers={"If-None-Match": tag}) as response:
                assert response.status == 304 and await response.read() == b""
            async with session.head(lab.address + path) as response:
                assert response.status == 200
