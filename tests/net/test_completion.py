"""What bash and zsh complete of a command line of mcastctl, as somebody types it."""
import json
import re
import subprocess

import pytest

import shells
from ctl import impostor
from daemon import built, emitter, receiver

COMMANDS = ["ping", "doctor", "status", "peers", "watch", "top", "send", "log-level", "reload", "forget", "keygen", "keys", "check",
            "completion"]
LEVELS = {"error", "warning", "notice", "info", "debug"}


@pytest.fixture(params=["bash", "zsh"])
def shell(request, here, folder):
    shell = getattr(shells, request.param)(here, folder)
    yield shell
    shell.close()


@pytest.fixture
def asked(here, there, mcastd):
    """The folder of the sockets of a daemon that has something to tell."""
    daemon = mcastd(here, receiver() + emitter(PORT=5002, INTERVAL="1h") + receiver("MCSERVER.six", MCAST_GROUP="ff15::1"))
    for group, payload in ("239.1.1.1", b"four"), ("ff15::1", b"six"):
        there.send(payload, group, 5001)
        daemon.wait_for("^received .*" + payload.decode())
    return f"{daemon.folder}/run"


def offered(shell, line):
    """What can stand behind the line, whose last word is not yet finished. zsh writes the = of an option."""
    words = shell.all(line)
    return {word.rstrip("=") for word in words[len(line.split(" ")) - 1:]}


def options_of(command):
    """As --help tells them."""
    told = subprocess.run([built("mcastctl"), command, "--help"], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"^  .{4}(--[a-z-]+)", told, re.M))


def test_the_commands_are_those_of_the_help(shell):
    told = subprocess.run([built("mcastctl"), "--help"], capture_output=True, text=True, check=True).stdout
    assert re.findall(r"^  ([a-z-]+) ", told, re.M) == COMMANDS
    assert offered(shell, "mcastctl ") - {"--help", "--version", "-h"} == set(COMMANDS)


def test_a_command_that_is_the_only_one_is_written_out(shell):
    assert shell.tab("mcastctl stat") == ["mcastctl", "status"]


def test_the_options_of_each_command_are_those_of_its_help(shell):
    for command in COMMANDS:
        assert {word for word in offered(shell, f"mcastctl {command} --") if word.startswith("--")} == options_of(command)


@pytest.mark.parametrize("line", ["log-level ", "watch --level ", "watch -l "])
def test_levels(line, shell):
    assert offered(shell, "mcastctl " + line) == LEVELS


def test_a_level_behind_an_equals_sign(shell):
    assert shell.tab("mcastctl watch --level=deb") == ["mcastctl", "watch", "--level=debug"]


def test_shells(shell):
    assert offered(shell, "mcastctl completion ") == {"bash", "zsh"}


@pytest.mark.parametrize("option", ["-I", "--interface"])
def test_interfaces(option, shell):
    assert offered(shell, f"mcastctl ping {option} ") == {"lo", "eth0"}


def test_folders(shell, folder):
    assert shell.tab(f"mcastctl status --socket {folder[:-1]}")[3].rstrip("/") == folder


@pytest.mark.parametrize("line", ["keys ", "ping --key "])
def test_files(line, shell, folder):
    open(f"{folder}/a keyfile", "w").close()
    assert shell.tab(f"mcastctl {line}{folder}/a").pop() == f"{folder}/a keyfile"


def test_sections(shell, asked):
    assert offered(shell, f"mcastctl peers --socket {asked} ") == {"mcserver", "mcserver.six", "mcclient"}


def test_only_emitters_send(shell, asked):
    assert offered(shell, f"mcastctl send --socket {asked} ") == {"mcclient"}


def test_peers_and_then_sections(shell, asked, there):
    assert offered(shell, f"mcastctl forget --socket={asked} ") == {there.address, there.address6}
    assert "mcserver.six" in offered(shell, f"mcastctl forget --socket={asked} {there.address} ")


def test_a_peer_with_colons_that_was_begun(shell, asked, there):
    begun = there.address6[:-1]
    assert begun.count(":") > 1
    assert shell.tab(f"mcastctl forget -s {asked} {begun}")[-1] == there.address6


def test_groups(shell, asked):
    assert offered(shell, f"mcastctl ping -s {asked} ") == {"239.1.1.1:5001", "239.1.1.1:5002", "[ff15::1]:5001"}


def test_a_group_that_was_begun(shell, asked):
    assert shell.tab(f"mcastctl ping -s {asked} --json 239.1.1.1:5002")[-1] == "239.1.1.1:5002"


def test_nothing_where_nobody_can_know_better(shell):
    assert shell.all("mcastctl ping --count ") == ["mcastctl", "ping", "--count"]


def test_without_a_daemon_nothing_is_offered_and_nothing_is_said(shell, folder):
    assert shell.tab(f"mcastctl peers --socket {folder} ") == ["mcastctl", "peers", "--socket", folder]


def test_a_name_that_a_shell_would_take_for_its_own_stays_a_name(shell, folder):
    answer = {"version": 1, "ok": True, "sections": [{"name": "mcserver.$(exit);`exit`"}], "next": None}
    with impostor(folder, json.dumps(answer).encode() + b"\n"):
        assert shell.tab(f"mcastctl peers -s {folder} mcs")[-1] == "mcserver.$(exit);`exit`"


def test_the_script_for_zsh_can_be_sourced(here, folder):
    setup = "autoload -U compinit; compinit -u -D; bindkey -e; source <(mcastctl completion zsh)"
    shell = shells.Shell(here, ["zsh", "-f", "-i"], setup, "\t")
    assert shell.tab("mcastctl stat") == ["mcastctl", "status"]
    shell.close()


def test_the_script_for_bash_is_sound(here, folder):
    with open(f"{folder}/mcastctl", "w") as script:
        subprocess.run([built("mcastctl"), "completion", "bash"], stdout=script, check=True)
    subprocess.run(["shellcheck", "-s", "bash", f"{folder}/mcastctl"], check=True)
