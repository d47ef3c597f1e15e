"""Signed datagrams, made and read with Python's hmac: a second implementation, which shares nothing with mcastd's."""
import contextlib
import hmac
import ipaddress
import os
import struct
import time

MAGIC, TRAILER, TAG = b"\0MCA", 44, 16
DATA, ACK = 0, 1
STAMP = "!BBHQQI"


class Key:
    """A secret, and the id by which it is known."""

    def __init__(self, id, secret=None):
        self.id, self.secret = id, secret or os.urandom(32)
        self._mac = hmac.digest(self.secret, b"mcastd/1 mac", "sha256")

    @property
    def line(self):
        return f"{self.id} {self.secret.hex()}\n"

    def tag(self, body, group, port, request=None):
        """Of a payload and what stands behind it before the tag; of an ack with the tag of what it acknowledges."""
        family = 6 if ":" in group else 4
        bound_to = request or ipaddress.ip_address(group).packed.ljust(TAG, b"\0")
        prefix = b"mcastd/1" + struct.pack("!BBH", family, ACK if request else DATA, port) + bound_to
        return hmac.digest(self._mac, prefix + body, "sha256")[:TAG]

    def sign(self, payload, group, port, request=None, **other):
        """The datagram. `other` is what it says otherwise: algorithm, flags, id, sender, sequence, seconds."""
        stamp = {"algorithm": 1, "flags": ACK if request else DATA, "id": self.id,
                 "sender": int.from_bytes(os.urandom(8), "big"), "sequence": time.time_ns() // 1000,
                 "seconds": int(time.time())} | other
        body = payload + MAGIC + struct.pack(STAMP, *stamp.values())
        return body + self.tag(body, group, port, request)


class Speaker:
    """Signs one datagram after the other for a group, like a program that was started when this was made."""

    def __init__(self, key, group="239.1.1.1", port=5001):
        self.key, self.group, self.port = key, group, port
        self.sender, self.sequence = int.from_bytes(os.urandom(8), "big"), time.time_ns() // 1000

    def sign(self, payload, request=None, **other):
        self.sequence += 1
        stamp = {"sender": self.sender, "sequence": self.sequence} | other
        return self.key.sign(payload, self.group, self.port, request, **stamp)


class Signed:
    """A datagram that ends in a trailer, taken apart."""

    def __init__(self, datagram):
        self.payload, trailer = datagram[:-TRAILER], datagram[-TRAILER:]
        self.magic, self.tag = trailer[:4], trailer[-TAG:]
        self.algorithm, self.flags, self.id, self.sender, self.sequence, self.seconds = struct.unpack(
            STAMP, trailer[4:-TAG])
        self._body = datagram[:-TAG]

    def is_by(self, key, group, port, request=None):
        said = self.magic, self.algorithm, self.flags, self.id
        return said == (MAGIC, 1, ACK if request else DATA, key.id) and self.tag == key.tag(
            self._body, group, port, request)


def forged(datagram):
    """Its last bit is another one."""
    return datagram[:-1] + bytes([datagram[-1] ^ 1])


def keys_file(path, *keys, mode=0o400):
    """A file of keys, in the place of one that may be there. Its path."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    with open(path, "w") as file:
        file.writelines(key.line for key in keys)
    os.chmod(path, mode)
    return path


def knowing(folder, *keys, **options):
    """The part of a configuration that names these keys."""
    options = {"KEYS": keys_file(f"{folder}/keys", *keys)} | options
    return "[DAEMON]\n" + "".join(f"{key} = {value}\n" for key, value in options.items())


def of_signatures(counters):
    """Those counters that are about signatures."""
    names = ["plain", "malformed", "unknown_key", "stale", "bad_mac", "replay", "early"]
    ours = {"auth_ok", "auth_plain"} | {f"dropped_{name}" for name in names}
    return {name: value for name, value in counters.items() if name in ours}
