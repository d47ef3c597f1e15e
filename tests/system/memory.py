"""What a process has in its memory, and what of that a core dump of it would have.

The kernel writes no core of a region that has the flag dd, "do not dump": see core(5) and madvise(2).
"""
import ctypes
import hmac
import re

PIECE = 1 << 18


class Memory:
    """That of a process, which is given as its folder of /proc, at this moment."""

    def __init__(self, process):
        self._dumped, self._kept_out = [], []
        text = (process / "smaps").read_text()
        with (process / "mem").open("rb", buffering=0) as memory:
            for region in re.split(r"(?m)^(?=[0-9a-f]+-[0-9a-f]+ )", text)[1:]:
                first, last = (int(word, 16) for word in region.split(maxsplit=1)[0].split("-"))
                flags = re.search(r"^VmFlags:(.*)$", region, re.M)[1].split()
                (self._kept_out if "dd" in flags else self._dumped).append(_read(memory, first, last))

    @property
    def size(self):
        return sum(map(len, self._dumped + self._kept_out))

    def core_has(self, what):
        return any(what in region for region in self._dumped)

    def has(self, what):
        return self.core_has(what) or any(what in region for region in self._kept_out)


def _read(memory, first, last):
    """What the kernel lets nobody read (vvar) is in no core either."""
    pieces = []
    for at in range(first, last, PIECE):
        try:
            memory.seek(at)
            pieces.append(memory.read(min(PIECE, last - at)) or b"")
        except (OSError, OverflowError):
            continue
    return b"".join(pieces)


def traces_of_a_secret(secret):
    """The bytes that tell a secret to whoever finds them, by what they are; of each thing a half is enough."""
    digits, mac = secret.hex().encode(), hmac.digest(secret, b"mcastd/1 mac", "sha256")
    things = {"the secret": secret, "its digits": digits, "what it is turned into": mac}
    return {f"{name}, {half}": thing[at:at + len(thing) // 2] for name, thing in things.items()
            for half, at in (("first half", 0), ("second half", len(thing) // 2))}


def key_in_use(secret):
    """What HMAC makes of a key before there is a message, as libsodium has it: as good as the secret."""
    sodium = ctypes.CDLL("libsodium.so.23")
    state = ctypes.create_string_buffer(sodium.crypto_auth_hmacsha256_statebytes())
    mac = hmac.digest(secret, b"mcastd/1 mac", "sha256")
    sodium.crypto_auth_hmacsha256_init(state, mac, ctypes.c_size_t(len(mac)))
    inner, outer = state.raw[:32], state.raw[len(state.raw) // 2:][:32]
    return {"inner state": inner, "outer state": outer}
