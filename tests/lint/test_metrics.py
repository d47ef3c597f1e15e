"""The manual names every metric, and no other: who writes an alert reads there what there is."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAME = r"mcastd_[a-z_]*[a-z]"


def told():
    """Those of the source: they stand there as they are told, but for the counters, which have names of their own."""
    names = set(re.findall(rf'"({NAME})"', (ROOT / "src/view/metrics.c").read_text()))
    counters = re.findall(r'\[STAT_\w+\] = "(\w+)"', (ROOT / "src/state/stats.c").read_text())
    return names | {f"mcastd_{name}_total" for name in counters}


def listed():
    page = (ROOT / "src/man/mcastd.8.scd").read_text().replace("\\", "")
    return set(re.findall(rf"^(?:\|\[ |\|  )\*({NAME})\*", page, re.M))


def test_every_metric_stands_in_the_manual():
    assert len(told()) > 50
    assert told() - listed() == set()


def test_the_manual_tells_of_no_metric_that_there_is_not():
    assert listed() - told() == set()
