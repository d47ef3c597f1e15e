"""SECURITY.md promises what is tested: the tests that it names are there."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
TEXT = (ROOT / "SECURITY.md").read_text()


def named():
    """Files below tests/, each with a test of it or without one."""
    found = re.findall(r"`((?:net|system|unit|lint)/test_\w+\.(?:py|c))(?:: (test_\w+))?`", TEXT)
    assert len(found) > 30
    return found


def test_each_test_that_is_named_is_there():
    missing = []
    for name, test in named():
        path = ROOT / "tests" / name
        if not path.exists() or not re.search(rf"\b{test}\(", path.read_text()):
            missing.append((name, test))
    assert not missing


def test_each_promise_names_what_holds_it():
    rows = [row for part in re.split(r"^\| promise \| held by \|\n\|---\|---\|\n", TEXT, flags=re.M)[1:]
            for row in re.match(r"(?:\|.*\n)+", part)[0].splitlines()]
    assert len(rows) > 20
    assert not [row for row in rows if not re.search(r"\| `[\w/]+.*` ?.*\|$", row)]


def test_the_contact_is_that_of_the_package():
    contact = re.search(r'CPACK_PACKAGE_CONTACT ".*<(.*)>"', (ROOT / "cmake/package.cmake").read_text())[1]
    assert f"<{contact}>" in TEXT


def test_the_version_that_is_supported_is_this_one():
    version = re.search(r"project\(mcastd VERSION (\d+\.\d+)\.", (ROOT / "CMakeLists.txt").read_text())[1]
    assert re.search(rf"^\| {re.escape(version)} \| yes \|$", TEXT, re.M)
