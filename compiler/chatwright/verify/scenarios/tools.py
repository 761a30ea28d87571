"""Tool declarations: from none to rich JSON schemas."""

from __future__ import annotations

from typing import Any

from chatwright.verify.scenarios.build import ABSENT, ASK, CLOCK, WEATHER, Scenario, says, schema, system, tool, user

TEXT = {"type": "string"}


def declared(name: str, *tools: Any) -> Scenario:
    """These tools, with a system message and a question."""
    return Scenario(f"tools_{name}", [system("Be brief."), ASK], list(tools))


def one(name: str, /, **properties: Any) -> Scenario:
    """One tool with these parameters, all described."""
    return declared(name, tool("f", "Do it.", schema(sorted(properties)[:1], **properties)))


COUNT = [
    Scenario("tools_none_at_all", [user("Hi")], None),
    Scenario("tools_empty_list", [user("Hi"), says("Hello!")], []),
    Scenario("tools_empty_list_system", [system("Be brief."), user("Hi")], []),
    Scenario("tools_without_system", [ASK], [WEATHER]),
    Scenario("tools_two_without_system", [ASK], [WEATHER, CLOCK]),
    Scenario("tools_system_only", [system("Be brief.")], [WEATHER]),
    Scenario("tools_assistant_first", [says("Hello!")], [WEATHER]),
    Scenario("tools_many_turns", [ASK, says("Sunny."), user("And Oslo?")], [WEATHER, CLOCK]),
    declared("two", WEATHER, CLOCK),
]

SHAPE = [
    declared("no_parameters", tool("now", "Tell the time.")),
    declared("null_parameters", tool("now", "Tell the time.", None)),
    declared("empty_parameters", tool("now", "Tell the time.", {})),
    declared("no_properties", tool("now", "Tell the time.", {"type": "object"})),
    declared("empty_properties", tool("now", "Tell the time.", schema())),
    declared("no_description", tool("now", ABSENT, schema())),
    declared("empty_description", tool("now", "", schema(a={"type": "string"}))),
    declared("spaced_description", tool("now", "  Tell\nthe time. \n", schema(a=TEXT))),
    declared("bare", {"name": "now", "description": "Tell.", "parameters": schema(a=TEXT)}),
    declared("no_type", {"function": {"name": "now", "description": "Tell."}}),
    declared("other_type", {"type": "web_search", "web_search": {"n": 3}}, WEATHER),
    declared("strict", tool("f", "Do.", schema(a=TEXT), strict=True)),
    declared("return", tool("f", "Do.", schema(a=TEXT), **{"return": {"type": "string"}})),
    declared("response", tool("f", "Do.", schema(), response={"type": "object"})),
    declared(
        "response_described",
        tool("f", "Do.", schema(), response={"type": "OBJECT", "description": "It."}),
    ),
    declared("response_other", tool("f", "Do.", schema(), response={"type": "string"})),
    declared("parameters_extra", tool("f", "Do.", schema(["a"], a=TEXT) | {"$defs": {"x": {}}})),
    declared("additional", tool("f", "Do.", schema(a=TEXT) | {"additionalProperties": False})),
    declared("key_order", {"function": {"parameters": schema(a=TEXT), "name": "f"}, "x": 1}),
    declared("required_empty", tool("f", "Do.", schema([], a=TEXT))),
    declared("required_all", tool("f", "Do.", schema(["a", "b"], a=TEXT, b=TEXT))),
    declared("non_ascii", tool("città", "Größe: 東京 🌦️", schema(["é"], é=TEXT))),
    declared("markup", tool("f", "a <b> & 'c' \"d\" \\ {{ x }}", schema(a={"description": "<&>"}))),
    declared("lines", tool("f", "One.\nTwo.\n", schema(a={"type": "string", "description": "x\ny"}))),
    declared("properties_as_methods", tool("f", "Do.", schema(["items"], items=TEXT, get=TEXT))),
]

KINDS = [
    one("scalars", a=TEXT, b={"type": "integer"}, c={"type": "number"}, d={"type": "boolean"}),
    one("null", a={"type": "null"}, b={"description": "anything"}, c={}),
    one("enum", a={"type": "string", "enum": ["x", "ÿ", ""]}, b={"enum": [1, None, "z"]}),
    one("enum_default", a={"type": "string", "enum": ["x", "y"], "default": "x"}),
    one("enum_default_number", a={"type": "string", "enum": ["x", "y"], "default": 0}),
    one("enum_default_null", a={"type": "string", "enum": ["x", "y"], "default": None}),
    one("one_of_default_number", a={"oneOf": [TEXT, {"type": "number"}], "default": 1.5}),
    one("nullable", a={"type": "string", "nullable": True}, b={"type": "array", "nullable": True}),
    one("nullable_number", a={"type": "integer", "nullable": True, "description": "n"}),
    one(
        "defaults",
        a={"type": "string", "default": "x"},
        b={"type": "integer", "default": 0},
        c={"type": "number", "default": 1.0},
        d={"type": "boolean", "default": False},
        e={"type": "array", "items": TEXT, "default": []},
        f={"type": "string", "default": ""},
        g={"type": "string", "default": None},
    ),
    one("array", a={"type": "array", "items": TEXT}, b={"type": "array"}),
    one("array_items", a={"type": "array", "items": {"type": "integer", "minimum": 0}}),
    one("array_of_numbers", a={"type": "array", "items": {"type": "number"}, "nullable": True}),
    one("array_of_booleans", a={"type": "array", "items": {"type": "boolean"}}),
    one("described_spaced", a={"type": "string", "description": "  x \n"}),
    one("array_of_arrays", a={"type": "array", "items": {"type": "array", "items": TEXT}}),
    one("array_of_anything", a={"type": "array", "items": {}}, b={"type": "array", "items": None}),
    one(
        "array_of_objects",
        a={
            "type": "array",
            "items": schema(["x"], x={"type": "number"}, y={"type": "string", "enum": ["p", "q"]}),
        },
    ),
    one("array_of_long", a={"type": "array", "items": schema(**{f"p{i}": TEXT for i in range(9)})}),
    one("array_of_types", a={"type": "array", "items": {"type": ["string", "null"]}}),
    one("object", a={"type": "object"}, b={"type": "object", "properties": {}}),
    one("object_nested", a=schema(["b"], b=schema(c=schema(d={"type": "boolean"})), e=TEXT)),
    one("object_described", a={**schema(["b"], b=TEXT, c=TEXT), "description": "An object"}),
    one("object_extra", a={"type": "object", "additionalProperties": {"type": "string"}}),
    one("object_bare", a={"type": "object", "description": "Any", "nullable": True, "required": ["x"]}),
    one("object_without", a={"type": "object", "description": "Any", "properties": None}),
    one("object_nullable", a={**schema(b=TEXT), "nullable": True}),
    one("types", a={"type": ["string", "null"]}, b={"type": ["object", "object"]}),
    one("types_one", a={"type": ["string"]}, b={"type": []}),
    one("one_of", a={"oneOf": [TEXT, {"type": "integer", "description": "n", "default": 1}]}),
    one("one_of_objects", a={"oneOf": [schema(x=TEXT), {"type": "object"}]}),
    one("one_of_default", a={"oneOf": [TEXT, {"type": "number"}], "default": "x"}),
    one("any_of", a={"anyOf": [TEXT, {"type": "null"}], "title": "A"}),
    one("reference", a={"$ref": "#/$defs/x"}, b={"allOf": [TEXT]}),
    one("constraints", a={"type": "string", "minLength": 1, "pattern": "^[a-z]+$", "format": "x"}),
    one("examples", a={"type": "number", "examples": [1, 2.5, "x", None, True], "title": "T"}),
    one("upper_case", a={"type": "STRING", "description": "x"}, b={"type": "Array", "items": TEXT}),
    one("mixed_case_names", b=TEXT, A=TEXT, a=TEXT, B=TEXT, _=TEXT),
    one("name_of_name", name=TEXT, type=TEXT, description=TEXT, properties=TEXT, required=TEXT),
]

ALL = [*COUNT, *SHAPE, *KINDS]
