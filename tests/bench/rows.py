"""What one datagram costs the process that receives it: rows P1 to P6 and P13.

Where there are acks the receiver is slower than the load, so it is always busy. Without them it is faster: it reads what
has just come, and to wait for more is a part of what it costs (P4). Put to sleep while datagrams are sent (BEHIND) it has a
full queue when it wakes up, and only what it does with each of them counts: so it is where mcastd is compared with
itself."""
from lab import RECEIVER, Lost, receiving, tried
from table import Missing, Row

COUNT = 200_000
PYTHON_COUNT = 50_000
BURSTS = ["-b", 64]
SEGMENTS = ["-b", 64, "-g"]
BEHIND = ["-r", RECEIVER]
SOURCES = 100_000
GROUPS = 1000


def cost(contender, load, count=COUNT):
    """Of one contender, which is started for it: CPU time for each datagram."""
    def measure():
        with contender as running:
            figure = running.cost_us(count, *load)
            running.must_have_received_all()
            return figure
    return tried(measure)


def acked(lab, *load):
    load = ["-a", *load]
    return {"floor": cost(lab.floor("-a"), load),
            "mcastd": cost(lab.mcastd(receiving()), load),
            "Python": cost(lab.python("-a"), load, PYTHON_COUNT)}


def received(lab, *load):
    return {"floor": cost(lab.floor(), load),
            "mcastd": cost(lab.mcastd(receiving(HANDLERS="log")), load),
            "Python": cost(lab.python(), load, PYTHON_COUNT)}


def many_sockets(lab):
    return acked(lab, "-s", 1000)


def many_hosts(lab):
    return acked(lab, "-s", 1000, "-p", 1000)


def bursts(lab):
    return acked(lab, *BURSTS)


def segments(lab):
    return acked(lab, *SEGMENTS)


def bursts_received(lab):
    return received(lab, *BURSTS) | {"socat": cost(lab.socat(), BURSTS, PYTHON_COUNT)}


def bursts_waiting(lab):
    return received(lab, *BURSTS, *BEHIND)


def segments_received(lab):
    return received(lab, *SEGMENTS)


def many_groups(lab):
    """Without acks, as it is the way in that could depend on how many there are."""
    load = [*BURSTS, *BEHIND]
    idle = [receiving(name=f"MCSERVER.g{number}", MCAST_GROUP=f"239.2.{number // 250}.{number % 250}", HANDLERS="log")
            for number in range(GROUPS - 1)]
    busy = receiving(HANDLERS="log")
    return {"one group": cost(lab.mcastd(busy), load),
            "mcastd": cost(lab.mcastd("".join([*idle, busy])), load)}


def many_peers(lab):
    """Without acks: those to one peer may go out together, those to many cannot, and that is not what is asked here."""
    config = receiving(HANDLERS="log", PEERS=131072, DEAD_AFTER="1h")
    figures = tried(lambda: known(lab, config))
    return {"one peer": cost(lab.mcastd(config), ["-p", 1, *BURSTS, *BEHIND]),
            "mcastd": figures if isinstance(figures, Missing) else figures[0],
            "growth": figures if isinstance(figures, Missing) else figures[1]}


def known(lab, config):
    """What a datagram costs when all peers are known, and by how much its memory has grown for each of them."""
    load = ["-p", SOURCES, *BURSTS, *BEHIND]
    with lab.mcastd(config) as running:
        running.load("-n", 1, *load)
        before = running.status("VmRSS")
        running.load("-n", SOURCES, *load)
        growth = (running.status("VmRSS") - before) * 1024 / SOURCES
        figure = running.cost_us(COUNT, *load)
        running.must_have_received_all()
        section, = running.sections()
        if section["peers"]["new"] + section["peers"]["up"] != SOURCES:
            raise Lost(f"of {SOURCES} peers it knows {section['peers']}")
        return figure, growth


ROWS = [
    Row("P1", "1,000 sockets send in turn, ack", "us", many_sockets, 1.10, "floor", others=("Python",)),
    Row("P1 hosts", "the same from 1,000 addresses", "us", many_hosts, None, "floor", others=("Python",)),
    Row("P2", "one sender, bursts of 64, ack", "us", bursts, 1.0, "floor", others=("Python",)),
    Row("P3", "one sender, UDP_SEGMENT, ack", "us", segments, 0.05, "floor", others=("Python",)),
    Row("P4", "one sender, bursts of 64", "us", bursts_received, 1.10, "floor", others=("Python", "socat")),
    Row("P4 behind", "the same, to a full queue", "us", bursts_waiting, None, "floor", others=("Python",)),
    Row("P4 gso", "one sender, UDP_SEGMENT", "us", segments_received, None, "floor", others=("Python",)),
    Row("P5", "1,000 groups on one port, one busy", "us", many_groups, 1.05, "one group"),
    Row("P6", "100,000 peers, all talking", "us", many_peers, 1.3, "one peer"),
    Row("P6m", "memory of each of them", "bytes", many_peers, 256, contender="growth"),
    Row("P13 many", "P1 beside Python", "us", many_sockets, 0.65, "Python"),
    Row("P13 gso", "P3 beside Python", "us", segments, 0.05, "Python"),
]
