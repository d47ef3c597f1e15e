"""Prometheus, and the examples that are shipped for it: it understands the metrics, and its alerts come."""
import itertools
import json
import pathlib
import re
import subprocess
import urllib.parse

import pytest
import yaml

from daemon import emitter, receiver
from lan import DEADLINE, eventually
from signing import Key, keys_file
from web import ON, ask, wait_for_metric

EXAMPLES = pathlib.Path(__file__).parents[2] / "conf/examples"
OFTEN = "200ms"
PROMETHEUS_PORT = 9090
BEATING = emitter(INTERVAL="100ms", MESSAGE="ATU {time} seq={seq} boot={boot}")
HEARING = receiver(HANDLERS="log, ack", ACK_RATE="unlimited", DEAD_AFTER="500ms")
# Those of Prometheus itself.
FOREIGN = {"up"}


def example(name):
    return yaml.safe_load((EXAMPLES / name).read_text())


def alerts_at_once():
    """The alerts as shipped, but none waits until it fires."""
    shipped = example("alerts.yml")
    for rule in (rule for group in shipped["groups"] for rule in group["rules"]):
        rule["for"] = "0s"
    return shipped


class Prometheus:
    """One that scrapes the daemon on this host as in the example, but often."""

    def __init__(self, host, folder):
        self._host = host
        config = example("prometheus.yml")
        config["global"] = {"scrape_interval": OFTEN, "scrape_timeout": OFTEN, "evaluation_interval": OFTEN}
        for name, content in ("prometheus.yml", config), ("alerts.yml", alerts_at_once()):
            (folder / name).write_text(yaml.safe_dump(content))
        self.program = host.start(
            "prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
            f"--web.listen-address=127.0.0.1:{PROMETHEUS_PORT}", "--log.level=warn")
        eventually(self._is_ready, lambda: f"prometheus to be ready:\n{self.program.output()}")

    def _is_ready(self):
        try:
            return ask(self._host, "/-/ready", port=PROMETHEUS_PORT).status == 200
        except ConnectionRefusedError:
            return False

    def get(self, path, **parameters):
        answer = ask(self._host, f"/api/v1/{path}?{urllib.parse.urlencode(parameters)}", port=PROMETHEUS_PORT)
        assert answer.status == 200, answer.text
        return json.loads(answer.text)["data"]

    def value(self, expression):
        """Of an expression that has one; None where it has none."""
        result = self.get("query", query=expression)["result"]
        assert len(result) < 2, result
        return float(result[0]["value"][1]) if result else None

    def wait_for_value(self, expression, value):
        eventually(lambda: self.value(expression) == value, lambda: f"{expression}, which is {self.value(expression)}")

    def firing(self):
        return {alert["labels"]["alertname"]: alert for alert in self.get("alerts")["alerts"]
                if alert["state"] == "firing"}

    def wait_for_alert(self, name):
        return eventually(lambda: self.firing().get(name), lambda: f"{name}, not {sorted(self.firing())}")


@pytest.fixture
def prometheus(here, folder):
    folder = pathlib.Path(folder) / "prometheus"
    folder.mkdir()
    return Prometheus(here, folder)


# --- the examples ---

@pytest.mark.parametrize("what, name", [("config", "prometheus.yml"), ("rules", "alerts.yml")])
def test_the_examples_pass_the_check_of_prometheus(what, name):
    checked = subprocess.run(["promtool", "check", what, EXAMPLES / name], text=True, capture_output=True,
                             timeout=DEADLINE)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def rules():
    return {rule["alert"]: rule for group in example("alerts.yml")["groups"] for rule in group["rules"]}


# Why a signature is refused, if not by a network that brings datagrams twice.
REASONS = ["plain", "malformed", "unknown_key", "stale", "bad_mac", "early"]
# Of each alert: a metric, its labels, and values of it a minute apart, for which it comes; the last for which not.
ALERTS = [
    ("McastdDown", "up", "", "0", "1"),
    ("McastdPeerGone", "mcastd_peers", 'section="s",state="down"', "1", "0"),
    ("McastdPeerGone", "mcastd_peers", 'section="s",state="down"', "1", "1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0"),
    ("McastdSectionFailed", "mcastd_section_state", 'section="s",kind="receiver",state="failed"', "1", "0"),
    ("McastdSectionWaiting", "mcastd_section_state", 'section="s",kind="receiver",state="waiting"', "1", "0"),
    ("McastdSilence", "mcastd_section_state", 'section="s",kind="receiver",state="silent"', "1", "0"),
    ("McastdKernelDrops", "mcastd_dropped_kernel_total", 'section="s"', "0+1", "7"),
    ("McastdPeersFull", "mcastd_peers_refused_total", 'section="s"', "0+1", "7"),
    ("McastdRefusesAll", "mcastd_receiver_refuses_all", 'section="s"', "1", "0"),
    ("McastdRefusesAll", "mcastd_receiver_refuses_all", 'section="s"', "1", "1 1 1 0 1 1 1 1 0 1 1 1 1 0 1 1"),
    *(("McastdRefusesSome", f"mcastd_dropped_{reason}_total", 'section="s"', "0+1", "7") for reason in REASONS),
    # What a start, or somebody once, makes it refuse.
    ("McastdRefusesSome", "mcastd_dropped_early_total", 'section="s"', "0+1", "0 0 0 0 0 0 0 9 9 9 9 9 9 9 9 9"),
    ("McastdSendErrors", "mcastd_send_errors_total", 'section="s"', "0+1", "7"),
    # A burst just now.
    ("McastdSendErrors", "mcastd_send_errors_total", 'section="s"', "0+1", "0 0 0 0 0 0 0 0 0 0 0 9 9 9 9 9"),
    ("McastdAcksMissing", "mcastd_acks_missed_total", 'section="s"', "0+1", "7"),
    ("McastdLostLines", "mcastd_log_lost_lines_total", "", "0+1", "7"),
    ("McastdReloadRefused", "mcastd_reload_refused", "", "1", "0"),
]


def test_each_alert_has_a_row():
    assert {row[0] for row in ALERTS} == set(rules())


def after_15_minutes(series, values, *fires):
    """A test for promtool: with these values of a series, a minute apart, these alerts and no others fire."""
    if " " not in values:
        values += "x15" if "+" in values else "+0x15"
    return {"interval": "1m", "input_series": [{"series": series, "values": values}],
            "promql_expr_test": [{"expr": 'ALERTS{alertstate="firing"}', "eval_time": "15m",
                                  "exp_samples": [{"labels": labels, "value": 1} for labels in fires]}]}


def check_alerts(folder, *tests):
    file = pathlib.Path(folder) / "test.yml"
    file.write_text(yaml.safe_dump({"rule_files": [str(EXAMPLES / "alerts.yml")], "tests": list(tests)}))
    tested = subprocess.run(["promtool", "test", "rules", file], text=True, capture_output=True, timeout=DEADLINE)
    assert tested.returncode == 0, tested.stdout + tested.stderr


@pytest.mark.parametrize("alert, metric, labels, bad, good", ALERTS)
def test_an_alert_comes_when_it_should_and_only_then(alert, metric, labels, bad, good, folder):
    common = 'job="mcastd",instance="i"' + (f",{labels}" if labels else "")
    fires = f'ALERTS{{alertname="{alert}",alertstate="firing",severity="{rules()[alert]["labels"]["severity"]}",{common}}}'
    series = f"{metric}{{{common}}}"
    check_alerts(folder, after_15_minutes(series, bad, fires), after_15_minutes(series, good))


def test_datagrams_that_the_network_brings_twice_raise_no_alert(folder):
    check_alerts(folder, after_15_minutes('mcastd_dropped_replay_total{job="mcastd",instance="i",section="s"}', "0+1"))


def dashboard():
    return json.loads((EXAMPLES / "grafana.json").read_text())


def panels():
    return dashboard()["panels"]


def expressions_of_the_dashboard():
    return [target["expr"] for panel in panels() for target in panel["targets"]]


def filled_in(expression):
    """As Grafana asks it."""
    return expression.replace("$__rate_interval", "1m").replace("$instance", ".*").replace("$section", ".*")


def test_the_dashboard_is_one_that_grafana_loads():
    board = dashboard()
    assert {"uid", "title", "schemaVersion", "panels", "templating", "time"} <= set(board)
    assert "id" not in board
    identifiers = [panel["id"] for panel in panels()]
    assert len(set(identifiers)) == len(identifiers) > 10
    variables = {variable["name"] for variable in board["templating"]["list"]}
    assert set(re.findall(r"\$\{?(\w+)\}?", json.dumps(board))) - {"__rate_interval", "__all"} <= variables
    for panel in panels():
        assert {"type", "title", "gridPos", "targets", "fieldConfig", "datasource"} <= set(panel), panel["title"]
        references = [target["refId"] for target in panel["targets"]]
        assert len(set(references)) == len(references)


def test_no_panel_of_the_dashboard_covers_another():
    cells = [(x, y) for grid in (panel["gridPos"] for panel in panels())
             for x, y in itertools.product(range(grid["x"], grid["x"] + grid["w"]),
                                           range(grid["y"], grid["y"] + grid["h"]))]
    assert len(set(cells)) == len(cells)
    assert max(x for x, _ in cells) < 24


def names_in(expressions):
    return set(re.findall(r"\b(?:mcastd_\w+|up)\b", " ".join(expressions)))


def test_the_examples_ask_for_nothing_that_there_is_not(here, there, mcastd):
    mcastd(there, receiver(HANDLERS="ack") + BEATING)
    mcastd(here, HEARING + emitter(INTERVAL="50ms", MESSAGE="ATU {time}") + ON + "HTTP_PEERS = yes\n")
    peer = f'section="mcserver",peer="{there.address}"'
    wait_for_metric(here, f"mcastd_peer_lost{{{peer}}}", lambda lost: lost == 0)
    wait_for_metric(here, f'mcastd_ack_source_acked_total{{section="mcclient",peer="{there.address}"}}', bool)
    told = set(re.findall(r"^(mcastd_\w+)", ask(here, "/metrics").text, re.M))
    asked = names_in(expressions_of_the_dashboard() + [rule["expr"] for rule in rules().values()])
    assert len(asked) > 20
    assert asked - told == FOREIGN


# --- a real one ---

def test_prometheus_scrapes_and_counts(here, there, mcastd, prometheus):
    mcastd(here, HEARING + ON)
    prometheus.wait_for_value('up{job="mcastd"}', 1)
    for _ in range(3):
        there.ask(b"hello", "239.1.1.1", 5001)
    prometheus.wait_for_value('mcastd_received_total{section="mcserver"}', 3)
    about = prometheus.get("metadata")
    assert about["mcastd_received_bytes"] == [
        {"type": "counter", "unit": "bytes", "help": "Bytes of payload in them."}]
    assert about["mcastd_build"][0]["type"] == "info"


def test_every_question_of_the_dashboard_is_understood(here, mcastd, prometheus):
    mcastd(here, HEARING + BEATING + ON)
    prometheus.wait_for_value('up{job="mcastd"}', 1)
    for expression in expressions_of_the_dashboard():
        prometheus.get("query", query=filled_in(expression))


def test_a_peer_that_dies_raises_the_alert_that_it_is_gone(here, there, mcastd, prometheus):
    mcastd(here, HEARING + ON)
    peer = mcastd(there, BEATING)
    prometheus.wait_for_value('mcastd_peers{section="mcserver",state="up"}', 1)
    assert "McastdPeerGone" not in prometheus.firing()
    peer.kill()
    alert = prometheus.wait_for_alert("McastdPeerGone")
    assert alert["labels"]["section"] == "mcserver"
    assert alert["annotations"]["summary"] == "1 peers of [mcserver] on 127.0.0.1:9464 are silent"
    mcastd(there, BEATING)
    eventually(lambda: "McastdPeerGone" not in prometheus.firing(), "the alert to end when the peer is back")


def test_a_daemon_that_dies_raises_the_alert_that_it_is_down(here, mcastd, prometheus):
    daemon = mcastd(here, HEARING + ON)
    prometheus.wait_for_value('up{job="mcastd"}', 1)
    eventually(lambda: "McastdDown" not in prometheus.firing(), "no alert yet")
    daemon.kill()
    prometheus.wait_for_alert("McastdDown")


def test_a_section_that_fails_or_is_silent_raises_its_alert(here, mcastd, prometheus):
    quiet = receiver("MCSERVER.quiet", EXPECT_EVERY="200ms")
    with here.udp("", 5002):
        mcastd(here, quiet + receiver("MCSERVER.taken", PORT=5002) + ON)
        assert prometheus.wait_for_alert("McastdSectionFailed")["labels"]["section"] == "mcserver.taken"
        assert prometheus.wait_for_alert("McastdSilence")["labels"]["section"] == "mcserver.quiet"


def test_who_refuses_what_it_hears_raises_an_alert(here, there, mcastd, folder, prometheus):
    """All of it; and some, as soon as it takes something else."""
    mcastd(here, receiver(AUTH="enforce") + ON + f"KEYS = {keys_file(f'{folder}/keys', Key(7))}\n")
    mcastd(there, emitter(INTERVAL="50ms"))
    assert prometheus.wait_for_alert("McastdRefusesAll")["labels"]["section"] == "mcserver"
    eventually(lambda: "McastdRefusesSome" not in prometheus.firing(), "all to be refused, and not some")
    mcastd(there, f"[DAEMON]\nKEYS = {folder}/keys\n" + emitter("MCCLIENT.signed", INTERVAL="50ms", KEY=7))
    assert prometheus.wait_for_alert("McastdRefusesSome")["labels"]["section"] == "mcserver"


def test_acks_that_do_not_come_raise_an_alert(here, mcastd, prometheus):
    mcastd(here, emitter(INTERVAL="100ms", EXPECT_ACKS=1) + ON)
    assert prometheus.wait_for_alert("McastdAcksMissing")["labels"]["section"] == "mcclient"


def test_a_reload_that_is_refused_raises_an_alert(here, mcastd, prometheus):
    daemon = mcastd(here, HEARING + ON)
    assert "not reloaded" in daemon.reload(receiver(PORT=0) + ON)
    prometheus.wait_for_alert("McastdReloadRefused")
