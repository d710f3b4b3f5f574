#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""
gen-hypercalls.py [--check]

Writes docs/hypercalls.md: what the hypervisor answers, and what it refuses.
Read from the sources: the CALL() rows of hypervisor/hypercall/table.c, each
subsystem's table of operations or switch, and the numbers that
include/public gives; an operation that has a number and no row is refused.
The remark to an operation is the comment that stands above its handler.

With --check nothing is written: status 1 if the file is not current, with a
line that says so. A construct that this program does not understand ends it
with status 2, and so does a dispatcher that it was not told of: a document
that leaves things out would be worse than none.
"""
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "docs/hypercalls.md"
HV = ROOT / "hypervisor"
PUBLIC = ROOT / "include/public"


def die(text):
    print(f"gen-hypercalls: {text}", file=sys.stderr)
    sys.exit(2)


class Source:
    """A C file as text, cut into its functions."""

    # A definition at column 0 (macro bodies are indented) and its body.
    FUNCTION = re.compile(
        r"^(?:static )?(?:inline )?(?:const )?(?:unsigned |struct )?\w+ \**"
        r"(\w+)\(([^;{}]*?)\)\n\{\n(.*?)^\}", re.M | re.S)
    COMMENT = re.compile(r"/\*((?:(?!\*/).)*)\*/\s*\Z", re.S)

    cache = {}

    def __init__(self, name):
        self.name = name
        path = HV / name
        if not path.exists():
            die(f"hypervisor/{name} is not there any more")
        self.text = path.read_text()
        self.bodies, self.remarks = {}, {}
        for m in self.FUNCTION.finditer(self.text):
            self.bodies[m[1]] = m[3]
            before = self.COMMENT.search(self.text[:m.start()])
            # Only a comment that touches the function is about it.
            if before and not self.text[:m.start()].endswith("\n\n"):
                words = re.sub(r"\n\s*\* ?", " ", before[1])
                self.remarks[m[1]] = " ".join(words.split())

    @classmethod
    def of(cls, name):
        if name not in cls.cache:
            cls.cache[name] = cls(name)
        return cls.cache[name]

    def body(self, function):
        if function not in self.bodies:
            die(f"hypervisor/{self.name}: no function {function}()")
        return self.bodies[function]


def numbers(header, pattern):
    """The names that match, in the order of their numbers; aliases left out."""
    found = {}
    for m in re.finditer(r"^#define\s+(\w+)\s+(0x[0-9a-fA-F]+|\d+)\b",
                         (PUBLIC / header).read_text(), re.M):
        if re.fullmatch(pattern, m[1]):
            found.setdefault(m[1], int(m[2], 0))
    if not found:
        die(f"include/public/{header} defines nothing like {pattern}")
    return dict(sorted(found.items(), key=lambda i: i[1]))


def privileged(text):
    """Does this code turn away everybody but domain zero?"""
    return re.search(r"if \(![\w>-]*privileged\)\s+"
                     r"(?:return|rc =) -E", text) is not None


class Op:
    def __init__(self, handler="", dom0=False, remark=""):
        self.handler, self.dom0, self.remark = handler, dom0, remark


def op_of(source, function):
    """What is known of an operation that has a function of its own."""
    if function not in source.bodies:
        return Op(function)
    return Op(function, privileged(source.bodies[function]),
              source.remarks.get(function, ""))


def from_rows(source, prefix):
    """[PREFIX_name] = { ... function ... }, or = function, or = IN(name)."""
    ops = {}
    for m in re.finditer(r"\[(%s\w+)\] = (\{.*?\}|\w+\(\w+\)|\w+),?\n"
                         % prefix, source.text, re.S):
        macro = re.fullmatch(r"[A-Z_]+\((\w+)\)", m[2])
        if macro:
            names = ["op_" + macro[1]]
        else:
            names = re.findall(r"\b(?!sizeof|struct)[a-z]\w+\b",
                               re.sub(r'"[^"]*"', "", m[2]))
        op = op_of(source, names[0]) if names else Op()
        if ".bytes" in m[2] or "ARG(" in m[2]:  # physdev: closed unless said
            op.dom0 = "for_all = true" not in m[2]
        ops[m[1]] = op
    for name in re.findall(r"\[(%s\w+)\]" % prefix, source.text):
        if name not in ops:
            die(f"hypervisor/{source.name}: the row of {name} is not "
                "understood")
    return ops


def from_macro(source, prefix):
    """OP...(name, ...) rows of a table; the macro pastes the prefix."""
    table = re.search(r"ops\[\] = \{\n(.*?)^\};", source.text, re.M | re.S)
    if not table or prefix + "##" not in source.text:
        die(f"hypervisor/{source.name}: no table of {prefix} operations")
    ops = {}
    rest = re.sub(r"/\*.*?\*/", "", table[1], flags=re.S)
    for name in re.findall(r"\bOP\w*\((\w+)[^()]*\)", rest):
        ops[prefix + name] = op_of(source, "op_" + name)
    rest = re.sub(r"\bOP\w*\(\w+[^()]*\)", "", rest)
    if rest.strip(" \t\n,"):
        die(f"hypervisor/{source.name}: a row of its table is not "
            f"understood: {rest.split()[0]}")
    for name in re.findall(r"op\.cmd == (%s\w+)\)" % prefix, source.text):
        ops[name] = op_of(source, "op_" + name[len(prefix):])
    return ops


def from_switch(source, prefix, functions):
    """case PREFIX_name: in the functions named; a lacking one is refused."""
    ops = {}
    for function in functions:
        body = source.body(function)
        seen = set()
        # Each run of labels with what follows up to the next run.
        for m in re.finditer(r"((?:\t+case \w+:\n)+)(.*?)"
                             r"(?=\t+case |\t+default|\Z)", body, re.S):
            names = [n for n in re.findall(r"case (\w+):", m[1])
                     if n.startswith(prefix)]
            call = re.search(r"(?:return|rc =) (\w+)\(", m[2])
            seen |= set(names)
            for name in names:
                if call and call[1] in source.bodies:
                    op = op_of(source, call[1])
                    code = source.bodies[call[1]]
                else:
                    op = Op(function)
                    code = ""
                op.dom0 |= privileged(m[2])
                if f"{name});" in code and "hypercall_lacking" in code:
                    continue
                ops.setdefault(name, op)
        for name in re.findall(r"case (%s\w+)" % prefix, body):
            if name not in seen:
                die(f"hypervisor/{source.name}: {function}(): case {name} "
                    "is not understood")
    return ops


LOGGED = "`-ENOSYS`, and one line in the log the first time"

# Each dispatcher: its title, its hypercalls, what they are for, the header
# and the pattern of its numbers, how its operations are found, and what the
# rest is answered with: the code must hold that answer (its last member).
SECTIONS = [
    ("memory_op", ["memory_op"], "a domain's memory, and maps of it",
     "memory.h", r"XENMEM_(?!resource)[a-z]\w+", "hypercall/memory.c",
     ("switch", ["hypercall_memory_op"]), LOGGED, "hypercall_lacking"),
    ("mmu_update", ["mmu_update"],
     "changes to page tables and to the machine-to-physical table; the low "
     "two bits of `ptr` choose",
     "xen.h", r"MMU_(NORMAL|MACHPHYS|PT)_\w+", "pv/mmu.c",
     ("switch", ["update_one"], ["MMU_NORMAL_PT_UPDATE",
                                 "MMU_PT_UPDATE_NO_TRANSLATE"]),
     "none, two bits have four values",
     "default: /* NORMAL; NO_TRANSLATE is the same for PV */"),
    ("mmuext_op", ["mmuext_op"], "pins, roots, flushes",
     "xen.h", r"MMUEXT_[A-Z]\w+", "pv/mmu.c", ("switch", ["ext_one"]),
     LOGGED, "hypercall_lacking"),
    ("event_channel_op", ["event_channel_op", "event_channel_op_compat"],
     "event channels. The old form (16) knows those up to `unmask`",
     "event_channel.h", r"EVTCHNOP_\w+", "event/ops.c", ("rows",),
     "`-ENOSYS`", "return -ENOSYS"),
    ("grant_table_op", ["grant_table_op"], "grant tables, version 1",
     "grant_table.h", r"GNTTABOP_\w+", "grant/ops.c", ("rows",),
     LOGGED, "hypercall_lacking"),
    ("sched_op", ["sched_op", "sched_op_compat"],
     "waiting, shutting down, watchdogs. The old form (6) knows yield, block "
     "and shutdown",
     "sched.h", r"SCHEDOP_\w+", "sched/ops.c", ("rows",), LOGGED,
     "hypercall_lacking"),
    ("vcpu_op", ["vcpu_op"], "the caller's own vCPUs",
     "vcpu.h", r"VCPUOP_\w+", "domain/vcpu_op.c",
     ("switch", ["hypercall_vcpu_op"]), LOGGED, "hypercall_lacking"),
    ("callback_op", ["callback_op"], "where the guest's kernel is entered",
     "callback.h", r"CALLBACKOP_\w+", "pv/callbacks.c",
     ("switch", ["hypercall_callback_op"]), LOGGED, "hypercall_lacking"),
    ("callback_op: types", [], "what can be registered",
     "callback.h", r"CALLBACKTYPE_\w+", "pv/callbacks.c",
     ("switch", ["callback_set"]), "`-ENOSYS`", "return -ENOSYS"),
    ("nmi_op", ["nmi_op"], "the NMI handler",
     "nmi.h", r"XENNMI_(un)?register_\w+", "pv/callbacks.c",
     ("switch", ["hypercall_nmi_op"]), LOGGED, "hypercall_lacking"),
    ("vm_assist: types", ["vm_assist"],
     "habits of the guest's; they are accepted and remembered, and "
     "`runstate_update_flag` is the one that changes what we do",
     "xen.h", r"VMASST_TYPE_\w+", "pv/callbacks.c",
     ("switch", ["hypercall_vm_assist"]), "`-EINVAL`", "return -EINVAL"),
    ("set_segment_base", ["set_segment_base"], "FS and GS",
     "xen.h", r"SEGBASE_\w+", "pv/callbacks.c",
     ("switch+", ["hypercall_set_segment_base"]), "`-EINVAL`",
     "return -EINVAL"),
    ("xen_version", ["xen_version"], "who we are",
     "version.h", r"XENVER_\w+", "hypercall/version.c",
     ("switch", ["hypercall_xen_version"]), LOGGED, "hypercall_lacking"),
    ("xen_version: features", [], "bits of `XENVER_get_features` that are set",
     "features.h", r"XENFEAT_(?!NR_)\w+", "hypercall/version.c",
     ("bits", "features"), "", "submap"),
    ("console_io", ["console_io"], "the serial line",
     "xen.h", r"CONSOLEIO_\w+", "hypercall/console.c",
     ("switch", ["hypercall_console_io"]), LOGGED, "hypercall_lacking"),
    ("physdev_op", ["physdev_op"], "the machine's devices and interrupts",
     "physdev.h", r"PHYSDEVOP_(?!DBGP)\w+", "irq/physdev.c", ("rows",),
     LOGGED, "hypercall_lacking"),
    ("platform_op", ["platform_op"], "the machine as a whole",
     "platform.h", r"XENPF_[a-z]\w+", "hypercall/platform.c", ("rows",),
     LOGGED, "hypercall_lacking"),
    ("domctl", ["domctl"], "the toolstack's operations on domains",
     "domctl.h", r"XEN_DOMCTL_[a-z]\w+", "domain/domctl.c", ("macro",),
     LOGGED, "hypercall_lacking"),
    ("sysctl", ["sysctl"], "the toolstack's operations on the machine",
     "sysctl.h", r"XEN_SYSCTL_(?!pm_op_|cpu_policy_|cpu_featureset_)[a-z]\w+",
     "domain/sysctl.c", ("macro",), LOGGED, "hypercall_lacking"),
    ("mca", ["mca"], "machine checks: there are none to tell of",
     "mca.h", r"XEN_MC_[a-z]\w+", "hypercall/mca.c",
     ("switch", ["hypercall_mca"]), LOGGED, "hypercall_lacking"),
    ("paravane_op", ["paravane_op"], "what is ours (public/paravane.h)",
     "paravane.h", r"PARAVANE_OP_\w+", "hypercall/version.c",
     ("switch", ["hypercall_paravane_op"]), "`-EOPNOTSUPP`",
     "return -EOPNOTSUPP"),
]


# Called an "op" and only one.
NOT_MANY = ["set_timer_op"]


def common_prefix(names):
    first, last = min(names), max(names)
    n = 0
    while n < min(len(first), len(last)) and first[n] == last[n]:
        n += 1
    return first[:first.rfind("_", 0, n) + 1]


def operations(section, all_numbers):
    _, _, _, _, pattern, name, how, _, answer = section
    source = Source.of(name)
    prefix = common_prefix(all_numbers)
    if how[0] == "rows":
        ops = from_rows(source, prefix)
    elif how[0] == "macro":
        ops = from_macro(source, prefix)
    elif how[0] == "bits":
        ops = {}
        body = source.body(how[1])
        for m in re.finditer(r"(if \(d->privileged\)\s+f \|= )?"
                             r"1u << (XENFEAT_\w+)", body):
            ops[m[2]] = Op("", m[1] is not None)
    else:
        ops = from_switch(source, prefix, how[1])
        if how[0] == "switch+":  # also compared with ==
            for n in re.findall(r"== (%s\w+)\)" % prefix,
                                source.body(how[1][0])):
                ops.setdefault(n, Op(how[1][0]))
    # Those that a default takes; the section's answer proves it.
    for n in how[2] if len(how) > 2 else []:
        ops[n] = Op(how[1][0])
    if not ops:
        die(f"hypervisor/{name}: no operation {prefix}* found")
    # Those that belong to the pattern and have no number: an oversight here.
    for n in ops:
        if n not in all_numbers and re.fullmatch(pattern, n):
            die(f"hypervisor/{name} answers {n}, to which include/public "
                "gives no number")
    if answer not in source.text:
        die(f"hypervisor/{name} has no \"{answer}\": what is the rest "
            "answered with?")
    return {n: o for n, o in ops.items() if n in all_numbers}


def table(lines, head, rows):
    lines.append("| " + " | ".join(head) + " |")
    lines.append("|" + "---|" * len(head))
    for r in rows:
        lines.append("| " + " | ".join(c.replace("|", "\\|") for c in r)
                     + " |")
    lines.append("")


def wrapped(lines, text, width=79):
    at = ""
    for word in text.split():
        if at and len(at) + 1 + len(word) > width:
            lines.append(at)
            at = word
        else:
            at = f"{at} {word}" if at else word
    lines += [at, ""]


def section_lines(lines, section):
    title, _, purpose, header, pattern, name, _, rest, _ = section
    all_numbers = numbers(header, pattern)
    ops = operations(section, all_numbers)
    strip = len(common_prefix(all_numbers))
    whole = re.match(r"\w+", title)[0]
    entry = "hypercall_" + whole
    body = Source.of(name).bodies.get(entry, "")
    for_dom0 = privileged(re.split(r"\t(?:switch|default)\b", body)[0])
    lines.append(f"## {title}")
    lines.append("")
    wrapped(lines, f"{purpose[0].upper()}{purpose[1:]}. "
            f"[`{name}`](../hypervisor/{name})."
            + (" For domain zero only." if for_dom0 else ""))
    refused = [n for n in all_numbers if n not in ops]
    bits = section[6][0] == "bits"
    head = ["", "feature" if bits else "operation", "function", "remark"]
    rows = []
    for n, value in all_numbers.items():
        if n not in ops:
            continue
        o = ops[n]
        remark = [] if for_dom0 or not o.dom0 else ["Domain zero only."]
        text = o.remark
        if text and not text.startswith("args:"):
            remark.append(text)
        rows.append((str(value), f"`{n[strip:]}`",
                     f"`{o.handler}`" if o.handler else "",
                     " ".join(remark)))
    if bits:
        head, rows = head[:2] + head[3:], [r[:2] + r[3:] for r in rows]
    table(lines, head, rows)
    if refused:
        wrapped(lines, ("Not set: " if bits else f"Refused ({rest}): ")
                + ", ".join(f"`{n[strip:]}` {all_numbers[n]}"
                            for n in refused) + ".")
    else:
        wrapped(lines, f"All that have a number. Others: {rest}.")
    return len(ops), len(refused)


def top_level(lines):
    text = Source.of("hypercall/table.c").text
    calls = re.findall(r"^\tCALL\((\w+), (\w+), (\d)(?:, [^)]*)?\),", text, re.M)
    if len(calls) != len(re.findall(r"^\tCALL\(", text, re.M)) or not calls:
        die("hypervisor/hypercall/table.c: a CALL() row is not understood")
    known = numbers("xen.h", r"__HYPERVISOR_(?!VIRT|arch)[a-z]\w+")
    arch = numbers("xen.h", r"__HYPERVISOR_arch_\d")
    for extra in ("paravane.h", "xen.h"):
        for m in re.finditer(r"^#define\s+(__HYPERVISOR_\w+)\s+"
                             r"(__HYPERVISOR_arch_\d)",
                             (PUBLIC / extra).read_text(), re.M):
            known[m[1]] = arch[m[2]]
    where, asked = {}, set()
    for path in sorted(HV.rglob("*.c")):
        text = path.read_text()
        for m in re.finditer(r"^long (hypercall_\w+)\(struct vcpu", text, re.M):
            where[m[1]] = path.relative_to(HV).as_posix()
        asked |= set(re.findall(r'hypercall_lacking\(v, "(\w+)"', text))
    sections = {h for s in SECTIONS for h in s[1]}
    for name in sorted(asked - sections - {"hypercall"}):
        die(f"{name} refuses operations, and SECTIONS has no row for it")
    rows = []
    for name, function, _ in calls:
        number = known.get("__HYPERVISOR_" + name)
        file = where.get("hypercall_" + function)
        if number is None or file is None:
            die(f"hypercall {name}: no number in include/public, or no "
                f"function hypercall_{function}()")
        if name.endswith("_op") and name not in sections \
                and name not in NOT_MANY:
            die(f"hypercall {name} has operations, and SECTIONS has no row "
                "for it")
        remark = Source.of(file).remarks.get("hypercall_" + function, "")
        remark = remark.replace("args: ", "", 1)
        rows.append((number, name, remark, file))
    rows.sort()
    table(lines, ["", "hypercall", "arguments or remark", "answered in"],
          [(str(r[0]), f"`{r[1]}`", r[2], f"[`{r[3]}`](../hypervisor/{r[3]})")
           for r in rows])
    named = {r[1] for r in rows}
    refused = sorted((v, n[len("__HYPERVISOR_"):]) for n, v in known.items()
                     if n[len("__HYPERVISOR_"):] not in named)
    wrapped(lines, f"Refused ({LOGGED}): "
            + ", ".join(f"`{n}` {v}" for v, n in refused)
            + "; and every number without a name.")
    return len(rows), len(refused)


def document():
    lines = []
    body = []
    counts = [("hypercalls", *top_level(body))]
    sections = []
    for s in SECTIONS:
        counts.append((s[0], *section_lines(sections, s)))
    lines.append("# What the hypervisor answers")
    lines.append("")
    lines.append("<!-- Made by docs/gen-hypercalls.py from the sources: "
                 "`make docs`. -->")
    lines.append("")
    wrapped(lines, "Every hypercall and every operation that the public "
            "headers number, and whether we answer it. This page is made "
            "from the hypervisor's own tables, so it cannot promise more "
            "than the code does; `make docs-check` tells if it is out of "
            "date. That an operation is answered does not say that every "
            "combination of its arguments is: the function named has the "
            "last word, and [the limits](architecture.md#limits) tell what "
            "is missing as a whole.")
    wrapped(lines, "The numbers, structures and errors are those of Xen "
            "4.17's 64-bit PV ABI. Remarks are the comments above the "
            "functions.")
    table(lines, ["dispatcher", "answered", "refused"],
          [(c[0], str(c[1]), str(c[2])) for c in counts])
    lines.append("## Hypercalls")
    lines.append("")
    return "\n".join(lines + body + sections).rstrip() + "\n"


def main():
    text = document()
    if sys.argv[1:] == ["--check"]:
        if not OUT.exists() or OUT.read_text() != text:
            print("docs/hypercalls.md is not what the sources say: run "
                  "`make docs` and commit the result")
            return 1
        return 0
    if sys.argv[1:]:
        print("usage: docs/gen-hypercalls.py [--check]", file=sys.stderr)
        return 2
    OUT.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
