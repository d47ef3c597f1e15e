"""Sections of mcastd.conf with which the node speaks on the lan, and a peer's side of the conversation."""

REQUESTS = ("239.77.0.1", 5077)
BEATS = ("239.77.0.2", 5078)
BEAT_SECONDS = 0.25

RECEIVER = f"""
[MCSERVER.lan]
MCAST_GROUP = {REQUESTS[0]}
INTERFACE = eth0
PORT = {REQUESTS[1]}
HANDLERS = log, ack
ACK_RATE = unlimited
ACK_TOTAL = unlimited
LOG_RATE = unlimited
"""

EMITTER = f"""
[MCCLIENT.lan]
MCAST_GROUP = {BEATS[0]}
INTERFACE = eth0
PORT = {BEATS[1]}
INTERVAL = {BEAT_SECONDS * 1000:.0f}ms
"""

SIGNED = ("239.77.0.3", 5079)

# A receiver and an emitter of the same node, which trust nobody without the key.
SIGNING = f"""
[MCSERVER.signed]
MCAST_GROUP = {SIGNED[0]}
INTERFACE = lo
PORT = {SIGNED[1]}
HANDLERS = log, ack
AUTH = enforce
ACK_RATE = unlimited
[MCCLIENT.signed]
MCAST_GROUP = {SIGNED[0]}
INTERFACE = lo
PORT = {SIGNED[1]}
INTERVAL = 50ms
MESSAGE = "ATU {{utc}} seq={{seq}} boot={{boot}}"
KEY = 7
AUTH = enforce
EXPECT_ACKS = 1
"""


def ask(asker, text="who is there?"):
    """Sends a request to the group and returns the answer and its sender, like the seed's sender."""
    asker.sendto(text.encode(), REQUESTS)
    return asker.recvfrom(64)


def hear_beats(peer, count):
    """The next messages that the node multicasts; listening begins here."""
    with peer.member(*BEATS) as listener:
        return [listener.recv(512).decode() for _ in range(count)]
