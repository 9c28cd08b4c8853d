"""The OpenAPI description of live models, judged by openapi-spec-validator."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from macduff.core import Process
from macduff.servers.web.asking import PROCESS, address_of
from macduff.servers.web.openapi import describe
from tests.system.web.lab import Bench, Spare


@pytest.fixture(scope="module")
def process() -> Any:
    """Not started: nothing has to run for its devices to be described."""
    process = Process()
    process.block.offer(Spare)
    return process


def described(process: Process, **options: Any) -> dict[str, Any]:
    devices = [(PROCESS, process.block), ("BL01:BENCH-1", Bench("BL01:BENCH-1"))]
    return json.loads(json.dumps(describe(devices, "1.2.3", **options), allow_nan=False))  # type: ignore[no-any-return]  # json gives Any


@pytest.mark.parametrize("read_only", [False, True])
def test_it_is_openapi(process: Process, read_only: bool) -> None:
    OpenAPIV31SpecValidator(described(process, read_only=read_only)).validate()


def test_units_limits_and_choices_of_puts(process: Process) -> None:
    paths = described(process)["paths"]
    put = paths["/api/BL01:BENCH-1/velocity"]["put"]
    schema = put["requestBody"]["content"]["application/json"]["schema"]
    assert (schema["minimum"], schema["maximum"], schema["x-units"]) == (0.01, 5.0, "mm/s")
    assert put["summary"].endswith("(mm/s)")
    mode = paths["/api/BL01:BENCH-1/mode"]["put"]["requestBody"]["content"]["application/json"]["schema"]
    assert mode["enum"] == ["slow", "fast"]


def test_methods_have_their_arguments_results_and_live_defaults(process: Process) -> None:
    post = described(process)["paths"]["/api/BL01:BENCH-1/add"]["post"]
    body = post["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    assert body["required"] and schema["required"] == ["a"] and schema["properties"]["b"]["default"] == 1.0
    assert post["summary"] == "Add two numbers." and "202" in post["responses"]
    shift = described(process)["paths"]["/api/BL01:BENCH-1/shift"]["post"]["requestBody"]["content"]["application/json"]
    assert shift["schema"]["properties"]["by"]["maximum"] == 1.0


def test_what_cannot_be_written_has_no_put(process: Process) -> None:
    paths = described(process)["paths"]
    assert set(paths["/api/BL01:BENCH-1/position"]) == {"get"}
    assert set(paths["/api/BL01:BENCH-1/press"]) == {"get", "post"}
    assert f"/api/{PROCESS}/create_Spare" in paths
    read_only = described(process, read_only=True)["paths"]
    assert all(set(item) <= {"get", "parameters"} for item in read_only.values())


def test_operations_have_names_of_their_own(process: Process) -> None:
    found = [
        operation["operationId"]
        for item in described(process)["paths"].values()
        for verb, operation in item.items()
        if verb != "parameters"
    ]
    assert len(found) == len(set(found))


def test_the_process_has_an_address_that_browsers_keep() -> None:
    """They take /api/. for /api."""
    assert address_of(".") == PROCESS and address_of("BENCH") == "BENCH"


def test_descriptions_are_imported_only_when_asked_for() -> None:
    """aiohttp, msgspec and numpy alone are half a second of import."""
    code = "import sys, macduff.servers.web.site; print([n for n in sys.modules if n.endswith(('openapi', 'schemas'))])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert result.stdout.strip() == "[]"


def test_the_package_is_light_until_a_server_starts() -> None:
    code = "import sys, macduff.servers.web; print('aiohttp' in sys.modules, 'msgspec' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert result.stdout.strip() == "False False"
