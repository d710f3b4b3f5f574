#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# colours.py GUEST: colours and progress bars are for terminals that have and
# want them. Each command runs on a pseudo-terminal and on a pipe, in
# environments that allow escape sequences and in some that do not. GUEST runs
# and answers to mem-set.
import os
import pty
import subprocess
import sys

PATH = {"PATH": "/usr/sbin:/usr/bin"}
ALLOWED = [{**PATH, "TERM": "xterm"},
           {**PATH, "TERM": "linux", "NO_COLOR": ""}]
REFUSED = [PATH, {**PATH, "TERM": "dumb"},
           {**PATH, "TERM": "xterm", "NO_COLOR": "1"}]


def on_terminal(command, environment):
    master, slave = pty.openpty()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=slave,
                          stderr=slave, env=environment):
        os.close(slave)
        output = b""
        while True:
            try:
                output += os.read(master, 65536)
            except OSError:     # EIO: nobody has the other end any more
                break
    os.close(master)
    return output.replace(b"\r\n", b"\n")


def on_pipe(command, environment):
    return subprocess.run(command, stdin=subprocess.DEVNULL, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=environment).stdout


def is_plain(output):
    return output and b"\033" not in output and b"\r" not in output


def check(*command, bar=False):
    for environment in ALLOWED:
        output = on_terminal(command, environment)
        assert b"\033[" in output, (command, environment, output)
        assert not bar or b"\r" in output, (command, environment, output)
    for environment in REFUSED:
        output = on_terminal(command, environment)
        assert is_plain(output), (command, environment, output)
    output = on_pipe(command, ALLOWED[0])
    assert is_plain(output), (command, output)
    print("colours: %s" % " ".join(command))


def main():
    guest = sys.argv[1]
    verbs = on_pipe(["vane", "help", "-n"], PATH).decode().split()
    assert len(verbs) > 25, verbs
    for verb in set(verbs) - {"store", "unpack-kernel"}:
        check("vane", verb, "--frobnicate")
    check("vane", "store", "ls", "/frobnicate")
    check("vane", "unpack-kernel", "/frobnicate", "/frobnicate")
    check("vane", "frobnicate")
    check("vane", "re")
    check("vane", "help", "frobnicate")
    check("vane", "list", "frobnicate")
    check("xl", "list", "-z")
    check("vane", "help")
    check("vane", "mem-set", guest, "120", bar=True)
    check("vane", "dump-core", guest, "/tmp/colours.core", bar=True)
    os.remove("/tmp/colours.core")
    print("colours: done")


main()
