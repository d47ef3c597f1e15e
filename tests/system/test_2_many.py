"""As many sections as nobody has, in the limits that the unit sets."""
import re

import pytest

from service import CONFIGURATION

SECTIONS = 2000
FIRST_PORT = 20000


def receivers(share):
    return "".join(f"[MCSERVER.{i}]\nMCAST_GROUP = 239.77.1.1\nINTERFACE = lo\nPORT = {FIRST_PORT + i}\n"
                   f"SHARE = {share}\nRECEIVE_BUFFER = 64K\n" for i in range(SECTIONS))


def reload(service, text):
    """Says what came of it. The journal is spared so many lines at once: it would lose some."""
    service.configuration.write_text(text)
    service.container.run("mcastctl", "log-level", "error")
    return service.container.output("mcastctl", "reload")


@pytest.fixture(scope="module")
def many(service):
    before = service.configuration.read_text()
    yield reload(service, receivers("no"))
    reload(service, before)


def test_there_are_descriptors_for_many_sections(many):
    assert many.startswith(f"reloaded {CONFIGURATION}: ")
    assert f", {SECTIONS} added, " in many


def test_many_sections_need_little_memory(service, many, figures):
    resident = int(service.process_status("VmRSS").removesuffix(" kB"))
    figures(f"resident memory, {SECTIONS} groups", f"{resident / 1024:.1f} MiB")
    assert resident <= 48 * SECTIONS


def test_there_are_descriptors_to_reopen_many_sections_at_once(service, many):
    assert f" {SECTIONS} reopened, " in reload(service, receivers("any"))


def test_many_sections_are_all_well(service, many):
    assert re.match(rf"{SECTIONS} joined, ", service.show("StatusText"))
