"""What the analyzers are not asked is written down with the reason, and none of it is done in the code."""

import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIDY = [ROOT / ".clang-tidy", ROOT / "tests/.clang-tidy"]
SUPPRESSIONS = ROOT / "tests/lint/cppcheck.suppressions"
MARKS = r"NOLINT|cppcheck-suppress|clang-analyzer|__clang_analyzer__|GCC diagnostic|GCC system_header|clang diagnostic"


def name_of(path):
    return str(path.relative_to(ROOT))


def given_reasons(text):
    """The checks that the comment speaks of, one or more of them in front of each reason."""
    comment = " ".join(re.findall(r"^# ?(.*)$", text, re.M))
    heads = re.findall(r"(?:^| )((?:[\w.*-]+, )*[\w.*-]+): \S", comment)
    return {check for head in heads for check in head.split(", ")}


@pytest.mark.parametrize("path", TIDY, ids=name_of)
def test_each_check_that_is_off_has_a_reason(path):
    text = path.read_text()
    off = set(re.findall(r"^  -([\w.*-]+),?$", text, re.M)) - {"*"}
    assert len(off) > 5
    assert off - given_reasons(text) == set()


@pytest.mark.parametrize("path", TIDY, ids=name_of)
def test_each_reason_is_of_a_check_that_is_off(path):
    text = path.read_text()
    checks = {word for word in given_reasons(text) if "-" in word}
    assert checks - set(re.findall(r"^  -([\w.*-]+),?$", text, re.M)) == set()


def test_each_suppression_has_a_reason():
    blocks = SUPPRESSIONS.read_text().strip().split("\n\n")
    assert len(blocks) > 3
    assert not [block for block in blocks if not block.startswith("# ")]


def test_every_complaint_is_an_error():
    assert re.search(r"^WarningsAsErrors: '\*'$", TIDY[0].read_text(), re.M)


@pytest.mark.parametrize("folder", ["src", "include"])
def test_nothing_is_switched_off_in_the_code(folder):
    files = [path for path in (ROOT / folder).rglob("*.[ch]")]
    assert len(files) > 50
    assert not [name_of(path) for path in files if re.search(MARKS, path.read_text())]
