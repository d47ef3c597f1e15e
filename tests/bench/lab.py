"""Where contenders are measured: each alone in a network namespace of its own, on one core, its load on another.

A contender is a program that receives from GROUP:PORT on lo. Its figure comes from its own CPU clock."""
import contextlib
import io
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "net"))

from ctl import document  # noqa: E402 - of tests/net, as the next ones
from daemon import Daemon, built, receiver  # noqa: E402
from lan import DEADLINE, Host, Program, eventually  # noqa: E402
from table import Missing  # noqa: E402

GROUP, PORT = "239.1.1.1", 5001
BUFFER = "4M"  # of every contender; floor.c and seed_receiver.py have the same
RECEIVER = object()  # see Contender.load()
PYTHON = "/usr/bin/python3"


class Lost(Exception):
    """Not every datagram was received, so what the others have cost says nothing."""


def receiving(**keys):
    """A section of mcastd's configuration: as fast as it can, to whoever asks."""
    return receiver(**{"MCAST_GROUP": GROUP, "PORT": PORT, "INTERFACE": "lo", "HANDLERS": "ack", "LOG_RATE": "none",
                       "ACK_RATE": "unlimited", "ACK_TOTAL": "unlimited", "RECEIVE_BUFFER": BUFFER} | keys)


@contextlib.contextmanager
def pinned(core):
    """What is started within stays on this core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Contender:
    """A receiver that is ready. `program` is a lan.Program or a daemon.Daemon, in the namespace `host`."""

    def __init__(self, lab, host, program):
        self.lab, self.host, self.program, self.pid = lab, host, program, program.process.pid
        self.sent = 0  # by load(), so far

    def cpu_ns(self):
        """What its process has used so far, as getrusage() would tell, but in nanoseconds."""
        return time.clock_gettime_ns((~self.pid << 3) | 2)

    def status(self, key):
        """A number of /proc/PID/status, such as VmRSS in kB."""
        text = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(rf"^{key}:\s+(\d+)", text, re.M).group(1))

    def drops(self):
        """Of all sockets in the namespace, by the kernel."""
        return sum(int(line.split()[12]) for line in self.host.read("/proc/net/udp").splitlines()[1:])

    def settle(self):
        """Until it has nothing more to do: its clock stands still."""
        seen = [-1]

        def stands():
            seen.append(self.cpu_ns())
            return seen[-1] == seen[-2]
        eventually(stands, "the contender to come to rest")

    def load(self, *arguments):
        """Runs load.c against it; RECEIVER among the arguments stands for its process. Raises Lost if anything was."""
        arguments = [self.pid if argument is RECEIVER else argument for argument in arguments]
        command = [built("tests/bench/bench_load"), *map(str, arguments), GROUP, str(PORT)]
        try:
            with pinned(self.lab.load_core), self.host.entered():
                done = subprocess.run(command, capture_output=True, text=True, timeout=DEADLINE)
        finally:  # a load that did not come to its end may have left it stopped, and so it would never end
            self.program.process.send_signal(signal.SIGCONT)
        if done.returncode != 0:
            raise Lost(done.stderr.strip() or f"the load has ended with {done.returncode}")
        self.sent += int(done.stdout.split()[1])
        self.settle()
        if drops := self.drops():
            raise Lost(f"the kernel has dropped {drops} datagrams")

    def spent_ns(self, count, *arguments):
        """CPU time for so many datagrams of this load."""
        before = self.cpu_ns()
        self.load("-n", count, *arguments)
        return self.cpu_ns() - before

    def sections(self):
        """Of mcastd: what its status says of each section."""
        return document(self.program, self.host, "status")["sections"]

    def received(self):
        """How many datagrams it says to have received; None where it does not tell. floor.c tells it when it ends."""
        if isinstance(self.program, Daemon):
            return sum(section["counters"].get("received", 0) for section in self.sections())
        self.program.process.terminate()
        self.program.process.wait(DEADLINE)
        told = self.program.lines("^received ")
        return int(told[0].split()[1]) if told else None

    def must_have_received_all(self):
        if (received := self.received()) not in (None, self.sent):
            raise Lost(f"{received} of {self.sent} datagrams were received")


class Lab:
    """Starts contenders, one after the other: `with lab.floor("-a") as contender: contender.load(...)`."""

    def __init__(self, idle_seconds=60):
        self.idle_seconds = idle_seconds
        cores = sorted(os.sched_getaffinity(0))
        if len(cores) < 2:
            sys.exit("there is only one core: the load would be in the way of what it loads")
        self.load_core, self.core = cores[0], cores[-1]

    @contextlib.contextmanager
    def host(self):
        """A namespace of its own, in which groups are heard and sent to on lo."""
        host = Host()
        try:
            # Without `src` what goes to a group would come from 0.0.0.0.
            host.ip("route add 224.0.0.0/4 dev lo src 127.0.0.1")
            yield host
        finally:
            host.close()

    @contextlib.contextmanager
    def program(self, *command, ready="^ready$"):
        """Any program: ready when it says so; `ready` may be a function of the host that sees it instead."""
        with self.host() as host:
            with pinned(self.core):
                program = Program(host, *command)
            if callable(ready):
                eventually(lambda: ready(host), f"{command[0]} to be ready")
            else:
                program.wait_for(ready)
            yield Contender(self, host, program)

    def floor(self, *arguments):
        """The bare loop of floor.c; -a: it acknowledges."""
        return self.program(built("tests/bench/bench_floor"), *arguments, GROUP, PORT)

    def python(self, *arguments):
        """The loop of the seed's receiver; -a: it acknowledges."""
        return self.program(PYTHON, HERE / "seed_receiver.py", *arguments, GROUP, PORT)

    def socat(self):
        """Only receives."""
        return self.program("socat", "-u", f"UDP4-RECV:{PORT},ip-add-membership={GROUP}:127.0.0.1,rcvbuf={4 << 20}",
                            "OPEN:/dev/null", ready=lambda host: f":{PORT:04X} " in host.read("/proc/net/udp"))

    @contextlib.contextmanager
    def mcastd(self, config, **how):
        """How: what else Daemon takes."""
        with self.host() as host, tempfile.TemporaryDirectory(prefix="mcastd-") as folder:
            with pinned(self.core):
                daemon = Daemon(host, config, folder, **how)
            try:
                yield Contender(self, host, daemon)
            finally:
                with contextlib.redirect_stdout(io.StringIO()):
                    daemon.end()


def tried(measure):
    """The figure, or why there is none."""
    try:
        return measure()
    except Lost as error:
        return Missing(error)
