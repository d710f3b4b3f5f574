#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# core.py OURS THEIRS KERNEL: two cores of one paused guest, ours and that of
# Debian's xl. Every section of theirs is in ours, byte for byte. readelf has
# nothing to complain of, and gdb sees the registers and, at the address where
# the kernel's file has it, the kernel's banner.
import mmap
import re
import struct
import subprocess
import sys


def sections(path):
    """Views of the mapped file, by name: it may be larger than memory."""
    with open(path, "rb") as f:
        data = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
    offset, = struct.unpack_from("<Q", data, 40)
    count, names = struct.unpack_from("<HH", data, 60)
    headers = [struct.unpack_from("<IIQQQQIIQQ", data, offset + 64 * i)
               for i in range(count)]
    at = headers[names][4]
    return {data[at + h[0]:data.find(b"\0", at + h[0])].decode():
            memoryview(data)[h[4]:h[4] + h[5]] for h in headers}


def banner(path):
    """Address and text of the banner, by the kernel's program headers."""
    with open(path, "rb") as f:
        data = f.read()
    found = data.index(b"Linux version ")
    text = data[found:data.index(b"\n", found)].decode()
    offset, = struct.unpack_from("<Q", data, 32)
    count, = struct.unpack_from("<H", data, 56)
    for i in range(count):
        kind, _, at, address, _, size = struct.unpack_from(
            "<IIQQQQ", data, offset + 56 * i)
        if kind == 1 and at <= found < at + size:
            return address + found - at, text
    raise AssertionError("the banner is in no segment")


def run(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT).stdout.decode()


def main():
    ours, theirs, kernel = sys.argv[1:4]
    a, b = sections(ours), sections(theirs)
    for name, content in b.items():
        assert a[name] == content, "section %s differs" % name
        print("core: section %s: %d bytes, the same" % (name, len(content)))

    text = run("readelf", "-a", "-W", ours)
    bad = [line for line in text.splitlines()
           if re.search("warning|error", line, re.I)]
    assert not bad, bad
    loads = text.count(" LOAD ")
    assert loads > 2, text[:2000]
    print("core: readelf: clean, %d segments" % loads)

    address, words = banner(kernel)
    rip, = struct.unpack_from("<Q", a[".xen_prstatus"], 512 + 8 + 16 * 8)
    text = run("gdb", "-batch", "-nx", "-c", ours, "-ex", "set width 0",
               "-ex", "info threads", "-ex", "print/x $pc", "-ex", "x/2i $pc",
               "-ex", "x/4gx $rsp", "-ex", "x/s %#x" % address)
    print(text)
    assert "Cannot access" not in text
    assert "$1 = %#x" % rip in text
    assert words.split(" (")[0] in text, words
    print("core: done")


main()
