"""What happens to the interfaces of a host, and what a daemon there makes of it."""
import contextlib
import itertools
import os
import re
import signal
import socket
import time

from background import Background
from daemon import receiver
from figures import report
from lan import eventually

# A section that is last in the configuration and waits for an interface of no other use: see ring().
BELL = receiver("MCSERVER.bell", MCAST_GROUP="239.9.9.9", INTERFACE="bell")

port_indices = itertools.count(2000)


def ring(host, daemon):
    """The daemon has looked at all interfaces as they are by now."""
    rung = len(daemon.lines("^joined 239.9.9.9:5001 on bell$"))
    host.ip("link add bell type bridge", "link set bell multicast off up")
    daemon.wait_for("^joined 239.9.9.9:5001 on bell$", rung + 1)
    waited = len(daemon.lines("239.9.9.9:5001: there is no interface bell$"))
    host.ip("link del bell")
    daemon.wait_for("239.9.9.9:5001: there is no interface bell$", waited + 1)


def make_interface(lan, host, device="eth0", index=None):
    """A new one, on that lan. It is up, and has no IPv4 address."""
    port = f"port-{device}"
    if index:
        host.ip(f"link add {device} index {index} type veth peer name {port} netns {lan.path}")
    else:
        # Were the indices of both ends the same, the kernel would take a second to tell of the carrier.
        lan.ip(f"link add {port} index {next(port_indices)} type veth peer name {device} netns {host.path}")
    lan.ip(f"link set {port} up master br0")
    host.ip(f"link set {device} up")


def index_of(host, device):
    with host.entered():
        return socket.if_nametoindex(device)


@contextlib.contextmanager
def held(daemon):
    """The daemon stands still, and sees what happened when all is over."""
    daemon.process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, daemon.process.pid, os.WSTOPPED)
    yield
    daemon.process.send_signal(signal.SIGCONT)


def joins(family, device):
    """What a daemon says of a device that came up under its eyes: the kernel tells of the carrier a little later."""
    return f"^joined {re.escape(family.endpoint)} on {device}(, which has no carrier)?$"


def sockets(daemon):
    folder = f"/proc/{daemon.process.pid}/fd"
    return {link for fd in os.listdir(folder) if (link := os.readlink(f"{folder}/{fd}")).startswith("socket:")}


def assert_hears(daemon, family, host, section="mcserver", device="eth0"):
    """What is sent from that device of the host reaches the section."""
    before = daemon.counters(section)["received"]

    def heard():
        family.send(b"do you hear me?", host, device)
        return daemon.counters(section)["received"] > before
    eventually(heard, f"{section} to hear")


class Rounds(Background):
    """A receiver, and a sender that never pauses: for how long nothing is heard when something has happened.
    In the end the receiver must have as many descriptors and as much memory as before, have counted all that
    it heard, and be a member once.

    The sender says the same to another group, for a witness that joins at once: after a change the kernel
    itself may need up to a second until anything passes."""

    PAUSE = 0.005
    WARM = 5
    SLACK = 256  # kB

    def __init__(self, family, here, there, mcastd):
        super().__init__(self._send)
        family.settle(there)
        self.family, self.here, self._read = family, here, 0
        self.gaps, self.gaps_of_witness, self.missed = [], [], []
        self.daemon = mcastd(here, receiver(MCAST_GROUP=family.group, LOG_RATE="unlimited"))
        self._sock, self._sent = family.sender(there), []

    def _send(self):
        number = b"%d" % len(self._sent)
        self._sent.append(time.monotonic())
        for group in self.family.group, self.family.other_group:
            self._sock.sendto(number, (group, 5001))
        time.sleep(self.PAUSE)

    def __enter__(self):
        super().__enter__()
        with contextlib.ExitStack() as stack:
            stack.push(self)
            self._wait_until_heard(0)
            stack.pop_all()
        return self

    def __exit__(self, *raised):
        with self._sock:
            super().__exit__(*raised)

    def wait_for_waiting(self, why):
        self.daemon.wait_for(f"^waiting to hear {re.escape(self.family.endpoint)}: {why}$", len(self.gaps) + 1)

    def measure(self):
        """What happened is over: from now on the promise counts."""
        now, first = time.monotonic(), len(self._sent)
        with self.family.member(self.here, group=self.family.other_group) as witness:
            while (possible := int(witness.recv(64))) < first:
                pass
        heard = self._wait_until_heard(first)
        self.gaps.append(self._sent[heard] - now)
        self.gaps_of_witness.append(self._sent[possible] - now)
        self.missed.append(heard - possible)
        if len(self.gaps) == self.WARM:
            self._descriptors, self._memory = descriptors(self.daemon), memory(self.daemon)

    def _wait_until_heard(self, first):
        """The number of the first datagram that was heard, of those with this number or a higher one."""
        def find():
            numbers = map(int, re.findall(r"^received .*: (\d+)$", self.daemon.output()[self._read:], re.M))
            return [number for number in numbers if number >= first]
        heard = eventually(find, f"datagram {first} or a later one to be heard")[0]
        self._read = len(self.daemon.output())
        return heard

    def judge(self, what, promise):
        """It was heard again within the promised time after each round, and nothing was left behind."""
        longest, of_witness = (f"{max(gaps) * 1000:.0f} ms" for gaps in (self.gaps, self.gaps_of_witness))
        report(f"{len(self.gaps)} times {what}, {self.family}: heard again after at most {longest}; "
               f"a program that joins at once: {of_witness}")
        # By the sender's count, because a machine that stands still holds up the sender as well.
        assert max(self.missed) * self.PAUSE <= promise
        assert descriptors(self.daemon) == self._descriptors
        assert memory(self.daemon) <= self._memory + self.SLACK
        assert self.family.joined(self.here) == 1
        assert len(self.daemon.lines("^joined")) == len(self.gaps) + 1
        heard = len(self.daemon.lines("^received"))
        assert self.daemon.counters("mcserver")["received"] == heard


def descriptors(daemon):
    return len(os.listdir(f"/proc/{daemon.process.pid}/fd"))


def memory(daemon):
    """What is resident, in kB. Under a sanitizer it means nothing: always 0."""
    with open(f"/proc/{daemon.process.pid}/maps") as file:
        if "libasan" in file.read():
            return 0
    with open(f"/proc/{daemon.process.pid}/status") as file:
        return int(re.search(r"VmRSS:\s*(\d+) kB", file.read())[1])
