"""The OpenAPI 3.1 description of what a server offers over HTTP, made from its devices as they are now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from macduff.protocol.model import AttributeModel, DeviceModel, MethodModel
from macduff.protocol.structure import is_attribute
from macduff.values import VAction

from .schemas import Schema, object_schema, schema_of

__all__ = ["describe"]

_PROBLEMS = {
    "400": "A value or an argument is wrong",
    "403": "Not from outside, not from that page, or not on a read-only server",
    "404": "No such device, attribute or method",
    "409": "Busy, held by another device, in the wrong state, or ended by an abort",
    "500": "The device failed",
    "503": "A bound is reached",
    "504": "It takes longer than this server waits; what was begun goes on",
}


def describe(devices: Iterable[tuple[str, DeviceModel]], version: str, *, read_only: bool = False) -> Schema:
    """The whole description. devices: each with its name in an address, the Process's among them."""
    paths: Schema = {"/api": {"get": _get("listDevices", "The devices", {"$ref": "#/components/schemas/Devices"})}}
    tags: list[Schema] = []
    for address, device in devices:
        tags.append({"name": device.name, "description": device.description})
        paths.update(_device_paths(address, device, read_only))
    paths["/api/outcomes/{id}"] = {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}],
        "get": {
            "operationId": "getOutcome",
            "summary": "How a call ended that was posted with wait=false: what the POST would have been answered with",
            "responses": {"200": {"description": "Its result"}, "202": _ref("responses", "Running"), **_problems()},
        },
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "macduff", "version": version, "description": "The devices of this server, over plain HTTP."},
        "paths": paths,
        "tags": tags,
        "components": _components(),
    }


def _device_paths(address: str, device: DeviceModel, read_only: bool) -> Schema:
    base = f"/api/{quote(address, safe=':')}"
    whole = _get(f"get {device.name}", f"{device.label or device.name}, everything of it", _ref("schemas", "Device"))
    paths: Schema = {base: {"get": {**whole, "tags": [device.name]}}}
    for name, field in device.fields.items():
        if is_attribute(field):
            paths.update(_attribute_paths(base, device.name, field, read_only))
        else:
            paths[f"{base}/{name}"] = _method_path(device.name, field, read_only)
    return paths


def _attribute_paths(base: str, device: str, attribute: AttributeModel, read_only: bool) -> Schema:
    place, path = f"{device}.{attribute.name}", f"{base}/{attribute.name}"
    if isinstance(attribute.vtype, VAction):
        return {path: _button_path(device, attribute, read_only)}
    structure = _get(f"get {place}", attribute.description or place, _ref("schemas", "Attribute"))
    item: Schema = {"get": {**structure, "tags": [device]}}
    if attribute.writable and not read_only:
        schema = schema_of(attribute.vtype, writing=True)
        item["put"] = {
            "operationId": f"put {place}",
            "summary": f"Ask for a new value; answered when that is done{_units(attribute.vtype)}",
            "tags": [device],
            "requestBody": {"required": True, "content": _json(schema)},
            "responses": {"200": _ok({"type": "null"}, "Done"), **_problems()},
        }
    value = _get(f"get {place}.value", f"The bare value{_units(attribute.vtype)}", schema_of(attribute.vtype))
    paths = {path: item, f"{path}/value": {"get": {**value, "tags": [device]}}}
    return {**paths, f"{path}/history": _history_path(place, device, attribute.vtype)}


def _history_path(place: str, device: str, vtype: Any) -> Schema:
    columns = _object({
        "times": {"type": "array", "items": {"type": "integer"}, "description": "Nanoseconds since 1970"},
        "values": {"type": "array", "items": schema_of(vtype)},
        "severities": {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": 3}},
        "alarms": {"type": "array", "items": _ref("schemas", "AlarmChange")},
    })  # fmt: skip
    asked = _get(f"get {place}.history", f"What it was, by time stamps{_units(vtype)}", columns)
    asked["responses"]["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}
    asked["responses"]["400"] = _ref("responses", "400")
    parameters = [_ref("parameters", name) for name in ("seconds", "since", "count", "format")]
    return {"get": {**asked, "tags": [device], "parameters": parameters}}


def _button_path(device: str, attribute: AttributeModel, read_only: bool) -> Schema:
    place = f"{device}.{attribute.name}"
    about = attribute.description or attribute.name
    item: Schema = {"get": {**_get(f"get {place}", about, _ref("schemas", "Method")), "tags": [device]}}
    if attribute.writable and not read_only:
        item["post"] = _post(place, about, device, object_schema({}, []), {"type": "null"})
    return item


def _post(place: str, description: str, device: str, arguments: Schema, result: Schema) -> Schema:
    return {
        "operationId": f"call {place}",
        "summary": description.partition("\n")[0] or f"Call {place}",
        "description": description,
        "tags": [device],
        "parameters": [_ref("parameters", "wait"), _ref("parameters", "abort_on_disconnect")],
        "requestBody": {"required": bool(arguments["required"]), "content": _json(arguments)},
        "responses": {"200": _ok(result, "What it returned"), "202": _ref("responses", "Running"), **_problems()},
    }


def _method_path(device: str, method: MethodModel, read_only: bool) -> Schema:
    place = f"{device}.{method.name}"
    item: Schema = {
        "get": {**_get(f"get {place}", f"The last call of {method.name}", _ref("schemas", "Method")), "tags": [device]}
    }
    if read_only:
        return item
    arguments = object_schema(method.takes, list(method.required), writing=True)
    for name, default in method.defaults.items():
        if name in method.takes:
            arguments["properties"][name]["default"] = method.takes[name].to_json(default)
    result = {"type": "null"} if not method.returns else object_schema(method.returns, list(method.returns))
    if method.unpacked:
        result = schema_of(next(iter(method.returns.values())))
    item["post"] = _post(place, method.description, device, arguments, result)
    return item


def _units(vtype: Any) -> str:
    units = getattr(vtype, "units", "")
    return f" ({units})" if units else ""


def _get(operation: str, summary: str, schema: Schema) -> Schema:
    responses = {"200": _ok(schema, "As it is now"), **{code: _ref("responses", code) for code in ("403", "404")}}
    return {"operationId": operation, "summary": summary.partition("\n")[0], "responses": responses}


def _json(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _ok(schema: Schema, description: str) -> Schema:
    return {"description": description, "content": _json(schema)}


def _ref(kind: str, name: str) -> Schema:
    return {"$ref": f"#/components/{kind}/{name}"}


def _problems() -> Schema:
    return {code: _ref("responses", code) for code in _PROBLEMS}


def _query(name: str, schema: Schema, description: str) -> Schema:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _components() -> Schema:
    error = _json(_ref("schemas", "Error"))
    running = {
        "description": "It runs; ask there how it ended",
        "headers": {"Location": {"schema": {"type": "string"}}},
        "content": _json(_object({"outcome": {"type": "string"}})),
    }
    return {
        "parameters": {
            "wait": _query(
                "wait",
                {"type": "boolean", "default": True},
                "false: answered at once by 202 and the place to ask for the outcome",
            ),
            "abort_on_disconnect": _query(
                "abort_on_disconnect",
                {"type": "boolean", "default": False},
                "true: abort the device when this connection is lost before the end",
            ),
            "seconds": _query(
                "seconds", {"type": "number", "minimum": 0}, "the last so many, and what was true before"
            ),
            "since": _query("since", {"type": "integer", "minimum": 0}, "only later time stamps (ns since 1970)"),
            "count": _query("count", {"type": "integer", "minimum": 1}, "the newest so many"),
            "format": _query("format", {"enum": ["json", "csv"], "default": "json"}, "columns, or lines"),
        },
        "responses": {
            **{code: {"description": text, "content": error} for code, text in _PROBLEMS.items()},
            "Running": running,
        },
        "schemas": _shared_schemas(),
    }


def _object(properties: Mapping[str, Schema], required: Iterable[str] | None = None) -> Schema:
    names = list(properties) if required is None else list(required)
    return {"type": "object", "properties": dict(properties), "required": names}


def _shared_schemas() -> Schema:
    text: Schema = {"type": "string"}
    number: Schema = {"type": "integer"}
    typed = {"typeid": text}
    alarm = _object(
        {**typed, "severity": {"type": "integer", "minimum": 0, "maximum": 3},
         "status": {"type": "integer", "minimum": 0, "maximum": 7}, "message": text}
    )  # fmt: skip
    stamp = _object({**typed, "secondsPastEpoch": number, "nanoseconds": number, "userTag": number})
    listed = {"name": text, "label": text, "description": text, "state": text, "health": text, "href": text}
    attribute = {**typed, "value": {}, "setpoint": {}, "alarm": alarm, "timeStamp": stamp, "meta": {"type": "object"}}
    any_object: Schema = {"type": "object"}
    return {
        "Error": _object(
            {"kind": text, "message": text, "device": text, "member": text, "state": text,
             "allowed": {"type": "array", "items": text}}
        ),
        "AlarmChange": _object(
            {"index": number, "severity": number, "status": number, "message": text}
        ),
        "Devices": _object({"devices": {"type": "array", "items": _object(listed)}, "process": text, "openapi": text}),
        "Device": _object({**typed, "meta": any_object}),
        "Attribute": _object(attribute, [name for name in attribute if name != "setpoint"]),
        "Method": _object({**typed, "took": any_object, "returned": any_object, "meta": any_object}),
    }  # fmt: skip
