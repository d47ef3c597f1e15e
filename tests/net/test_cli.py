"""The command line of mcastd."""
import pytest

from daemon import built, receiver

KEYS = """MCAST_GROUP PORT IP_ADDRESS INTERFACE HANDLERS SOURCES ALLOW ACK_TEXT ACK_RATE ACK_TOTAL ACK_SPREAD LOG_RATE
          EXPECT_EVERY RECEIVE_BUFFER SHARE INTERVAL JITTER MESSAGE TTL LOOP DSCP EXPECT_ACKS LOG_LEVEL NODE""".split()


def check(host, file):
    return host.run(built("mcastd"), "-t", "-c", file)


def test_a_good_file_passes(here, folder):
    outcome = check(here, write(folder, receiver()))
    assert (outcome.returncode, outcome.stderr) == (0, "")


def test_every_error_of_a_bad_file_is_told_with_its_line(here, folder):
    file = write(folder, receiver(PORT=0, MCAST_GROUP="10.1.1.1", COLOUR="red"))
    outcome = check(here, file)
    assert outcome.returncode == 78
    for line, key in (2, "MCAST_GROUP"), (3, "PORT"), (5, "COLOUR"):
        assert f"{file}:{line}: [mcserver] {key}: " in outcome.stderr


def test_a_missing_file_does_not_pass(here):
    assert check(here, "/nowhere/mcastd.conf").returncode == 78


@pytest.mark.parametrize("option", ["--help", "--version", "--options"])
def test_a_question_is_answered_on_standard_output(option, here):
    answer = here.run(built("mcastd"), option)
    assert answer.returncode == 0
    assert answer.stdout
    assert answer.stderr == ""


def test_options_lists_every_key(here):
    assert set(KEYS) <= set(here.run(built("mcastd"), "--options").stdout.split())


@pytest.mark.parametrize("program", ["mcastd --options", "mcastd --help", "mcastctl ping --help"])
def test_output_that_is_lost_is_no_success(program, here):
    name, *arguments = program.split()
    outcome = here.run("/bin/sh", "-c", '"$@" >/dev/full', "sh", built(name), *arguments)
    assert outcome.returncode == 1
    assert "cannot write" in outcome.stderr


@pytest.mark.parametrize("arguments", [["--nonsense"], ["surplus"], ["-c"]])
def test_a_wrong_command_line_is_a_usage_error(arguments, here):
    outcome = here.run(built("mcastd"), *arguments)
    assert outcome.returncode == 64
    assert outcome.stderr


def test_the_bad_file_that_does_not_pass_does_not_start_either(here, folder):
    file = write(folder, receiver(PORT=0))
    assert here.run(built("mcastd"), "-c", file).returncode == 78


def write(folder, text):
    file = f"{folder}/mcastd.conf"
    with open(file, "w") as to:
        to.write(text)
    return file
