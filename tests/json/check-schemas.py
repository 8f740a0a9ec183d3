#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""check-schemas.py DIR: validates the outputs DIR/COMMAND/* by python3-jsonschema and by validate.py, and shows that both find what is wrong."""

import copy
import json
import pathlib
import sys

import jsonschema

import validate

SCHEMAS = pathlib.Path(__file__).parents[2] / "schemas"


def validator(path):
    schema = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    resolver = jsonschema.RefResolver(f"{SCHEMAS.as_uri()}/", schema)
    return jsonschema.Draft202012Validator(schema, resolver=resolver)


def spoiled(value, path=()):
    """Copies of an output in which one key of its schema is missing or has a wrong value; the second is what was done."""
    if isinstance(value, dict):
        for key in value:
            # Their keys are addresses, types and users.
            if path[-1:] not in (("scope",), ("why_not",), ("user_details",)) and key not in ("unknown",):
                yield lambda o, key=key: o.pop(key), f"{path}: without {key}", path
                yield lambda o, key=key: o.update({key: {"no": {"x": 1}}}), f"{path}: {key} wrong", path
            yield from spoiled(value[key], (*path, key))
    elif isinstance(value, list) and value:
        yield from spoiled(value[0], (*path, 0))


def at(value, path):
    for key in path:
        value = value[key]
    return value


def finds_faults(name, by_library, schema, document):
    found = 0
    for spoil, what, path in spoiled(document):
        wrong = copy.deepcopy(document)
        spoil(at(wrong, path))
        assert not by_library.is_valid(wrong), f"{name}: {what}: jsonschema does not find it"
        assert list(validate.check(schema, wrong)), f"{name}: {what}: validate.py does not find it"
        found += 1
    more = dict(document, other=1)
    assert by_library.is_valid(more), f"{name}: a program has to bear keys that were added"
    assert list(validate.check(schema, more)), f"{name}: a key that no schema describes is not found"
    return found


def main(directory):
    for path in sorted(SCHEMAS.glob("*.schema.json")):
        validator(path)
    for outputs in sorted(pathlib.Path(directory).iterdir()):
        path = SCHEMAS / f"{outputs.name}.schema.json"
        by_library, schema = validator(path), validate.Schema(str(path))
        documents = [json.loads(f.read_text(encoding="utf-8")) for f in sorted(outputs.iterdir())]
        for document in documents:
            for problem in (*validate.check(schema, document), *(e.message for e in by_library.iter_errors(document))):
                raise SystemExit(f"{outputs.name}: {problem}")
        faults = finds_faults(outputs.name, by_library, schema, max(documents, key=lambda d: len(json.dumps(d)[:4000])))
        print(f"{outputs.name}: {len(documents)} outputs, {faults} faults found")
        assert documents and faults >= 8


if __name__ == "__main__":
    main(sys.argv[1])
