"""Three daemons under a load of everything for a long time: is there anything that grows, and is anything unaccounted for?

Run by scripts/soak. Everything happens in namespaces of its own."""
import itertools
import os
import pathlib
import random
import runpy
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from typing import NamedTuple

import web
from control import Client
from daemon import Daemon, built, emitter, receiver
from flood import Flood, strangers
from interfaces import descriptors, memory
from lan import DEADLINE, Lan, drain

SAMPLE_SECONDS = 10
SLOPE_MAX = 100  # kB an hour
JUDGED_FROM = 600  # seconds
COUNTED, PLAIN = ("239.1.1.1", 5001), ("239.1.1.2", 5001)
SIGNED = "239.1.1.3"
# Addresses of those who come and go. The kernel has room for a thousand neighbours, of all its namespaces together.
VISITORS = range(100, 140)
# Of all processors together, that is left to others.
IDLE_MIN = 0.5
# How much slower the load may get for that.
PAUSE_MAX = 5
FREE = {"LOG_RATE": "10/s", "ACK_RATE": "unlimited", "ACK_TOTAL": "unlimited"}


# --- the daemons ---

def can_sign():
    return "AUTH" in subprocess.run([built("mcastd"), "--options"], capture_output=True, text=True).stdout


def signed(keys):
    """Sections that hear each other's signed messages, where there are any."""
    if not keys:
        return f"[DAEMON]\nHTTP = 127.0.0.1:{web.PORT}\n"
    return "".join([
        receiver("MCSERVER.signed", MCAST_GROUP=SIGNED, HANDLERS="log, ack", AUTH="enforce", **FREE),
        emitter("MCCLIENT.signed", MCAST_GROUP=SIGNED, MESSAGE="ATU {utc} node={node} seq={seq} boot={boot}", INTERVAL="100ms",
                KEY="1", AUTH="permissive"),
        f"[DAEMON]\nHTTP = 127.0.0.1:{web.PORT}\nKEYS = {keys}\n"])


def configuration(turn, keys):
    """In each turn some sections are changed, some way or another; as many sockets are open in each."""
    return "".join([
        receiver("MCSERVER.counted", MCAST_GROUP=COUNTED[0], HANDLERS="log, ack", RECEIVE_BUFFER="1M", **FREE),
        receiver("MCSERVER.plain", MCAST_GROUP=PLAIN[0], HANDLERS=("log, ack", "ack, log")[turn % 2], ACK_SPREAD="20ms",
                 DEAD_AFTER="5s", PEERS=("200", "300")[turn % 2]),
        receiver("MCSERVER.six", MCAST_GROUP="ff15::4d:1", PORT=5001 + turn % 2, HANDLERS="log, ack"),
        receiver(f"MCSERVER.{'one' if turn % 2 else 'other'}", MCAST_GROUP="239.1.1.4", SOURCES="10.0.0.1, 10.0.0.2",
                 EXPECT_EVERY="3s"),
        emitter("MCCLIENT.plain", MCAST_GROUP=PLAIN[0], MESSAGE="ATU {utc} seq={seq} boot={boot}",
                INTERVAL=("100ms", "200ms")[turn % 2]),
        signed(keys)])


def make_keys(folder):
    path = pathlib.Path(folder) / "keys"
    path.write_text("".join(f"{number} {random.randbytes(32).hex()}\n" for number in (1, 2)))
    path.chmod(0o400)
    return path


# --- the load ---

class Load:
    """Each kind in a thread of its own. None is faster than the machine can bear: `pause` grows when too little is idle."""

    def __init__(self, lan, daemons, keys):
        self.lan, self.daemons, self.keys = lan, daemons, keys
        self.sender, self.flooder = lan.host(), lan.host()
        self.sent, self.pause, self.failed = 0, 1.0, []
        self.quiet = threading.Lock()  # held by whoever is connected to a daemon, or must not see such a connection
        self._over = threading.Event()
        self.sender.ip(*(f"address add 10.0.0.{number}/24 dev eth0" for number in VISITORS))
        kinds = self.numbered, self.come_and_go, self.malformed, self.flood, self.flap, self.reload, self.control, self.http
        self._threads = [threading.Thread(target=self._run, args=[kind], daemon=True) for kind in kinds]

    def _run(self, kind):
        try:
            for seconds in kind():
                if self._over.wait(seconds * self.pause):
                    return
        except Exception as error:  # it is told in the end, and the others go on
            self.failed.append(f"{kind.__name__}: {error!r}")

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        for thread in self._threads:
            thread.join(DEADLINE)

    def numbered(self):
        """What is counted: nobody else sends there, and who hears it loses no link."""
        sock = self.sender.udp(self.sender.address)
        while True:
            for _ in range(5):
                sock.sendto(b"number %d" % self.sent, COUNTED)
                self.sent += 1
            drain(sock)
            yield 0.02

    def come_and_go(self):
        """Senders that live for a moment, from ever other addresses."""
        for number in itertools.cycle(VISITORS):
            with self.sender.udp(f"10.0.0.{number}") as sock:
                for seq in range(random.randrange(1, 5)):
                    sock.sendto(b"ATU seq=%d boot=%016x" % (seq, random.getrandbits(64)), PLAIN)
            yield 0.02

    def malformed(self):
        sock = self.sender.udp(self.sender.address)
        while True:
            tail, too_long = b"\0MCA" + random.randbytes(40), bytes(random.choice([9217, 30000]))
            for payload in b"", random.randbytes(random.randrange(1, 9000)), too_long, b"ATU" + tail, tail:
                for group in PLAIN[0], SIGNED:
                    sock.sendto(payload, (group, 5001))
            yield 0.2

    def flood(self):
        """Five thousand at once, of sources that do not exist."""
        with Flood(self.flooder, self.daemons[0].host, group=PLAIN[0]) as flood:
            while True:
                for _ in range(50):
                    flood.send(strangers(100))
                    yield 0.01
                yield 10

    def flap(self):
        host = self.daemons[1].host
        while True:
            host.ip("link set eth0 down")
            yield 0.5
            host.ip("link set eth0 up", "route replace 224.0.0.0/4 dev eth0")
            yield 15

    def reload(self):
        for turn in itertools.count(1):
            for daemon in self.daemons:
                daemon.configure(configuration(turn, self.keys))
                daemon.process.send_signal(signal.SIGHUP)
                yield 2

    def control(self):
        requests = itertools.cycle([("status", {}), ("peers", {}), ("watch", {"level": "info"}), ("nonsense", {}),
                                    ("send", {"section": "mcclient.plain", "text": "now"}), ("forget", {"peer": "10.0.0.100"})])
        for daemon, (verb, members) in zip(itertools.cycle(self.daemons), requests):
            with self.quiet, Client(daemon) as client:
                client.ask(verb, **members)
            yield 0.1

    def http(self):
        """Every third one goes away without an answer."""
        paths = itertools.cycle(["/metrics", "/status.json", None, "/", "/healthz", None])
        for daemon, path in zip(itertools.cycle(self.daemons), paths):
            with self.quiet:
                if path:
                    web.ask(daemon.host, path)
                else:
                    web.connected(daemon.host).close()
            yield 0.2


# --- what is looked at ---

class Sample(NamedTuple):
    seconds: float
    resident: int     # kB
    descriptors: int
    cpu: float        # seconds so far


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def sample(daemon, load, seconds):
    """Descriptors: the least of a moment in which nobody is connected; of those who are gone, it may learn yet."""
    with load.quiet:
        counts = []
        for _ in range(10):
            counts.append(descriptors(daemon))
            time.sleep(0.02)
    return Sample(seconds, memory(daemon), min(counts), cpu_seconds(daemon.process.pid))


def idle_jiffies():
    return int(pathlib.Path("/proc/stat").read_text().split()[4])


def slope(samples):
    """Of resident memory, by least squares: kB an hour, and its standard error."""
    n = len(samples)
    if n < 3:
        return 0.0, float("inf")
    x, y = [s.seconds / 3600 for s in samples], [s.resident for s in samples]
    mean_x, mean_y = sum(x) / n, sum(y) / n
    spread = sum((a - mean_x) ** 2 for a in x)
    rise = sum((a - mean_x) * (b - mean_y) for a, b in zip(x, y)) / spread
    rest = sum((b - mean_y - rise * (a - mean_x)) ** 2 for a, b in zip(x, y))
    return rise, (rest / (n - 2) / spread) ** 0.5


def watch(daemons, load, seconds):
    """The samples of each daemon, until the time is over or one of them has ended."""
    began, samples = time.monotonic(), [[] for _ in daemons]
    while (now := time.monotonic() - began) < seconds and all(d.process.poll() is None for d in daemons):
        idle, since = idle_jiffies(), time.monotonic()
        for daemon, of_this in zip(daemons, samples):
            of_this.append(sample(daemon, load, now))
        time.sleep(max(0, SAMPLE_SECONDS - (time.monotonic() - since)))
        free = (idle_jiffies() - idle) / os.sysconf("SC_CLK_TCK") / (time.monotonic() - since)
        load.pause = min(PAUSE_MAX, load.pause * 1.5) if free < IDLE_MIN else max(1, load.pause * 0.9)
        if len(samples[0]) % 6 == 0:
            print(f"{now / 60:5.1f} min: resident {[s[-1].resident for s in samples]} kB, descriptors "
                  f"{[s[-1].descriptors for s in samples]}, sent {load.sent}, idle {free:.2f} processors", flush=True)
    return samples


# --- the verdict ---

class Verdict:
    def __init__(self):
        self.good = True

    def say(self, good, text):
        self.good &= good
        print(f"{'good' if good else 'BAD '}  {text}")


def judge(verdict, name, samples):
    (all_rise, all_error), (rise, error) = slope(samples), slope(samples[len(samples) // 2:])
    # Before that, tables are still filled for the first time.
    long_enough = samples[-1].seconds >= JUDGED_FROM
    verdict.say(rise - 2 * error <= SLOPE_MAX or not long_enough,
                f"{name}: resident {samples[0].resident} kB at first, {samples[-1].resident} kB in the end; second half "
                f"{rise:+.0f} kB/h (standard error {error:.0f}), all {all_rise:+.0f} kB/h (standard error {all_error:.0f})"
                f"{'' if long_enough else '; too short to be judged'}")
    first, last = samples[min(2, len(samples) - 1)].descriptors, samples[-1].descriptors
    verdict.say(first == last, f"{name}: descriptors {first} at first, {last} in the end, at most "
                               f"{max(s.descriptors for s in samples)}")
    spent = (samples[-1].cpu - samples[0].cpu) / max(1, samples[-1].seconds - samples[0].seconds)
    verdict.say(True, f"{name}: {100 * spent:.1f} % of a processor")


def dropped_on_the_way(sender, *namespaces):
    """By the kernel, which says nothing of it to him who sends: when it has no room for a neighbour, and when more packets
    come at once than it can look at."""
    names, values = [line.split() for line in sender.read("/proc/net/snmp").splitlines() if line.startswith("Udp:")]
    devices = [line.split(":")[1].split() for namespace in (sender, *namespaces)
               for line in namespace.read("/proc/net/dev").splitlines()[2:]]
    return int(values[names.index("SndbufErrors")]) + sum(int(words[3]) + int(words[11]) for words in devices)


def judge_counts(verdict, daemon, load):
    """What was sent to a daemon whose link stood still, and whose section no reload has changed."""
    with Client(daemon) as client:
        section, = [one for one in client.ask("status")["sections"] if one["name"] == "mcserver.counted"]
    received, dropped = section["counters"]["received"], section["counters"]["dropped_kernel"]
    missing, on_the_way = load.sent - received - dropped, dropped_on_the_way(load.sender, load.lan, daemon.host)
    verdict.say(0 <= missing <= on_the_way,
                f"of {load.sent} datagrams {received} were received, {dropped} dropped at the socket, {missing} before it, "
                f"where the kernel has dropped {on_the_way} packets of all kinds")


def soak(minutes, folder):
    keys = make_keys(folder) if can_sign() else None
    lan, verdict = Lan("10.0.0"), Verdict()
    daemons = []
    for number in range(3):
        host = lan.host()
        os.mkdir(f"{folder}/{number}")
        daemons.append(Daemon(host, configuration(0, keys), f"{folder}/{number}"))
        daemons[-1].host = host
    print(f"three daemons, {minutes:g} minutes, {'with' if keys else 'without'} signatures", flush=True)
    with Load(lan, daemons, keys) as load:
        samples = watch(daemons, load, minutes * 60)
    for number, daemon in enumerate(daemons):
        ended = daemon.process.poll()
        verdict.say(ended is None, f"daemon {number}: {'has never ended' if ended is None else f'has ended with {ended}'}")
        judge(verdict, f"daemon {number}", samples[number])
    if daemons[0].process.poll() is None:
        judge_counts(verdict, daemons[0], load)
    verdict.say(not load.failed, f"the load: {'; '.join(load.failed) or 'all of it to the end'}")
    for number, daemon in enumerate(daemons):
        status = daemon.process.poll() if daemon.process.poll() is not None else daemon.stop()
        complaints = daemon.lines("Sanitizer|runtime error:")
        verdict.say(status == 0 and not complaints, f"daemon {number}: ends with {status}{''.join(complaints[:3])}")
    lan.close()
    return verdict.good


def main():
    minutes = float(sys.argv[1])
    runpy.run_path(os.path.join(os.path.dirname(os.path.abspath(__file__)), "run"))["enter_namespaces"]()
    folder = tempfile.mkdtemp(prefix="mcastd-soak-")
    try:
        return 0 if soak(minutes, folder) else 1
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())
