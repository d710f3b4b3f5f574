#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# Ganeti's own hypervisor module for Xen PV guests, driven through the life of
# one instance: it writes the configuration, runs `xl`, and parses what that
# prints. Nothing of it is replaced; an assertion that fails ends this with a
# traceback and status 1.
import os
import sys
import time

sys.path.insert(0, "/usr/share/ganeti/3.0")

from ganeti import constants, errors, objects  # noqa: E402
from ganeti.hypervisor import hv_base, hv_xen  # noqa: E402

NAME = "gnt.example.org"
RUNNING = hv_base.HvInstanceState.RUNNING


def make_instance():
    hvparams = dict(constants.HVC_DEFAULTS[constants.HT_XEN_PVM])
    hvparams.update({
        constants.HV_XEN_CMD: constants.XEN_CMD_XL,
        constants.HV_KERNEL_PATH: "/data/boot/vmlinux",
        constants.HV_INITRD_PATH: "/data/boot/guest-initrd.img",
        constants.HV_ROOT_PATH: "",
        constants.HV_KERNEL_ARGS: "console=hvc0",
        constants.HV_VIF_SCRIPT: "",
        constants.HV_BLOCKDEV_PREFIX: "xvd",
    })
    nic = objects.NIC(mac="aa:00:00:12:34:56", ip=None, netinfo=None, name=None,
                      uuid="3b2b2b2b-0000-4000-8000-000000000001",
                      nicparams={constants.NIC_MODE: constants.NIC_MODE_BRIDGED,
                                 constants.NIC_LINK: "xenbr0",
                                 constants.NIC_VLAN: ""})
    return objects.Instance(
        name=NAME, hypervisor=constants.HT_XEN_PVM, hvparams=hvparams,
        beparams={constants.BE_MINMEM: 128, constants.BE_MAXMEM: 128,
                  constants.BE_VCPUS: 1},
        nics=[nic], disks=[], osparams={}, tags=set())


def make_disk():
    disk = objects.Disk(dev_type=constants.DT_FILE, mode=constants.DISK_RDWR,
                        logical_id=(constants.FD_LOOP, "/run/gnt.img"), size=8)
    with open("/run/gnt.img", "wb") as f:
        f.truncate(8 << 20)
    return (disk, "/run/gnt.img", None)


def wait_for(what, condition, seconds):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "no %s in %d s" % (what, seconds)
        time.sleep(0.5)


def ready_count():
    try:
        with open("/peers-log/%s.log" % NAME, "rb") as f:
            return f.read().count(b"guest: ready")
    except FileNotFoundError:
        return 0


def main():
    scale = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    # What the package's own service would have made.
    for path in ("/var/run/ganeti", "/var/log/ganeti/xen"):
        os.makedirs(path, exist_ok=True)
    os.makedirs("/etc/xen", exist_ok=True)
    hv = hv_xen.XenPvmHypervisor(_cfgdir="/etc/xen")
    instance = make_instance()
    params = instance.hvparams

    hv._CheckToolstack(constants.XEN_CMD_XL)
    assert hv._CheckToolstackXlConfigured()
    assert hv.ListInstances(hvparams=params) == []
    assert hv.GetInstanceInfo(NAME, hvparams=params) is None

    node = hv.GetNodeInfo(hvparams=params)
    print("node:", node)
    assert node["memory_total"] > 1000 and node["cpu_total"] == 1
    assert 0 < node["memory_free"] < node["memory_total"]
    assert node["memory_dom0"] > 0 and node["cpu_dom0"] == 1
    assert node["hv_version"] == [4, 17] or node["hv_version"] == (4, 17)

    hv.StartInstance(instance, [make_disk()], True)
    info = hv.GetInstanceInfo(NAME, hvparams=params)
    print("started:", info)
    assert info[0] == NAME and info[2] == 128 and info[3] == 1
    assert info[4] == RUNNING and isinstance(info[5], float)
    assert hv.ListInstances(hvparams=params) == [NAME]
    # Started paused, as Ganeti's console wrapper expects to find it.
    first = hv._run_cmd_fn(["sh", "-c", "xl list %s | tail -n1" % NAME])
    assert first.stdout.split()[4][2] == "p", first.stdout
    assert not hv._run_cmd_fn(["xl", "unpause", NAME]).failed
    wait_for("prompt", lambda: ready_count() == 1, 120 * scale)

    try:
        hv.StartInstance(make_instance(), [], False)
        raise AssertionError("started twice")
    except errors.HypervisorError as err:
        print("refused:", str(err)[:160])

    domid = hv_xen._InstanceDomID(info)
    hv.REBOOT_RETRY_INTERVAL = 2 * scale
    hv.RebootInstance(instance)
    wait_for("second prompt", lambda: ready_count() == 2, 120 * scale)
    info = hv.GetAllInstancesInfo(hvparams=params)
    print("rebooted:", info)
    assert len(info) == 1 and info[0][0] == NAME and info[0][1] > domid

    result = hv._RenameInstance(NAME, NAME + "--migratedaway", params)
    assert not result.failed, result.output
    assert hv.ListInstances(hvparams=params) == [NAME + "--migratedaway"]
    hv._RenameInstance(NAME + "--migratedaway", NAME, params)

    help_text = hv._run_cmd_fn(["xl", "help"]).stdout
    if "mem-set" in help_text:
        hv._WriteConfigFile(NAME, "memory = 128\n")
        hv.BalloonInstanceMemory(instance, 100)
        wait_for("memory", lambda: hv.GetInstanceInfo(
            NAME, hvparams=params)[2] <= 101, 60 * scale)

    hv.StopInstance(instance)
    assert hv.GetInstanceInfo(NAME, hvparams=params) is None
    try:
        hv.StopInstance(instance)
        raise AssertionError("stopped twice")
    except errors.HypervisorError as err:
        print("refused:", err)
    print("ganeti: done")


main()
