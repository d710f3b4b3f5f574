#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# schema.py [--lines] NAME COMMAND...: what the command prints, or with --lines
# each line of it, is what the schema /tests/NAME.json says. To know that the
# schema says something at all, the same document with a required member taken
# out, or one of another type where none is required, must fail.
import copy
import json
import subprocess
import sys

import jsonschema


def main():
    words = sys.argv[1:]
    is_lines = words[0] == "--lines"
    name, *command = words[is_lines:]
    with open("/tests/%s.json" % name, encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft7Validator.check_schema(schema)
    if is_lines:
        schema = {"type": "array", "items": schema}
    validator = jsonschema.Draft7Validator(schema)
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    text = text.decode("utf-8")
    if is_lines:
        document = [json.loads(line) for line in text.splitlines()]
    else:
        document = json.loads(text)
    problems = ["%s: %s" % ("/".join(map(str, e.path)), e.message)
                for e in validator.iter_errors(document)]
    assert not problems, "%s: %s" % (" ".join(command), problems)

    assert document, "nothing was printed"
    broken = copy.deepcopy(document)
    item = broken
    if isinstance(document, list):
        item, schema = broken[0], schema["items"]
    if "required" in schema:
        del item[schema["required"][0]]
    else:
        item[next(iter(item))] = 0
    assert list(validator.iter_errors(broken)), "the schema takes anything"
    print("schema: %s: valid" % " ".join(command))


main()
