"""Hosts on a network cable: namespaces, each with an eth0, joined by a bridge in a namespace of its own.

A Host can run programs and make sockets; a Lan can count what passes on its bridge. Knows nothing of mcastd.
"""
import contextlib
import ctypes
import ipaddress
import itertools
import os
import re
import signal
import socket
import struct
import subprocess
import tempfile
import time

DEADLINE = 30
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
ETH_P_IP = 0x0800
ETH_P_IPV6 = 0x86DD
ETH_P_PROBE = 0x88B5
SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC = 263, 1, 1

_libc = ctypes.CDLL(None, use_errno=True)


# What may fail while somebody waits: each gives the exception, or None.
watched = set()


def eventually(condition, what):
    """The first true value of condition(), which is asked again and again until the deadline, or until something that is
    watched has failed."""
    end, pause = time.monotonic() + DEADLINE, 0.002
    while not (value := condition()):
        for error in filter(None, [failure() for failure in tuple(watched)]):
            raise error
        assert time.monotonic() < end, f"waited {DEADLINE} s for {what() if callable(what) else what}"
        time.sleep(pause)
        pause = min(pause * 1.2, 0.5)
    return value


class Namespace:
    """A network namespace, kept by a descriptor: it goes when the last socket and process in it are gone."""

    def __init__(self):
        with self._back_home():
            _call(_libc.unshare, CLONE_NEWNET)
            self.fd = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        self.programs = []

    @contextlib.contextmanager
    def entered(self):
        """Sockets made and programs started within belong to this namespace; sockets stay there."""
        with self._back_home():
            _call(_libc.setns, self.fd, CLONE_NEWNET)
            yield

    @staticmethod
    @contextlib.contextmanager
    def _back_home():
        home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        try:
            yield
        finally:
            _call(_libc.setns, home, CLONE_NEWNET)
            os.close(home)

    @property
    def path(self):
        return f"/proc/{os.getpid()}/fd/{self.fd}"

    def ip(self, *lines):
        with self.entered():
            subprocess.run(["ip", "-batch", "-"], input="\n".join(lines), text=True, check=True)

    def start(self, *argv):
        """A program in this namespace, which ends with it."""
        return Program(self, *argv)

    def run(self, *argv):
        """A program that ends by itself: its returncode, and what it printed as stdout and stderr."""
        with self.entered():
            return subprocess.run(list(map(str, argv)), capture_output=True, text=True, timeout=DEADLINE)

    def read(self, path):
        with self.entered(), open(path.replace("/proc/net/", "/proc/thread-self/net/")) as file:
            return file.read()

    def write(self, path, text):
        with self.entered(), open(path, "w") as file:
            file.write(text)

    def close(self):
        for program in self.programs:
            program.kill()
        os.close(self.fd)


class Program:
    """A running program, which ends with its namespace or the suite, and the lines that it has printed."""

    def __init__(self, namespace, *argv, env=None):
        self._output = tempfile.TemporaryFile()
        with namespace.entered():
            self.process = subprocess.Popen(
                list(map(str, argv)), stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._output,
                env=env, preexec_fn=lambda: _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
        namespace.programs.append(self)

    def printed(self):
        """How many bytes it has printed."""
        return os.fstat(self._output.fileno()).st_size

    def output(self, since=0):
        """What it has printed since it had printed so many bytes."""
        return os.pread(self._output.fileno(), 1 << 30, since).decode(errors="replace")

    def lines(self, pattern="", since=0):
        return [line for line in self.output(since).splitlines() if re.search(pattern, line)]

    def wait_for(self, pattern, count=1, since=0):
        """The lines in which the pattern is found, as soon as there are so many of them."""
        def enough():
            lines = self.lines(pattern, since)
            return lines if len(lines) >= count else None
        return eventually(enough, lambda: f"{count} of /{pattern}/ in:\n{self.output()[-2000:]}")

    def kill(self):
        self.process.kill()
        self.process.wait()


class Host(Namespace):
    """A machine. Alone it has only lo; plug() gives it eth0, eth1, … on the lans it is plugged into."""

    def __init__(self):
        super().__init__()
        self.addresses, self.addresses6 = [], []
        self.ip("link set lo up")
        # An IPv6 address is good at once, and no router is looked for.
        for key, value in ("accept_dad", 0), ("router_solicitations", 0):
            for device in "all", "default":
                self.write(f"/proc/sys/net/ipv6/conf/{device}/{key}", str(value))

    @property
    def address(self):
        return self.addresses[0]

    @property
    def address6(self):
        return self.addresses6[0]

    def plug(self, lan, number, multicast_route):
        name, port = f"eth{len(self.addresses)}", f"port{number}"
        address, address6 = f"{lan.prefix}.{number}", ipv6_address(lan.prefix, number)
        # Were the indices of both ends the same, the kernel would take a second to tell of the carrier.
        lan.ip(f"link add {port} index {1000 + number} type veth peer name {name} netns {self.path}",
               f"link set {port} up master br0")
        self.ip(f"address add {address}/24 dev {name}", f"address add {address6}/64 dev {name} nodad",
                f"link set {name} up", *([f"route add 224.0.0.0/4 dev {name}"] if multicast_route else []))
        self.addresses.append(address)
        self.addresses6.append(address6)
        lan.wait_for_link(self, name)

    def udp(self, address="", port=0, reuse=False):
        """A bound UDP socket with the deadline as its timeout. For IPv6: the address may be "::" or
        "fe80::7%eth0"."""
        with self.entered():
            sock = socket.socket(family_of(address), socket.SOCK_DGRAM)
            sock.settimeout(DEADLINE)
            if reuse:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(destination(address, port))
        return sock

    def member(self, group, port, interface=None):
        """A socket that hears the group. The interface is an address; of IPv6 it is a name."""
        if ":" in group:
            with self.entered():
                index = socket.if_nametoindex(interface or "eth0")
            # One of the link's scope cannot be bound without a link.
            sock = self.udp(f"{group}%{interface or 'eth0'}", port, reuse=True)
            where = socket.inet_pton(socket.AF_INET6, group) + struct.pack("=I", index)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, where)
            return sock
        sock = self.udp(group, port, reuse=True)
        where = socket.inet_aton(group) + socket.inet_aton(interface or self.address)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, where)
        return sock

    def forge(self, source, source_port, group, port, payload):
        """A datagram from any source, also from port 0, which no socket can have."""
        with self.entered():
            sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        length = 8 + len(payload)
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + length, 0, 0, 1, socket.IPPROTO_UDP, 0,
                             socket.inet_aton(source), socket.inet_aton(group))
        with sock:
            sock.sendto(header + struct.pack("!HHHH", source_port, port, length, 0) + payload, (group, 0))

    def send(self, payload, group, port):
        """One datagram from a new socket, like the seed's client."""
        with self.udp(any_address(group)) as sock, self.entered():
            sock.sendto(payload, destination(group, port))

    def ask(self, payload, group, port, answers=1):
        """Sends a question and waits for the answers. What was sent before has then been handled, too."""
        with self.udp(any_address(group)) as sock:
            with self.entered():
                sock.sendto(payload, destination(group, port))
            return [(answer, source[:2]) for answer, source in (sock.recvfrom(65536) for _ in range(answers))]

    def memberships(self):
        """The groups that the host has joined, as (interface, group)."""
        joined, interface = set(), None
        for line in self.read("/proc/net/igmp").splitlines()[1:]:
            words = line.split()
            if line[0].isdigit():
                interface = words[1]
            else:
                joined.add((interface, socket.inet_ntoa(bytes.fromhex(words[0])[::-1])))
        return joined - {(interface, "224.0.0.1") for interface, _ in joined}

    def socket_inode(self, address, port):
        """Of the UDP socket that is bound there."""
        # Each four bytes of the address are a number of this machine.
        words = struct.unpack("!4I" if ":" in address else "!I", socket.inet_pton(family_of(address), address))
        local = "%s:%04X" % ("".join(struct.pack("=I", word).hex().upper() for word in words), port)
        listed = self.read("/proc/net/udp6" if ":" in address else "/proc/net/udp")
        inodes = [line.split()[9] for line in listed.splitlines() if f" {local} " in line]
        assert len(inodes) == 1, f"{inodes} are bound to {address}:{port}"
        return inodes[0]


class Lan(Namespace):
    """The cable: a bridge that floods multicast to every port, so that nobody depends on a querier."""

    def __init__(self, prefix):
        super().__init__()
        self.prefix, self._plugs, self._hosts = prefix, 0, []
        self.ip("link add br0 type bridge mcast_snooping 0", "link set br0 up")

    def host(self):
        """A new host, which goes with the lan."""
        host = Host()
        self._hosts.append(host)
        self.plug(host)
        return host

    def plug(self, host, multicast_route=True):
        self._plugs += 1
        host.plug(self, self._plugs, multicast_route)

    def close(self):
        for host in self._hosts:
            host.close()
        super().close()

    def wait_for_link(self, host, name):
        """A new link carries nothing until the kernel's work queue has seen it: probe it both ways."""
        with packets(self, "br0", ETH_P_PROBE) as here, packets(host, name, ETH_P_PROBE) as there:
            for sender, receiver, device in (there, here, name), (here, there, "br0"):
                eventually(lambda: _probe(sender, receiver, device), f"{name} to carry packets")

    def sniff(self, ethertype=ETH_P_IP):
        return Sniffer(self, "br0", ethertype)


class Packet:
    """An IPv4 UDP packet as it was on the wire."""

    def __init__(self, raw):
        header = (raw[0] & 15) * 4
        self.tos, self.ttl, self.is_udp = raw[1], raw[8], raw[9] == socket.IPPROTO_UDP
        self.source, self.destination = socket.inet_ntoa(raw[12:16]), socket.inet_ntoa(raw[16:20])
        self.source_port, self.port, length = struct.unpack_from("!HHH", raw, header)
        self.payload = raw[header + 8:header + length]


class Packet6:
    """The same of an IPv6 packet. One that has headers before that of UDP is taken for something else."""

    def __init__(self, raw):
        first, self.ttl = struct.unpack_from("!I", raw)[0], raw[7]
        self.tos, self.is_udp = first >> 20 & 255, raw[6] == socket.IPPROTO_UDP
        self.source, self.destination = (socket.inet_ntop(socket.AF_INET6, raw[at:at + 16]) for at in (8, 24))
        self.source_port, self.port, length = struct.unpack_from("!HHH", raw, 40)
        self.payload = raw[48:40 + length]


class Sniffer:
    """Every UDP packet that passes an interface, from the moment that this is made."""

    def __init__(self, namespace, device, ethertype=ETH_P_IP):
        self._sock = packets(namespace, device, ethertype)
        self._sock.settimeout(DEADLINE)
        self._packet = Packet6 if ethertype == ETH_P_IPV6 else Packet

    def next(self):
        while not (packet := self._packet(self._sock.recv(65536))).is_udp:
            pass
        return packet

    def until(self, payload):
        """The packets before the one that carries this payload."""
        return list(itertools.takewhile(lambda packet: packet.payload != payload, iter(self.next, None)))


def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def destination(address, port):
    """As Python's sockets take it. They do not heed the interface in "fe80::7%eth0"; its name means something
    in its namespace only."""
    address, _, device = address.partition("%")
    return (address, port, 0, socket.if_nametoindex(device)) if device else (address, port)


def any_address(like):
    return "::" if ":" in like else ""


def ipv6_address(prefix, number):
    """fd00:0:0:1::2 for 10.0.1 and 2."""
    return str(ipaddress.ip_address(f"fd00:0:0:{prefix.rsplit('.', 1)[1]}::{number}"))


def packets(namespace, device, protocol):
    with namespace.entered():
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(protocol))
        sock.bind((device, protocol))
        index = socket.if_nametoindex(device)
    promiscuous = struct.pack("iHH8s", index, PACKET_MR_PROMISC, 0, b"")
    sock.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, promiscuous)
    return sock


@contextlib.contextmanager
def in_order():
    """The kernel keeps the order of what one processor sends."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def drain(sock):
    """Throws away what waits on the socket."""
    sock.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        while True:
            sock.recv(1)
    sock.settimeout(DEADLINE)


def _probe(sender, receiver, device):
    with contextlib.suppress(OSError):
        sender.sendto(b"probe", (device, ETH_P_PROBE, 0, 0, b"\xff" * 6))
    receiver.settimeout(0.01)
    with contextlib.suppress(TimeoutError):
        return receiver.recv(64)


def _call(function, *arguments):
    if function(*arguments) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
