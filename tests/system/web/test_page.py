"""The page at /: what is served and how. What it looks like and does is for tests/browser."""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from urllib.parse import urljoin

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from macduff.servers.web.pages import Pages
from tests.system.web.conftest import Lab

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


async def test_the_page_and_all_that_it_refers_to(lab: Lab) -> None:
    async with aiohttp.ClientSession() as session, session.get(lab.address + "/") as response:
        assert response.status == 200 and response.content_type == "text/html" and response.charset == "utf-8"
        text = await response.text()
        assert 'id="page"' in text
        found = re.findall(r'(?:href|src)="([^"]+)"', text)
        assert any(re.fullmatch(r"/static/page/[\w-]+\.js", one) for one in found), found
        assert any(re.fullmatch(r"/static/page/[\w-]+\.css", one) for one in found), found
        for reference in found:
            assert "//" not in reference, "it loads something from elsewhere"
            async with session.get(urljoin(lab.address + "/", reference)) as part:
                assert part.status == 200, reference
                assert part.headers["X-Content-Type-Options"] == "nosniff"
                assert part.content_type in ("text/css", "text/javascript", "image/svg+xml")


async def test_nothing_in_it_may_come_from_elsewhere_or_be_framed(lab: Lab) -> None:
    async with aiohttp.ClientSession() as session, session.get(lab.address + "/") as response:
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
        text = await response.text()
        assert not re.search(r"<script(?![^>]* src=)|<style| on\w+=|javascript:", text), "the policy forbids it"


async def test_a_browser_gets_a_page_for_what_is_not_there_and_a_program_an_error(lab: Lab) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/nowhere", "/static/nowhere.js", "/static/.made-from", "/<script>"):
            async with session.get(lab.address + path, headers=BROWSER) as response:
                assert (response.status, response.content_type) == (404, "text/html")
                assert "default-src 'none'" in response.headers["Content-Security-Policy"]
                text = await response.text()
                assert "<script" not in text, "nothing of the address is in it"
            async with session.get(lab.address + path) as response:
                assert (response.status, response.content_type) == (404, "application/json")
        assert "<style" not in text and " style=" not in text, "the policy forbids it"
        references = re.findall(r'(?:href|src)="([^"]*)"', text)
        assert "/" in references and any(one.endswith(".css") for one in references)
        for reference in references:
            assert reference.startswith("/") and not reference.startswith("//"), "it is shown at any depth"
            async with session.get(lab.address + reference) as part:
                assert part.status == 200, reference
        async with session.get(lab.address + "/api/NOBODY", headers=BROWSER) as response:
            assert (response.status, (await response.json())["kind"]) == (404, "NotFound")
        async with session.post(lab.address + "/nowhere", headers=BROWSER) as response:
            assert response.content_type == "application/json"


async def test_it_is_fetched_again_only_when_it_changed(lab: Lab) -> None:
    async with aiohttp.ClientSession() as session:
        for path in ("/", "/static/icon.svg"):
            async with session.get(lab.address + path) as response:
                tag = response.headers["ETag"]
                assert response.headers["Cache-Control"] == "no-cache"
            async with session.get(lab.address + path, headers={"If-None-Match": tag}) as response:
                assert response.status == 304 and await response.read() == b""
            async with session.head(lab.address + path) as response:
                assert response.status == 200


async def test_what_has_a_digest_in_its_name_is_not_even_asked_for_again(lab: Lab) -> None:
    folder = resources.files("macduff.servers.web") / "static" / "page"
    names = [item.name for item in folder.iterdir()]
    assert names
    async with aiohttp.ClientSession() as session:
        for name in names:
            async with session.get(f"{lab.address}/static/page/{name}") as response:
                assert response.status == 200 and "immutable" in response.headers["Cache-Control"]


async def test_installed_without_the_page_the_server_says_so(tmp_path: Path) -> None:
    """MACDUFF_WITHOUT_PAGE, or a checkout that was only put on the path."""
    for folder in (tmp_path, tmp_path / "not there"):
        pages = Pages(folder)
        answer = await pages.index(make_mocked_request("GET", "/"))
        assert answer.status == 503 and answer.text is not None and "pip install" in answer.text
        assert pages.missing(make_mocked_request("GET", "/nowhere", headers=BROWSER)) is None
        with pytest.raises(web.HTTPNotFound):
            await pages.file(make_mocked_request("GET", "/static/x", match_info={"path": "x"}))
