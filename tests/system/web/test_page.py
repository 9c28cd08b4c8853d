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


async def test_a_browser_gets_a_page_for_what_is_not_there_and_a_program_an_error(lab: Lab) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    async with aiohttp.ClientSession() as session:
        for path in ("/nowhere", "/static/nowhere.js", "/<script>"):
            async with session.get(lab.address + path, headers=browser) as response:
                assert (response.status, response.content_type) == (404, "text/html")
                assert "default-src 'none'" in response.headers["Content-Security-Policy"]
                text = await response.text()
                assert "<script" not in text, "nothing of the address is in it"
            async with session.get(lab.address + path) as response:
                assert (response.status, response.content_type) == (404, "application/json")
        for reference in re.findall(r'(?:href|src)="(/[^"]*)"', text):
            async with session.get(lab.address + reference) as part:
                assert part.status == 200, reference
        async with session.get(lab.address + "/api/NOBODY", headers=browser) as response:
            assert (response.status, (await response.json())["kind"]) == (404, "NotFound")
        async with session.post(lab.address + "/nowhere", headers=browser) as response:
            assert response.content_type == "application/json"


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
