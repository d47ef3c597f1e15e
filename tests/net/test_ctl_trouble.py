"""mcastctl where it may not ask, where nobody answers, where what answers is no mcastd, and on terminals."""
import json
import os
import re

import pytest

from ctl import command, ctl, heard, impostor, printed
from daemon import built, emitter, receiver
from test_share import AS_NOBODY, another_user  # noqa: F401 (a fixture)

LOOKING = ["status", "peers", "watch", "log-level", "check"]
CHANGING = ["send mcclient", "log-level debug", "reload", "forget 10.0.0.2"]
PRINTABLE = re.compile(r"[\x20-\x7e\n]*")


# --- who may ask, and whom ---

@pytest.fixture
def open_folder(folder):
    """Others may look into it, as into /run/mcastd."""
    def open_(daemon):
        for path in folder, daemon.folder:
            os.chmod(path, 0o755)
        return daemon
    return open_


@pytest.mark.parametrize("line", ["status", "peers", "log-level", "check"])
def test_everybody_may_look(line, here, another_user, mcastd, open_folder):  # noqa: F811
    daemon = open_folder(mcastd(here, receiver()))
    assert ctl(daemon, here, line, AS_NOBODY).returncode == 0


@pytest.mark.parametrize("line", CHANGING)
def test_only_some_may_change_something(line, here, another_user, mcastd, open_folder):  # noqa: F811
    daemon = open_folder(mcastd(here, emitter(INTERVAL="1h")))
    outcome = ctl(daemon, here, line, AS_NOBODY)
    assert (outcome.returncode, outcome.stdout) == (1, "")
    assert f"no permission for {daemon.folder}/run/control.sock, which is for the group mcastd\n" in outcome.stderr
    assert "usermod -aG mcastd nobody" in outcome.stderr


def test_a_folder_that_nobody_may_look_into_is_told(here, another_user, mcastd):  # noqa: F811
    daemon = mcastd(here, receiver())
    outcome = ctl(daemon, here, "status", AS_NOBODY)
    assert outcome.returncode == 1
    assert outcome.stderr == (
        f"mcastctl status: no permission to look into {daemon.folder}/run, which is for the group mcastd\n"
        "To join it: usermod -aG mcastd nobody as root, and log in anew. Or ask as root.\n")


@pytest.mark.parametrize("line", [*LOOKING, *CHANGING])
def test_where_no_daemon_is_it_says_what_to_look_at(line, here, folder):
    outcome = here.run(built("mcastctl"), *line.split(), "--socket", folder)
    assert outcome.returncode == (2 if line == "check" else 1)
    told = outcome.stdout if line == "check" else outcome.stderr
    assert f"no mcastd answers at {folder}/control.sock: No such file or directory" in told
    assert line == "check" or "systemctl status mcastd" in told


def test_the_environment_names_the_folder_too(here, mcastd):
    daemon = mcastd(here, receiver())
    outcome = here.run("env", f"MCASTD_RUNTIME_DIR={daemon.folder}/run", built("mcastctl"), "status")
    assert outcome.returncode == 0


@pytest.mark.parametrize("line", ["status surplus", "peers a b", "watch --level loud", "send", "log-level loud", "reload x",
                                  "forget", "status --nonsense", "completion", "completion fish"])
def test_a_wrong_command_line_is_a_usage_error(line, here):
    outcome = here.run(built("mcastctl"), *line.split())
    assert (outcome.returncode, outcome.stdout) == (64, "")
    assert outcome.stderr.startswith(f"mcastctl {line.split()[0]}: ")


# --- what answers is no mcastd ---

@pytest.mark.parametrize("answer, why", [
    (b'{"version": 2, "ok": true}\n', "mcastd speaks another version of the control protocol"),
    (b"220 mail.example.org ESMTP\n", "what answers is not mcastd"),
    (b'{"version": 1, "ok": tr', "mcastd has closed the connection"),
    (b'{"version": 1, "ok": false, "error": "too many clients"}\n', "too many clients"),
])
def test_an_answer_that_is_none_is_told(answer, why, here, folder):
    with impostor(folder, answer):
        outcome = here.run(built("mcastctl"), "status", "--socket", folder)
    assert outcome.returncode == 1
    assert f"mcastctl status: {why}" in outcome.stderr


@pytest.mark.parametrize("line, answer", [
    ("status", {"daemon": {"node": "EVIL", "version": "EVIL", "worst": "EVIL"}, "sections": [{"name": "EVIL", "why": "EVIL"}]}),
    ("peers", {"peers": [{"section": "EVIL", "address": "EVIL", "payload": "EVIL"}], "acks": []}),
    ("send EVIL", {"section": "EVIL", "text": "EVIL"}),
    ("reload", {"message": "EVIL"}),
    ("reload", {"ok": False, "error": "EVIL", "messages": ["EVIL"]}),
    ("log-level", {"daemon": {"log_level": "EVIL"}}),
    ("check", {"daemon": {"healthy": True, "worst": "EVIL"}}),
    ("completion --words sections", {"sections": [{"name": "EVIL"}]}),
    ("status --json", {"EVIL": "EVIL"}),
    ("reload --json", {"ok": False, "EVIL": "EVIL"}),
    ("check --json", {"daemon": {"healthy": True, "worst": "EVIL"}}),
])
def test_no_control_character_reaches_the_terminal(line, answer, here, folder):
    evil = "".join(map(chr, [*range(1, 32), *range(127, 160), 0x202e]))
    answer = json.loads(json.dumps({"version": 1, "ok": True, "next": None} | answer).replace("EVIL", json.dumps(evil)[1:-1]))
    with impostor(folder, json.dumps(answer).encode() + b"\n"):
        outcome = here.run(built("mcastctl"), *line.split(), "--socket", folder)
    assert outcome.stdout + outcome.stderr
    assert PRINTABLE.fullmatch(outcome.stdout) and PRINTABLE.fullmatch(outcome.stderr)


# --- on a terminal ---

def on_terminal(daemon, host, line, columns=80, **environment):
    """What a terminal gets to see of it."""
    shell = f"stty cols {columns}; exec " + " ".join(map(str, command(daemon, line)))
    return host.run("env", "TERM=xterm", *(f"{name}={value}" for name, value in environment.items()),
                    "script", "-qec", shell, "/dev/null").stdout


def test_a_terminal_sees_colours(here, mcastd):
    assert "\033[32mactive\033[0m" in on_terminal(mcastd(here, receiver()), here, "status")


def test_with_no_color_it_sees_none(here, mcastd):
    assert "\033" not in on_terminal(mcastd(here, receiver()), here, "status", NO_COLOR=1)


def test_a_long_payload_is_cut_to_the_width_of_the_terminal(here, there, mcastd):
    daemon = mcastd(here, receiver())
    heard(daemon, there, b"x" * 66)
    *_, line = on_terminal(daemon, here, "peers", columns=130, NO_COLOR=1).splitlines()
    assert len(line) == 130 and line.endswith("x...")
    assert "x" * 66 in printed(daemon, here, "peers")
