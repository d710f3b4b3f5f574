#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
check.py TEXT OPEN DASHBOARD DOCUMENT

Compares what `sample` wrote, in both formats, with each other, by the parsers
of the Prometheus project's client; and the names that the dashboard and
docs/metrics.md use with those that there are. Every complaint is a line.
"""
import json
import re
import sys

from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as parse_open)
from prometheus_client.parser import (
    text_string_to_metric_families as parse_text)

complaints = []


def complain(text):
    complaints.append(text)


def samples(families):
    return {(s.name, tuple(sorted(s.labels.items()))): s.value
            for f in families for s in f.samples}


def check_formats(text, opened):
    """Both say the same of the same."""
    old, new = samples(parse_text(text)), samples(parse_open(opened))
    if not old:
        complain("no sample at all")
    for key in old.keys() ^ new.keys():
        complain(f"{key} is in one format only")
    for key in old.keys() & new.keys():
        if old[key] != new[key]:
            complain(f"{key}: {old[key]} and {new[key]}")
    return {name for name, _ in old}


def expressions(panel):
    for target in panel.get("targets", []):
        yield panel["title"], target["expr"]
    for inner in panel.get("panels", []):
        yield from expressions(inner)


# What PromQL itself calls so, and labels, which stand in braces or after by.
WORD = re.compile(r"\b(paravane_\w+)\b")


def check_dashboard(path, names, labels):
    with open(path, encoding="utf-8") as f:
        board = json.load(f)
    found = list(e for p in board["panels"] for e in expressions(p))
    if not found:
        complain(f"{path}: no panel asks for anything")
    for title, expr in found:
        used = WORD.findall(expr)
        if not used:
            complain(f"{path}: {title}: no metric of ours in {expr}")
        for name in used:
            if name not in names:
                complain(f"{path}: {title}: there is no {name}")
        for name in re.findall(r"\b(\w+)\s*(?:=~|!~|!=|=)\s*\"", expr):
            if name not in labels:
                complain(f"{path}: {title}: no label {name}")
        if expr.count("(") != expr.count(")"):
            complain(f"{path}: {title}: parentheses in {expr}")
    wanted = ["CPU", "steal", "emory", "isk", "etwork", "ypercall"]
    titles = " ".join(title for title, _ in found)
    for word in wanted:
        if word not in titles:
            complain(f"{path}: no panel about *{word}*")


def check_document(path, names):
    with open(path, encoding="utf-8") as f:
        told = set(re.findall(r"^\| `(paravane_\w+)` \|", f.read(), re.M))
    for name in sorted(names - told):
        complain(f"{path}: does not tell of {name}")
    for name in sorted(told - names):
        complain(f"{path}: tells of {name}, which there is not")


def main():
    text_path, open_path, dashboard, document = sys.argv[1:]
    with open(text_path, encoding="utf-8", newline="") as f:
        text = f.read()
    with open(open_path, encoding="utf-8", newline="") as f:
        opened = f.read()
    names = check_formats(text, opened)
    labels = {k for f in parse_text(text) for s in f.samples for k in s.labels}
    check_dashboard(dashboard, names, labels)
    check_document(document, names)
    for line in complaints:
        print(line)
    print(f"metrics: {len(names)} names, {len(complaints)} complaints")
    sys.exit(bool(complaints))


main()
