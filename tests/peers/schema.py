#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# schema.py NAME COMMAND...: what the command prints is what the schema
# /tests/NAME.json says. To know that the schema says something at all, the
# same document with a member taken out must fail.
import copy
import json
import subprocess
import sys

import jsonschema


def main():
    name, command = sys.argv[1], sys.argv[2:]
    with open("/tests/%s.json" % name, encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
    document = json.loads(text.decode("utf-8"))
    problems = ["%s: %s" % ("/".join(map(str, e.path)), e.message)
                for e in validator.iter_errors(document)]
    assert not problems, "%s: %s" % (" ".join(command), problems)

    assert document, "nothing was printed"
    broken = copy.deepcopy(document)
    item = broken[0] if isinstance(broken, list) else broken
    del item["domid" if "domid" in item else "host"]
    assert list(validator.iter_errors(broken)), "the schema takes anything"
    print("schema: %s: valid" % " ".join(command))


main()
