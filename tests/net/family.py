"""IPv4 and IPv6, as far as a test of both must know them apart."""
import ipaddress
import socket
import struct
from typing import NamedTuple

import pytest

from lan import DEADLINE, packets


class Family(NamedTuple):
    name: str
    group: str
    subnet: str           # of the lan whose number is filled in
    bits: int             # of that
    number: int           # of sockets
    ethertype: int
    every_group: str      # as `ip route` takes it

    def __str__(self):
        return self.name

    @property
    def endpoint(self):
        return f"[{self.group}]:5001" if self is IPV6 else f"{self.group}:5001"

    def address(self, number, lan=0):
        """Of the host that has this number on that lan."""
        return str(ipaddress.ip_address(self.subnet.format(lan) + str(number)))

    def give(self, number, lan=0, device="eth0"):
        """What `ip` is told to give it to a host."""
        nodad = " nodad" if self is IPV6 else ""
        return f"address replace {self.address(number, lan)}/{self.bits} dev {device}{nodad}"

    def settle(self, host):
        """Gives the host an address on its eth0; and each address that it gets from now on is good at once."""
        for device in "default", "eth0":
            host.write(f"/proc/sys/net/ipv6/conf/{device}/accept_dad", "0")
        lan, number = host.address.split(".")[2:]
        host.ip(self.give(number, lan))
        return host

    def route(self, host, verb, device):
        """Adds or replaces the route to the groups."""
        host.ip(f"route {verb} {self.every_group} dev {device}")

    def lose_routes(self, host):
        """No route leads to a group any more."""
        which = ["-6", "route", "flush", "type", "multicast", "table", "local"] if self is IPV6 else \
            ["route", "flush", self.every_group]
        assert host.run("ip", *which).returncode == 0

    def sender(self, host, device="eth0"):
        """A socket whose multicast leaves by the device."""
        with host.entered():
            sock = socket.socket(self.number, socket.SOCK_DGRAM)
            index = socket.if_nametoindex(device)
        if self is IPV6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        else:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack("=4s4si", b"", b"", index))
        return sock

    def send(self, payload, host, device="eth0"):
        with self.sender(host, device) as sock:
            sock.sendto(payload, (self.group, 5001))

    @property
    def other_group(self):
        return str(ipaddress.ip_address(self.group) + 1)

    def member(self, host, device="eth0", group=None):
        """A socket that hears the group there."""
        with host.entered():
            sock = socket.socket(self.number, socket.SOCK_DGRAM)
            index = socket.if_nametoindex(device)
        sock.settimeout(DEADLINE)
        sock.bind((group or self.group, 5001))
        group = socket.inet_pton(self.number, group or self.group)
        if self is IPV6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group + struct.pack("=I", index))
        else:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack("=4s4si", group, b"", index))
        return sock

    def joined(self, host, device="eth0"):
        """How often the group is joined there."""
        for words in map(str.split, host.run("ip", "maddr", "show", "dev", device).stdout.splitlines()):
            if words[:2] == ["inet6" if self is IPV6 else "inet", self.group]:
                return int(words[3]) if len(words) > 2 else 1
        return 0

    def reports(self, namespace, device):
        """What tells the network there that somebody hears the group, from now on."""
        sock = packets(namespace, device, self.ethertype)
        sock.settimeout(DEADLINE)
        # "From now on it excludes no source", in IGMPv3 as in MLDv2.
        record = struct.pack("!BBH", 4, 0, 0) + socket.inet_pton(self.number, self.group)
        return (packet for packet in iter(lambda: sock.recv(65536), None) if record in packet)


IPV4 = Family("IPv4", "239.1.1.1", "10.0.{}.", 24, socket.AF_INET, 0x0800, "224.0.0.0/4")
IPV6 = Family("IPv6", "ff05::1:1", "fd00:0:0:{}::", 64, socket.AF_INET6, 0x86DD, "multicast ff05::/16 table local")

both = pytest.mark.parametrize("family", [IPV4, IPV6], ids=str)
