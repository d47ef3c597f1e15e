"""A booted container: systemd as process 1 of a root folder, in the network namespace of a host on a lan.

Knows nothing of mcastd.
"""
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

DEADLINE = 30
CLEAN_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                     "DEBIAN_FRONTEND": "noninteractive"}


def eventually(condition, what):
    """The first true value of condition(), which is asked again and again until the deadline."""
    end = time.monotonic() + DEADLINE
    while not (value := condition()):
        assert time.monotonic() < end, f"waited {DEADLINE} s for {what}"
        time.sleep(0.05)
    return value


class Container:
    def __init__(self, root, host):
        self.name = f"mcastd-test-{os.getpid()}"
        self.host = host
        self._root = root
        self._console = tempfile.TemporaryFile()
        self._cgroups = _cgroups_below_ours(self.name)
        self._outermost = None
        self._init = None

    def boot(self):
        """Returns when systemd says that it has booted: all jobs of the default target are done."""
        for cgroup in self._cgroups:
            cgroup.mkdir(exist_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notifications:
            notifications.bind(f"\0{self.name}")
            notifications.settimeout(0.2)
            self._start()
            while "READY=1" not in self._next_notification(notifications):
                pass
        self._init = _only_child(_only_child(self._outermost.pid))

    def run(self, *command, check=True):
        """Runs a command inside and waits for it; what it printed is in .stdout, errors included."""
        command = list(map(str, command))
        result = subprocess.run(["nsenter", "--target", str(self._init), "--all", *command], text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                env=CLEAN_ENVIRONMENT, timeout=DEADLINE)
        assert not check or result.returncode == 0, f"{' '.join(command)} failed:\n{result.stdout}"
        return result

    def output(self, *command):
        return self.run(*command).stdout.strip()

    def path(self, absolute):
        """A file of the container, /proc, /run and /tmp included, as this process can open it."""
        return pathlib.Path(f"/proc/{self._init}/root{absolute}")

    def close(self):
        """Nothing inside is worth an orderly shutdown: process 1, when killed, takes everything with it."""
        if self._init:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._init, signal.SIGKILL)
        elif self._outermost:
            self._outermost.kill()
        if self._outermost:
            self._outermost.wait()
        for cgroup in self._cgroups:
            _remove_cgroup(cgroup)
        # nspawn refuses to remove this folder of its own where /run is not a tmpfs.
        shutil.rmtree(f"/run/systemd/nspawn/propagate/{self.name}", ignore_errors=True)

    def _start(self):
        # setpriv, unshare: should the suite be killed, unshare dies with it, and with unshare the process
        # namespace that has nspawn and the container in it. (nspawn's own death would leave the container.)
        # --volatile=overlay: the root is only read; what the container writes goes to a tmpfs over it.
        # --register=no, --keep-unit: no systemd need run on this side.
        # --capability: without it nspawn refuses every mlock(), as no machine does.
        # --network-namespace-path: counts as a private network, so the container gets CAP_NET_ADMIN and its
        # own /sys. The switches after it keep what is particular to this machine out of the container.
        command = ["setpriv", "--pdeathsig=KILL",
                   "unshare", "--pid", "--mount-proc", "--fork", "--kill-child",
                   "systemd-nspawn", f"--directory={self._root}", f"--machine={self.name}",
                   "--volatile=overlay", "--register=no", "--keep-unit", "--capability=CAP_IPC_LOCK",
                   f"--network-namespace-path=/proc/self/fd/{self.host.fd}",
                   "--link-journal=no", "--resolv-conf=off", "--timezone=off",
                   "--notify-ready=yes", "--console=read-only", "--boot"]
        # A session of its own: Ctrl-C is for the suite, which then ends the container.
        self._outermost = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._console,
                                           stderr=subprocess.STDOUT, start_new_session=True,
                                           env={**CLEAN_ENVIRONMENT, "NOTIFY_SOCKET": f"@{self.name}"},
                                           preexec_fn=self._enter_cgroups, pass_fds=[self.host.fd])

    def _enter_cgroups(self):
        for cgroup in self._cgroups:
            (cgroup / "cgroup.procs").write_text("0")

    def _next_notification(self, notifications):
        end = time.monotonic() + DEADLINE
        while self._outermost.poll() is None and time.monotonic() < end:
            with contextlib.suppress(TimeoutError):
                return notifications.recv(4096).decode()
        self._console.seek(0)
        raise RuntimeError(f"the container did not boot:\n{self._console.read().decode(errors='replace')}")


def _only_child(pid):
    child, = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


def _cgroups_below_ours(name):
    """A cgroup for this container alone, in each hierarchy that systemd keeps its units in.

    nspawn --keep-unit puts its payload into the cgroup that it is started in; two containers that shared one
    would take each other's processes for their own.
    """
    mounts = [line.split() for line in pathlib.Path("/proc/self/mountinfo").read_text().splitlines()]
    hierarchies = {}
    for mount in mounts:
        kind, _, options = mount[mount.index("-") + 1:]
        if kind == "cgroup2":
            hierarchies[""] = mount[4]
        elif kind == "cgroup" and "name=systemd" in options.split(","):
            hierarchies["name=systemd"] = mount[4]
    cgroups = []
    for line in pathlib.Path("/proc/self/cgroup").read_text().splitlines():
        _, controllers, ours = line.split(":", 2)
        if controllers in hierarchies:
            cgroups.append(pathlib.Path(hierarchies[controllers] + ours) / name)
    return cgroups


def _remove_cgroup(cgroup):
    """From the leaves up; a cgroup is busy until the last of its processes has been reaped."""
    def is_gone():
        for folder, _, _ in os.walk(cgroup, topdown=False):
            with contextlib.suppress(OSError):
                os.rmdir(folder)
        return not cgroup.exists()
    eventually(is_gone, f"{cgroup} to be empty")
