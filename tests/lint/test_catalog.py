"""The journal catalog agrees with the events that are logged, and with what it sends the reader to."""

import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CATALOG = ROOT / "systemd/mcastd.catalog"
HEADER = ["Subject", "Defined-By", "Support", "Documentation"]
# journalctl puts three columns in front of each line.
COLUMNS = 80 - 3
# What section_log() puts on every line.
SECTION_FIELDS = {"MCASTD_SECTION", "MCASTD_GROUP", "MCASTD_PORT"}


def events():
    """Name in the source and MESSAGE_ID of each event."""
    rows = re.findall(r'\[(EVENT_\w+)\] = \{.*?\.message_id = "(\w+)"', (ROOT / "src/base/event.c").read_text())
    assert len(rows) > 40
    return rows


def entries():
    """MESSAGE_ID, lines of the header and text of each entry."""
    found = []
    for block in re.split(r"^-- ", CATALOG.read_text(), flags=re.M)[1:]:
        message_id, _, rest = block.partition("\n")
        header, _, text = rest.partition("\n\n")
        found.append((message_id, header.splitlines(), re.sub(r"^# --- .*\n", "", text, flags=re.M).strip("\n")))
    assert len(found) > 40
    return found


def text_of(entry):
    _, header, text = entry
    return "\n".join(header) + "\n" + text


def sources():
    return {path: path.read_text() for path in sorted((ROOT / "src").rglob("*.c"))}


def words(pattern):
    """What matches in the texts; a line break is a blank like any other."""
    return {match for entry in entries() for match in re.findall(pattern, " ".join(text_of(entry).split()))}


def by_event():
    texts = {entry[0]: text_of(entry) for entry in entries()}
    return [(name, texts[message_id]) for name, message_id in events() if message_id in texts]


def test_each_event_has_one_entry_and_each_entry_an_event():
    assert sorted(message_id for message_id, *_ in entries()) == sorted(message_id for _, message_id in events())


def test_each_entry_has_a_header_and_a_text():
    for message_id, header, text in entries():
        assert [line.partition(": ")[0] for line in header] == HEADER, message_id
        assert all(line.partition(": ")[2].strip() for line in header), message_id
        assert text, message_id


def test_no_two_entries_say_the_same():
    subjects = [header[0] for _, header, _ in entries()]
    texts = [text for *_, text in entries()]
    assert len(set(subjects)) == len(subjects)
    assert len(set(texts)) == len(texts)


def test_all_entries_name_the_package_and_its_maintainers():
    contact = re.search(r'CPACK_PACKAGE_CONTACT "(.*)"', (ROOT / "cmake/package.cmake").read_text())[1]
    for message_id, header, _ in entries():
        assert header[1:3] == ["Defined-By: mcastd", f"Support: {contact}"], message_id


def test_no_line_is_too_wide_for_a_terminal():
    lines = CATALOG.read_text().splitlines()
    assert not [line for line in lines if len(line) > COLUMNS or "\t" in line or line != line.rstrip()]


def test_the_catalog_is_ascii():
    assert CATALOG.read_text().isascii()


def fields_on_every_line(event):
    """The fields that each line of the event has, as far as the calls in the source tell."""
    calls = [call for text in sources().values() for call in re.findall(rf"\w+\([^();]*?{event}\b[^;]{{0,20}}", text)]
    if any(re.match(rf"log_event\({event}, NULL", call) for call in calls):
        return set()
    if any(call.startswith("section_log(") for call in calls):
        return SECTION_FIELDS
    return {field for text in sources().values() for field in re.findall(r'"(MCASTD_\w+)"', text)}


def test_only_fields_that_every_line_of_the_event_has_are_put_into_its_text():
    for event, text in by_event():
        assert set(re.findall(r"@(\w+)@", text)) <= fields_on_every_line(event), event


def test_the_options_that_are_named_exist(build):
    listing = subprocess.run([build / "mcastd", "--options"], text=True, check=True, capture_output=True).stdout
    options = {line.split()[1] for line in listing.splitlines()[1:]}
    # Fields stand between @ or in front of =.
    named = words(r"(?<![@\w])[A-Z]+_[A-Z_]+(?![@=\w])") | words(r"\b([A-Z_]+) in (?:the section|\[DAEMON\])")
    assert len(named) > 10
    assert named - options == {"AF_NETLINK"}


def test_the_sections_of_manual_pages_that_are_named_exist():
    named = words(r"\b([A-Z]+(?: [A-Z]+)*) in (mcastd(?:\.conf)?)\((\d)\)")
    assert len(named) > 5
    for title, page, number in named:
        manual = (ROOT / "src/man" / f"{page}.{number}.scd").read_text()
        assert re.search(rf"^# {title}$|^\*{title}\* = ", manual, flags=re.M), title


def test_the_commands_of_mcastctl_that_are_named_exist(build):
    named = {command for entry in entries() for command in re.findall(r"^ +mcastctl (\S+)", entry[2], flags=re.M)}
    assert len(named) > 3
    for command in named:
        subprocess.run([build / "mcastctl", command, "--help"], check=True, capture_output=True)


@pytest.mark.skipif(not shutil.which("journalctl"), reason="there is no journalctl to ask")
def test_systemd_takes_each_entry(tmp_path):
    folder = tmp_path / "usr/lib/systemd/catalog"
    folder.mkdir(parents=True)
    shutil.copy(CATALOG, folder)
    journalctl = ["journalctl", f"--root={tmp_path}"]
    update = subprocess.run([*journalctl, "--update-catalog"], text=True, capture_output=True)
    assert (update.returncode, update.stderr) == (0, "")
    for message_id, header, text in entries():
        dump = subprocess.run([*journalctl, "--dump-catalog", message_id], text=True, check=True, capture_output=True)
        assert dump.stdout.strip() == "\n".join([f"-- {message_id}", *header, "", text])
