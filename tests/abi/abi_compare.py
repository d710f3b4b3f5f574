#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compare our public headers with the published ones, name by name.

What is compared: the value of every object-like macro and every enumeration
constant, the size of every structure, union and type, and the offset and size
of every field down to the leaves. The names come from OUR headers. A name of
ours that the published headers lack is a failure unless OURS says why it is
our own. Fields called _pad* are fillers and are not compared by name; that
nothing shifted is proved by the fields around them and by the size.

How: clang lists the declarations (JSON syntax tree), the preprocessor lists
the macros, then two C programs, one per set of headers, print what the
compiler makes of the common names. At the end the tool proves that it can
fail: it breaks a copy of our headers in four ways and demands that each break
be reported by name.
"""

import argparse
import glob
import json
import os
import re
import shutil
import subprocess
import sys

CC = os.environ.get("CC", "gcc")
CLANG = os.environ.get("CLANG", "clang")

# Names that exist only in our headers, and the reason.
OURS = {
    # Published only inside a hypervisor build, never to guests.
    "XEN_EINTR": "internal to a hypervisor",
    "XEN_ERESTART": "internal to a hypervisor",
    # The published headers have no name for these.
    "MEMOP_EXTENT_SHIFT": "part of the ABI without a published name",
    "MEMOP_CMD_MASK": "part of the ABI without a published name",
    "XEN_E820_RAM": "firmware's number",
    "XEN_E820_RESERVED": "firmware's number",
    "XEN_E820_ACPI": "firmware's number",
    "XEN_E820_NVS": "firmware's number",
    "XEN_E820_UNUSABLE": "firmware's number",
    "struct xen_memory_map_entry": "firmware's layout",
    "XEN_MSR_HYPERCALL_PAGE": "value given by a CPUID leaf",
    "xen_guest_ptr_t": "our type for guest pointers",
    "RING_HEADER_BYTES": "ring.h helper",
}
# Whole families of our own.
OURS_PREFIX = ("PARAVANE_", "__HYPERVISOR_paravane_op", "struct paravane_")

# What stands in a published header's place, where the name differs.
XEN_HEADERS = """
#include <stddef.h>
#include <stdint.h>
#include "xen.h"
#include "arch-x86/cpuid.h"
#include "arch-x86/xen-mca.h"
#include "callback.h"
#include "domctl.h"
#include "elfnote.h"
#include "errno.h"
#include "event_channel.h"
#include "features.h"
#include "grant_table.h"
#include "memory.h"
#include "nmi.h"
#include "physdev.h"
#include "platform.h"
#include "pmu.h"
#include "sched.h"
#include "sysctl.h"
#include "vcpu.h"
#include "version.h"
#include "io/blkif.h"
#include "io/console.h"
#include "io/netif.h"
#include "io/ring.h"
#include "io/xenbus.h"
#include "io/xs_wire.h"
"""

BASELINE = "#include <stddef.h>\n#include <stdint.h>\n"


class Headers:
    """One set of headers and what can be learned about it."""

    def __init__(self, name, text, flags, work):
        self.name = name
        self.text = text
        self.flags = ["-std=gnu11"] + flags
        self.source = os.path.join(work, name + "-names.c")
        self.work = work
        with open(self.source, "w") as out:
            out.write(text)
        self.macros = self._macros()
        self.enums = {}
        self.records = {}
        self.types = set()
        self._declarations()

    def _run(self, argv):
        done = subprocess.run(argv, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        if done.returncode:
            sys.exit("abi_compare: %s\n%s" % (" ".join(argv), done.stderr))
        return done.stdout

    def _defines(self, source):
        out = self._run([CC] + self.flags + ["-dM", "-E", source])
        found = {}
        for line in out.splitlines():
            m = re.match(r"#define (\w+)(\(?)(.*)", line)
            if m and m.group(2) != "(":
                found[m.group(1)] = m.group(3).strip()
        return found

    def _macros(self):
        base = os.path.join(self.work, "baseline.c")
        with open(base, "w") as out:
            out.write(BASELINE)
        known = self._defines(base)
        names = [n for n in self._defines(self.source) if n not in known]
        # Expand each: an empty macro is an include guard, a quoted one text.
        probe = os.path.join(self.work, self.name + "-expand.c")
        with open(probe, "w") as out:
            out.write(self.text)
            for n in names:
                out.write("\n@%s@ %s" % ("".join("%02x" % ord(c) for c in n),
                                         n))
            out.write("\n")
        found = {}
        for line in self._run([CC] + self.flags +
                              ["-E", "-P", probe]).splitlines():
            m = re.match(r"@([0-9a-f]+)@ ?(.*)", line)
            if m:
                name = bytes.fromhex(m.group(1)).decode()
                found[name] = m.group(2).strip()
        return found

    def _declarations(self):
        def tree(source):
            return json.loads(self._run(
                [CLANG] + self.flags +
                ["-fsyntax-only", "-Xclang", "-ast-dump=json", source]))

        base = tree(os.path.join(self.work, "baseline.c"))
        known = {(n.get("kind"), n.get("name")) for n in base["inner"]}
        for node in tree(self.source)["inner"]:
            kind, name = node.get("kind"), node.get("name")
            if kind == "EnumDecl":
                for item in node.get("inner", []):
                    if item.get("kind") == "EnumConstantDecl":
                        self.enums[item["name"]] = None
            if (kind, name) in known:
                continue
            if kind == "RecordDecl":
                self._record(node)
                last = node
            elif kind == "TypedefDecl":
                self.types.add(name)
                if "(unnamed" in node["type"]["qualType"] or \
                   node["type"]["qualType"].endswith(" " + name):
                    self._unnamed_record(name, last, node)

    def _unnamed_record(self, name, record, typedef):
        if record.get("name") is None and record.get("inner"):
            self.records[name] = list(self._fields(record, ""))

    def _record(self, node):
        name = node.get("name")
        if name and node.get("completeDefinition"):
            tag = "%s %s" % (node["tagUsed"], name)
            self.records[tag] = list(self._fields(node, ""))
        # A tagged record inside another is a type of its own, too.
        for inner in node.get("inner", []):
            if inner.get("kind") == "RecordDecl":
                self._record(inner)

    def _fields(self, node, prefix):
        last = None
        for item in node.get("inner", []):
            if item.get("kind") == "RecordDecl":
                last = item
                continue
            if item.get("kind") != "FieldDecl":
                continue
            name = item.get("name")
            qual = item["type"]["qualType"]
            own = last is not None and (
                "(unnamed" in qual or "(anonymous" in qual or
                qual == "%s %s" % (last["tagUsed"], last.get("name")))
            if name is None:
                yield from self._fields(last, prefix)
                continue
            path = prefix + name
            yield path, qual.endswith("[]") or qual.endswith("[0]")
            if own and "[" not in qual:
                yield from self._fields(last, path + ".")

    def is_ours(self, name):
        return name in OURS or name.startswith(OURS_PREFIX)


def filler(path):
    return any(part.startswith("_pad") for part in path.split("."))


def program(text, constants, strings, records, types):
    """A C program that prints one line for each name."""
    out = [text, "#include <stdio.h>", "int main(void)", "{"]
    for n in constants:
        out.append('printf("constant %s %%#llx\\n", '
                   "(unsigned long long)(long long)(%s));" % (n, n))
    for n in strings:
        out.append('printf("string %s %%s\\n", (%s));' % (n, n))
    for n in types:
        out.append('printf("type %s %%zu\\n", sizeof(%s));' % (n, n))
    for tag, fields in records:
        out.append('printf("size %s %%zu\\n", sizeof(%s));'
                   % (tag.replace(" ", "_"), tag))
        for path, flexible in fields:
            last = "[0]" if flexible else ""
            out.append('printf("field %s:%s %%zu+%%zu\\n", '
                       "__builtin_offsetof(%s, %s), sizeof(((%s *)0)->%s%s));"
                       % (tag.replace(" ", "_"), path, tag, path, tag, path,
                          last))
    out.append("return 0;\n}\n")
    return "\n".join(out)


def run_program(headers, body, work):
    source = os.path.join(work, headers.name + "-values.c")
    binary = os.path.join(work, headers.name + "-values")
    with open(source, "w") as out:
        out.write(body)
    done = subprocess.run([CC, "-w"] + headers.flags + ["-o", binary, source],
                          stderr=subprocess.PIPE, text=True)
    if done.returncode:
        sys.exit("abi_compare: %s does not compile:\n%s"
                 % (source, done.stderr[:4000]))
    lines = subprocess.run([binary], stdout=subprocess.PIPE, text=True,
                           check=True).stdout.splitlines()
    values = {}
    for line in lines:
        kind, name, value = line.split(" ", 2)
        values[kind + " " + name] = value
    return values


def compare(ours, xen, work):
    """Return (passed, failures): failures are lines of text."""
    failures = []
    constants, strings, types, records = [], [], [], []
    theirs = dict(xen.macros)
    theirs.update({n: n for n in xen.enums})

    for n, value in sorted(ours.macros.items()):
        if value == "" or re.match(r"^__\w+__$", n):
            continue
        if n not in theirs:
            if not ours.is_ours(n):
                failures.append("constant %s: not in Xen's headers" % n)
        elif value.startswith('"'):
            strings.append(n)
        else:
            constants.append(n)
    for n in sorted(ours.enums):
        if n in theirs:
            constants.append(n)
        elif not ours.is_ours(n):
            failures.append("constant %s: not in Xen's headers" % n)
    for n in sorted(ours.types):
        if n in xen.types or n in xen.macros:
            types.append(n)
        elif not ours.is_ours(n):
            failures.append("type %s: not in Xen's headers" % n)
    for tag, fields in sorted(ours.records.items()):
        if tag not in xen.records:
            if not ours.is_ours(tag):
                failures.append("%s: not in Xen's headers" % tag)
            continue
        known = dict(xen.records[tag])
        common = []
        for path, flexible in fields:
            if filler(path):
                continue
            if path in known:
                common.append((path, flexible))
            else:
                failures.append("field %s:%s: not in Xen's headers"
                                % (tag, path))
        records.append((tag, common))

    args = (constants, strings, records, types)
    a = run_program(ours, program(ours.text, *args), work)
    b = run_program(xen, program(xen.text, *args), work)
    passed = 0
    for name, value in a.items():
        if b.get(name) == value:
            passed += 1
        else:
            failures.append("%s: ours %s, Xen's %s"
                            % (name, value, b.get(name)))
    return passed, failures


def our_headers(root):
    found = glob.glob(os.path.join(root, "public", "**", "*.h"),
                      recursive=True)
    return sorted(os.path.relpath(p, root) for p in found)


def our_text(root):
    return BASELINE + "".join('#include "%s"\n' % h
                              for h in our_headers(root))


def compile_alone(root, flags):
    """Each header by itself: C with two compilers, and the assembler."""
    passed, failures = 0, []
    for header in our_headers(root):
        text = '#include "%s"\n#include "%s"\n' % (header, header)
        c_flags = ["-std=gnu11", "-Wpadded", "-I" + root] + flags
        for argv in ([CC] + c_flags + ["-xc", "-fsyntax-only", "-"],
                     [CLANG] + c_flags + ["-xc", "-fsyntax-only", "-"],
                     [CC, "-I" + root, "-D__ASSEMBLY__",
                      "-xassembler-with-cpp", "-c", "-o", os.devnull, "-"]):
            done = subprocess.run(argv, input=text, stderr=subprocess.PIPE,
                                  text=True)
            if done.returncode:
                failures.append("%s alone with %s: %s"
                                % (header, " ".join(argv[:1] + argv[-3:]),
                                   done.stderr.splitlines()[0]))
            else:
                passed += 1
    return passed, failures


# (file, pattern, replacement, what the report must mention)
MUTATIONS = (
    ("xen.h", r"(#define VIRQ_DEBUG\s+)1\b", r"\g<1>91", "VIRQ_DEBUG"),
    ("xen.h", r"(\s+uint8_t evtchn_upcall_mask;)(\s+uint8_t _pad0\[6\];)",
     r"\2\1", "evtchn_upcall_mask"),
    ("domctl.h", r"(uint8_t pad)\[128\]", r"\1[136]", "struct_xen_domctl"),
    ("io/xs_wire.h", r"(#define XENSTORE_CONNECTED\s+0)",
     r"\1\n#define XENSTORE_NO_SUCH_NAME 7", "XENSTORE_NO_SUCH_NAME"),
)


def self_test(root, xen, work):
    passed, failures = 0, []
    for i, (name, old, new, mention) in enumerate(MUTATIONS):
        copy = os.path.join(work, "mutant%d" % i)
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(os.path.join(root, "public"),
                        os.path.join(copy, "public"))
        path = os.path.join(copy, "public", name)
        with open(path) as f:
            text = f.read()
        text, count = re.subn(old, new, text, count=1)
        if not count:
            failures.append("self-test %d: %s no longer holds '%s'"
                            % (i, name, old))
            continue
        with open(path, "w") as f:
            f.write(text)
        # Without the asserts, or the compiler would catch it before us.
        mutant = Headers("mutant%d" % i, our_text(copy),
                         ["-I" + copy, "-D_Static_assert(a,b)=struct "
                          "abi_ignore"], work)
        _, seen = compare(mutant, xen, work)
        if any(mention in line for line in seen):
            passed += 1
        else:
            failures.append("self-test %d: the change of %s in %s went "
                            "unnoticed" % (i, mention, name))
    return passed, failures


def run_checks(binary):
    """A program that prints 'ok NAME' or 'FAIL NAME' for each check."""
    done = subprocess.run([binary], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)
    lines = done.stdout.splitlines()
    passed = sum(line.startswith("ok ") for line in lines)
    failures = [line for line in lines if line.startswith("FAIL ")]
    if done.returncode and not failures:
        failures.append("%s: exit code %d: %s" % (binary, done.returncode,
                                                  done.stderr[:400]))
    if passed == 0:
        failures.append("%s: no check ran" % binary)
    return passed, failures


def main():
    args = argparse.ArgumentParser()
    args.add_argument("--ours", default="include")
    args.add_argument("--xen", default="/usr/include/xen")
    args.add_argument("--work", required=True)
    args.add_argument("--flags", default="")
    args.add_argument("--program", action="append", default=[])
    opt = args.parse_args()
    if not os.path.exists(os.path.join(opt.xen, "xen.h")):
        sys.exit("abi_compare: no %s/xen.h; install libxen-dev or set "
                 "XEN_INCLUDE" % opt.xen)
    os.makedirs(opt.work, exist_ok=True)

    ours = Headers("ours", our_text(opt.ours), ["-I" + opt.ours], opt.work)
    xen = Headers("xen", XEN_HEADERS,
                  ["-iquote", opt.xen, "-D__XEN_TOOLS__"], opt.work)
    results = [
        compile_alone(opt.ours, opt.flags.split()),
        compare(ours, xen, opt.work),
        self_test(opt.ours, xen, opt.work),
    ] + [run_checks(p) for p in opt.program]
    passed = sum(r[0] for r in results)
    failures = [line for r in results for line in r[1]]
    for line in failures:
        print("FAILED %s" % line)
    print("%d passed, %d failed" % (passed, len(failures)))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
