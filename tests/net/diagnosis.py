"""mcastctl doctor as the tests see it, and what they let it look at: programs, members, firewalls."""
import contextlib
import json
import threading

from daemon import built

GROUP, PORT = "239.1.1.1", 5001
GROUP6, ON_LINK6 = "ff15::4:5001", "ff12::4:5001"
ASKING_PORT = 5002
HOLD = """
import ctypes, socket, sys, time
address, port, name, *options = sys.argv[1:]
ctypes.CDLL(None).prctl(15, name.encode("latin-1"), 0, 0, 0)
sock = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
for option in options:
    sock.setsockopt(socket.SOL_SOCKET, getattr(socket, option), 1)
sock.bind((address, int(port)))
print("bound", flush=True)
time.sleep(3600)
"""
STATEFUL = """table inet filter {
    chain input {
        type filter hook input priority 0; policy drop;
        ct state established,related accept
        meta l4proto ipv6-icmp accept
        udp dport 5001 accept
    }
}"""
SILENT = """table inet filter {
    chain output {
        type filter hook output priority 0; policy drop;
    }
}"""
LET_ACKS_IN = f"insert rule inet filter input udp sport {PORT} udp dport {ASKING_PORT} accept"
# root without any capability, not even to read what other programs have open.
UNPRIVILEGED = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]


class Diagnosis:
    """What doctor has found, by check."""

    def __init__(self, outcome):
        assert outcome.stderr == ""
        self.status, self.document = outcome.returncode, json.loads(outcome.stdout)
        self.problems = [finding for finding in self.document["findings"] if finding["severity"] == "problem"]
        assert self.status == (1 if self.problems else 0)

    def of(self, check):
        """The worst finding of the check."""
        found = [finding for finding in self.document["findings"] if finding["check"] == check]
        return max(found, key=lambda finding: ["ok", "note", "problem"].index(finding["severity"]))

    def severity(self, check):
        return self.of(check)["severity"]


def doctor(host, *arguments, group=GROUP, prefix=(), form="--json"):
    group = f"[{group}]:{PORT}" if ":" in group else f"{group}:{PORT}"
    outcome = host.run(*prefix, built("mcastctl"), "doctor", group, *arguments, *([form] if form else []))
    return Diagnosis(outcome) if form else outcome


def ping(host, *arguments):
    return host.run(built("mcastctl"), "ping", f"{GROUP}:{PORT}", "--timeout", "1s", *arguments)


def hold(host, address, *options, name="holder"):
    """A program of this name that has the port."""
    program = host.start("/usr/bin/python3", "-c", HOLD, address, PORT, name, *options)
    program.wait_for("bound")
    return program


def nft(host, rules):
    outcome = host.run("nft", rules)
    assert outcome.returncode == 0, outcome.stderr


@contextlib.contextmanager
def in_background(work):
    """Calls work() again and again."""
    over = threading.Event()

    def loop():
        while not over.is_set():
            work()

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextlib.contextmanager
def answering(sock, group=GROUP, statuses=False):
    """A member of the group that acks, and says something itself if it shall."""
    def answer():
        if statuses:
            sock.sendto(b"ATU", (group, PORT))
        with contextlib.suppress(TimeoutError):
            _, asker = sock.recvfrom(2048)
            if asker[1] != PORT:
                sock.sendto(b"ack", asker)

    sock.settimeout(0.02)
    with sock, in_background(answer):
        yield


@contextlib.contextmanager
def forging(host, source):
    """Datagrams to the group from this address come from the host."""
    pause = threading.Event()

    def forge():
        host.forge(source, 4711, GROUP, PORT, b"ATU")
        pause.wait(0.05)

    with in_background(forge):
        yield
