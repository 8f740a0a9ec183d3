#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""validate.py [--lines] SCHEMA FILE...: is each file (with --lines, each line) as the JSON Schema says, without a key that it lacks?

Knows the keywords that schemas/ uses, refuses others, and needs the standard library only, so that it runs in a guest of the lab.
"""

import json
import os
import re
import sys

NOTES = {"$schema", "$defs", "title", "description"}
KINDS = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
}


class Schema:
    """A part of a schema file, which knows the file that its references are relative to."""

    files = {}

    def __init__(self, path, part=None):
        self.path = path
        if part is None:
            if path not in self.files:
                with open(path, encoding="utf-8") as file:
                    self.files[path] = json.load(file)
            part = self.files[path]
        self.part = part

    def inner(self, part):
        return Schema(self.path, part)

    def followed(self):
        """The schema that a reference leads to."""
        if "$ref" not in self.part:
            return self
        name, _, pointer = self.part["$ref"].partition("#")
        found = Schema(os.path.join(os.path.dirname(self.path), name) if name else self.path)
        for key in pointer.strip("/").split("/"):
            found = found.inner(found.part[key])
        return found.followed()

    def keys(self):
        """All keys that an object may have by this schema and those that it is made of."""
        schema = self.followed()
        found = set(schema.part.get("properties", ()))
        for part in schema.part.get("allOf", ()):
            found |= schema.inner(part).keys()
        return found


def check_object(schema, value, where, is_whole):
    part = schema.part
    for key in part.get("required", ()):
        if key not in value:
            yield f"{where}: {key} is missing"
    for key, others in part.get("dependentRequired", {}).items():
        for other in others:
            if key in value and other not in value:
                yield f"{where}: {other} is missing beside {key}"
    for key, inner in part.get("properties", {}).items():
        if key in value:
            yield from check(schema.inner(inner), value[key], f"{where}.{key}")
    if "additionalProperties" in part:
        for key in value.keys() - part.get("properties", {}).keys():
            yield from check(schema.inner(part["additionalProperties"]), value[key], f"{where}.{key}")
    elif is_whole:
        for key in sorted(value.keys() - schema.keys()):
            yield f"{where}: {key} is not in the schema"


def check_choice(schema, choices, value, where, is_one):
    problems = [list(check(schema.inner(choice), value, where)) for choice in choices]
    fitting = sum(not p for p in problems)
    if not fitting:
        yield from min(problems, key=len)
    elif is_one and fitting > 1:
        yield f"{where}: {fitting} alternatives fit, and one may"


def is_kind(kinds, value):
    return any(KINDS[kind](value) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def check_value(part, value, where):
    if "type" in part and not is_kind(part["type"], value):
        yield f"{where}: {json.dumps(value)[:60]} is no {part['type']}"
    elif "enum" in part and value not in part["enum"]:
        yield f"{where}: {value!r} is not one of {part['enum']}"
    elif "const" in part and (value != part["const"] or isinstance(value, bool)):
        yield f"{where}: {value!r} is not {part['const']!r}"
    elif "pattern" in part and isinstance(value, str) and not re.search(part["pattern"], value):
        yield f"{where}: {value!r} is not like {part['pattern']}"
    elif "minimum" in part and KINDS["number"](value) and value < part["minimum"]:
        yield f"{where}: {value!r} is less than {part['minimum']}"


def check(schema, value, where="", is_whole=True):
    """Yields what is wrong. is_whole: the schema is not one of those that another is made of."""
    schema = schema.followed()
    part = schema.part
    unknown = part.keys() - NOTES - {"type", "enum", "const", "pattern", "minimum", "required", "properties"}
    unknown -= {"additionalProperties", "dependentRequired", "items", "anyOf", "oneOf", "allOf"}
    if unknown:
        raise SystemExit(f"{schema.path}: this program does not know {unknown}")
    yield from check_value(part, value, where)
    for inner in part.get("allOf", ()):
        yield from check(schema.inner(inner), value, where, False)
    for word in ("anyOf", "oneOf"):
        if word in part:
            yield from check_choice(schema, part[word], value, where, word == "oneOf")
    if isinstance(value, dict) and ("properties" in part or "required" in part or "additionalProperties" in part):
        yield from check_object(schema, value, where, is_whole)
    if isinstance(value, list) and "items" in part:
        for i, item in enumerate(value):
            yield from check(schema.inner(part["items"]), item, f"{where}[{i}]")


def documents(path, are_lines):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file] if are_lines else [json.load(file)]


def main(args):
    are_lines = args[:1] == ["--lines"]
    schema, *files = args[are_lines:]
    problems = checked = 0
    for path in files:
        for document in documents(path, are_lines):
            checked += 1
            for problem in check(Schema(schema), document):
                problems += 1
                print(f"{path}: {problem}")
    if not checked:
        print(f"{schema}: nothing to check")
    return 0 if checked and not problems else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
