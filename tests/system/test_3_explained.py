"""What journalctl -x says about the lines of the tests before."""
import re
import time

import pytest

CATALOG = "/usr/lib/systemd/catalog/mcastd.catalog"
JOINED = "aaa1c89a0a66400a98dfc1ddaea38946"
FRAME = "░░ "


@pytest.fixture(scope="module")
def journal(service):
    """journal("--option", "FIELD=value") is what journalctl says of the daemon's lines until now, line by line."""
    # Of the past, so that it is the same each time.
    until = int(time.time()) - 1

    def ask(*arguments):
        return service.container.output("journalctl", "--quiet", "--no-pager", "--unit=mcastd", f"--until=@{until}",
                                        "SYSLOG_IDENTIFIER=mcastd", *arguments).splitlines()
    return ask


def test_systemd_has_taken_the_catalog_into_its_database(service):
    brought = re.findall(r"^-- ([0-9a-f]{32})$", service.container.path(CATALOG).read_text(), re.MULTILINE)
    listing = service.container.output("journalctl", "--no-pager", "--list-catalog")
    known = re.findall(r"^([0-9a-f]{32}) mcastd: ", listing, re.MULTILINE)
    assert sorted(known) == sorted(brought)


def test_a_line_is_explained_with_what_it_is_about(journal):
    explained = journal("--catalog", f"MESSAGE_ID={JOINED}", "MCASTD_SECTION=mcserver")
    assert f"{FRAME}Subject: Section mcserver hears 239.1.1.1 port 5001" in explained
    assert f"{FRAME}Documentation: man:mcastd(8)" in explained


def test_every_line_with_an_id_is_explained(journal):
    ids = [line for line in journal("--output=cat", "--output-fields=MESSAGE_ID") if line]
    assert len(set(ids)) > 10
    assert journal("--catalog").count(f"{FRAME}Defined-By: mcastd") == len(ids)


def test_no_explanation_names_a_field_that_the_line_has_not(journal):
    # journalctl puts the name of such a field there. One in front of = stands in the text itself.
    explained = [line for line in journal("--catalog") if line.startswith(FRAME)]
    assert not [line for line in explained if re.search(r"MCASTD_\w+\b(?!=)", line)]
