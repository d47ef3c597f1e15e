"""What one datagram costs the process that receives it: rows P1 to P6 and P13."""
from lab import receiving, tried
from table import Row

COUNT = 200_000
PYTHON_COUNT = 50_000


def cost(contender, count, load):
    """Of one contender, started for it: CPU time for each datagram."""
    def measure():
        with contender as running:
            figure = running.cost_us(count, *load)
            running.must_have_received_all()
            return figure
    return tried(measure)


def acked(lab, *load):
    return {"floor": cost(lab.floor("-a"), COUNT, ["-a", *load]),
            "mcastd": cost(lab.mcastd(receiving()), COUNT, ["-a", *load])}


def many_senders(lab):
    return acked(lab, "-s", 1000)


ROWS = [
    Row("P1", "1,000 sockets in turn, ack", "us", many_senders, 1.10, "floor"),
]
