"""What is written agrees with what is built: manual pages, examples, form."""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def tracked(pattern):
    """Files of the project: those git knows, and new ones that it does not ignore."""
    listing = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-co", "--exclude-standard", pattern],
        cwd=ROOT, text=True, check=True, capture_output=True,
    )
    return sorted(ROOT / name for name in set(listing.stdout.split()) if (ROOT / name).exists())


def name_of(path):
    return str(path.relative_to(ROOT))


def manual(name):
    """The source of a page, without its markup of underscores and stars."""
    return (ROOT / "src/man" / f"{name}.scd").read_text().replace("\\", "").replace("*", "")


def test_every_option_stands_in_the_manual(build):
    listing = subprocess.run([build / "mcastd", "--options"], text=True, check=True, capture_output=True).stdout
    options = {line.split()[1] for line in listing.splitlines()[1:]}
    assert len(options) > 15
    missing = [o for o in sorted(options) if not re.search(rf"\b{o}\b", manual("mcastd.conf.5"))]
    assert not missing


def test_every_counter_stands_in_the_manual():
    names = re.findall(r'\[STAT_\w+\] = "(\w+)"', (ROOT / "src/state/stats.c").read_text())
    assert len(names) > 15
    missing = [n for n in names if not re.search(rf"\b{n}\b", manual("mcastd.8"))]
    assert not missing


def test_every_message_id_stands_in_the_manual():
    ids = re.findall(r'"([0-9a-f]{32})"', (ROOT / "src/base/event.c").read_text())
    assert len(ids) > 15
    missing = [i for i in ids if i not in manual("mcastd.8")]
    assert not missing


@pytest.mark.parametrize("path", sorted((ROOT / "conf").rglob("*.conf")), ids=name_of)
def test_the_configurations_that_are_shipped_are_good(path, build, tmp_path):
    # Some sign, with a key that cannot be shipped.
    keys = tmp_path / "keys"
    keys.write_text("7 " + "0123456789abcdef" * 4)
    keys.chmod(0o400)
    env = {**os.environ, "CREDENTIALS_DIRECTORY": str(tmp_path)}
    run = subprocess.run([build / "mcastd", "--check", "-c", path], text=True, capture_output=True, env=env)
    assert (run.returncode, run.stderr) == (0, "")


def test_the_sources_are_formatted():
    files = [str(p) for p in tracked("*.[ch]")]
    assert files
    subprocess.run(["clang-format", "--dry-run", "--Werror", *files], cwd=ROOT, check=True)


def test_the_scripts_are_sound():
    scripts = [str(p) for p in tracked("scripts/*") + tracked(".ci/run") + tracked("cmake/debian/p*")]
    assert len(scripts) > 6
    subprocess.run(["shellcheck", *scripts], cwd=ROOT, check=True)


def functions(path):
    """First line and number of lines of each function: from the brace in the first column to the one that closes it."""
    lines = path.read_text().splitlines()
    for first, line in enumerate(lines):
        if line == "{":
            yield first, lines.index("}", first) - first - 1


def test_files_and_functions_are_short():
    for path in tracked("src/*.c") + tracked("include/*.h"):
        assert len(path.read_text().splitlines()) <= 500, name_of(path)
        assert not [first for first, length in functions(path) if length > 80], name_of(path)


def test_nothing_is_left_undone():
    marks = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b")
    found = [name_of(p) for p in tracked("*") if p.suffix != ".bin" and marks.search(p.read_text(errors="replace"))]
    assert not found
