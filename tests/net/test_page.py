"""The page that mcastd serves, as a browser shows it."""
import pytest

from browser import Browser
from daemon import emitter, receiver
from lan import Lan, eventually
from signing import Key, Speaker, keys_file

URL = "http://127.0.0.1:9464/"
HTTP = "[DAEMON]\nNODE = rack-a\nHTTP = 127.0.0.1:9464\nRUNTIME_DIR = {}\n"
NARROW, WIDE = (390, 844), (1280, 900)


@pytest.fixture(scope="module")
def lan():
    """One for all tests here, because the browser is bound to a host, and slow to start."""
    lan = Lan("10.0.0")
    yield lan
    lan.close()


@pytest.fixture(scope="module")
def here(lan):
    return lan.host()


@pytest.fixture(scope="module")
def there(lan, here):
    return lan.host()


@pytest.fixture(scope="module")
def chromium(here, tmp_path_factory):
    browser = Browser(here, tmp_path_factory.mktemp("browser"))
    yield browser
    browser.close()


@pytest.fixture
def browser(chromium, mcastd):
    """Wide, and without a complaint at the end: no script has failed, and nothing was against the page's policy.
    It leaves the page before the daemons of the test are stopped."""
    chromium.resize(*WIDE)
    chromium.complaints()
    yield chromium
    complaints = chromium.complaints()
    chromium.open("about:blank")
    assert complaints == []


@pytest.fixture
def served(here, mcastd, browser, folder):
    """Starts a mcastd with these sections, which serves the page, and opens that: served(configuration)."""
    def start(config):
        daemon = mcastd(here, HTTP.format(folder) + config)
        browser.open(URL)
        browser.wait_for_text("#node", "rack-a")
        return daemon
    return start


def rows(browser, table):
    """Of those that are shown, from the top: the cells by the title of the column, and the classes as "class"."""
    return browser.run("""
        return Array.from(document.querySelectorAll(`#${arguments[0]} tbody tr`), row => Object.fromEntries(
            [["class", row.className], ...Array.from(row.children, cell => [cell.dataset.label, cell.textContent])]))
        """, table)


def wait_for_rows(browser, table, column, *expected):
    """Until this column has exactly these cells, from the top."""
    def cells():
        return tuple(row[column] for row in rows(browser, table))
    eventually(lambda: cells() == expected, lambda: f"{expected} as {column} of {table}, not {cells()}")


def test_a_peer_that_dies_turns_red_and_comes_first(here, there, mcastd, browser, served):
    peer = mcastd(there, emitter(INTERVAL="250ms"))
    served(receiver(DEAD_AFTER="2s") + emitter(INTERVAL="250ms"))
    wait_for_rows(browser, "peers", "State", "up", "up")
    assert [row["Address"] for row in rows(browser, "peers")] == ["10.0.0.1this host", "10.0.0.2"]
    peer.kill()
    wait_for_rows(browser, "peers", "State", "down", "up")
    dead = rows(browser, "peers")[0]
    assert dead["Address"] == "10.0.0.2" and "down" in dead["class"].split()
    red, green, blue = browser.run("""
        return getComputedStyle(document.querySelector("#peers tr.down th span")).color.match(/[0-9]+/g).map(Number)
        """)
    assert red > 2 * green and red > 2 * blue
    browser.wait_for_text("#verdict", "1\N{NO-BREAK SPACE}peer is down")


def test_a_payload_stays_text(there, browser, served):
    served(receiver())
    there.send(b"<script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m\0\xff", "239.1.1.1", 5001)
    shown = r"<script>alert(1)</script><img src=x onerror=alert(2)>\x1b[31m\x00\xff"
    wait_for_rows(browser, "peers", "Last payload", shown)
    assert browser.run("return document.querySelectorAll('main :is(script, img)').length") == 0


def test_a_group_tells_its_state_and_why(browser, served):
    served(receiver("MCSERVER.good") + receiver("MCSERVER.bad", PORT=5002, INTERFACE="eth9"))
    wait_for_rows(browser, "groups", "Section", "mcserver.bad", "mcserver.good")
    bad, good = rows(browser, "groups")
    assert "waiting" in bad["class"].split() and "there is no interface eth9" in bad["State"]
    assert "active" in good["class"].split() and good["Group"] == "239.1.1.1:5001" and good["Interface"] == "eth0"
    browser.wait_for_text("#verdict", "Attention [mcserver.bad] waiting: there is no interface eth9")


def test_a_wrong_clock_and_a_full_table_deserve_attention(there, browser, served):
    served(receiver(PEERS=1))
    there.send(b"ATU 2020-02-20T20:20:20.202020Z node=rack4-7", "239.1.1.1", 5001)
    browser.wait_for_text("#verdict", "Attention 1\N{NO-BREAK SPACE}clock is wrong; no place for more peers")
    browser.wait_for_text("#peers tbody", "rack4-7")


def test_who_refuses_all_that_it_hears_deserves_attention(folder, there, browser, served):
    daemon = served(f"KEYS = {keys_file(f'{folder}/keys', Key(1))}\n" + receiver(AUTH="enforce"))
    for refused in range(1, 4):
        there.send(b"not signed", "239.1.1.1", 5001)
        daemon.wait_for_counters("mcserver", dropped_plain=refused)
    browser.wait_for_text("#verdict", "Attention 1\N{NO-BREAK SPACE}receiver refuses all that it hears")


def test_a_peer_whose_datagrams_are_refused_is_told_why(folder, there, browser, served):
    key = Key(1)
    daemon = served(f"KEYS = {keys_file(f'{folder}/keys', key)}\n" + receiver(AUTH="enforce"))
    there.send(Speaker(key).sign(b"hello"), "239.1.1.1", 5001)
    wait_for_rows(browser, "peers", "State", "new")
    there.send(Speaker(Key(2)).sign(b"hello"), "239.1.1.1", 5001)
    daemon.wait_for_counters("mcserver", dropped_unknown_key=1)
    wait_for_rows(browser, "peers", "State", "newrefused: unknown key")
    browser.run("filter.value = 'refused'; filter.dispatchEvent(new Event('input'))")
    wait_for_rows(browser, "peers", "Address", "10.0.0.2")
    browser.run("filter.value = ''; filter.dispatchEvent(new Event('input'))")


def test_datagrams_drops_and_acks_are_counted(there, browser, served):
    served(receiver(HANDLERS="ack", ALLOW="10.0.0.2/32") + receiver("MCSERVER.b", ALLOW="10.0.0.99/32", PORT=5002))
    for _ in range(3):
        there.ask(b"x", "239.1.1.1", 5001)
        there.send(b"x", "239.1.1.1", 5002)
    wait_for_rows(browser, "groups", "Acks", "3\N{NO-BREAK SPACE}sent", "–")
    wait_for_rows(browser, "groups", "Drops", "0", "33\N{NO-BREAK SPACE}foreign")


def test_the_rate_of_datagrams_is_shown_and_drawn(browser, served):
    served(receiver() + emitter(INTERVAL="250ms"))
    eventually(lambda: all(row["Datagrams/s"] not in ("–", "0.0") for row in rows(browser, "groups")), "a rate")
    for place in "#groups", "#totals":
        curve = browser.run("return document.querySelector(arguments[0]).getAttribute('d')", f"{place} path + path")
        assert curve.startswith("M")


def test_sources_of_acks_are_listed(here, there, mcastd, browser, served):
    mcastd(there, receiver(HANDLERS="ack"))
    served(emitter(INTERVAL="250ms"))
    wait_for_rows(browser, "acks", "Address", "10.0.0.2")
    eventually(lambda: int(rows(browser, "acks")[0]["Acked"]) > 1, "more acks")
    assert rows(browser, "acks")[0]["Round trip"].endswith(" ms")


def test_the_filter_works_by_keyboard(here, there, browser, served):
    served(receiver("MCSERVER.a") + receiver("MCSERVER.b", PORT=5002))
    there.send(b"first", "239.1.1.1", 5001)
    here.send(b"second", "239.1.1.1", 5002)
    wait_for_rows(browser, "peers", "Last payload", "second", "first")
    browser.press("/", *"SECOND")
    wait_for_rows(browser, "peers", "Last payload", "second")
    wait_for_rows(browser, "groups", "Section")
    browser.wait_for_text("#groups", "Nothing matches the filter")
    browser.press("Escape")
    wait_for_rows(browser, "peers", "Last payload", "second", "first")
    browser.press(*"server.b")
    wait_for_rows(browser, "groups", "Section", "mcserver.b")
    wait_for_rows(browser, "peers", "Last payload", "second")


def test_columns_are_sorted_by_keyboard(here, there, browser, served):
    served(receiver())
    here.send(b"10", "239.1.1.1", 5001)
    there.send(b"9", "239.1.1.1", 5001)
    wait_for_rows(browser, "peers", "Last payload", "10", "9")
    browser.run("document.querySelector('#peers th.payload button').focus()")
    browser.press("Enter")
    wait_for_rows(browser, "peers", "Last payload", "9", "10")
    assert browser.run("return document.querySelector('#peers th.payload').ariaSort") == "ascending"
    browser.press("Enter")
    wait_for_rows(browser, "peers", "Last payload", "10", "9")
    assert browser.run("return document.querySelector('#peers th.payload').ariaSort") == "descending"


def test_rows_and_what_is_selected_in_them_stay_while_figures_change(here, there, browser, served):
    served(receiver() + emitter(INTERVAL="250ms"))
    there.send(b"first", "239.1.1.1", 5001)
    wait_for_rows(browser, "peers", "Address", "10.0.0.2", "10.0.0.1this host")
    browser.run("getSelection().selectAllChildren(document.querySelector('#peers tbody th span'))")
    there.send(b"second", "239.1.1.1", 5001)
    eventually(lambda: "second" in browser.text("#peers"), "the second payload")
    assert browser.run("return String(getSelection())") == "10.0.0.2"


def test_of_many_rows_the_first_500_are_shown_and_the_others_counted(there, browser, served):
    served(receiver())
    for number in range(600):
        there.forge(f"10.0.{1 + number // 200}.{1 + number % 200}", 5001, "239.1.1.1", 5001, b"x")
    browser.wait_for_text("#peers-count", "600")
    assert len(rows(browser, "peers")) == 500
    browser.wait_for_text("#peers > p", "100 more not shown")


def test_a_state_of_several_parts_is_shown_whole(there, browser, served):
    served("".join(receiver(f"MCSERVER.{number}", PORT=6000 + number) for number in range(300)))
    there.send(b"x", "239.1.1.1", 6299)
    wait_for_rows(browser, "peers", "Section", "mcserver.299")
    assert len(rows(browser, "groups")) == 300


def test_the_page_never_scrolls_sideways(there, browser, served):
    name, group = "MCSERVER." + "long" * 12, "ff15:1234:5678:9abc:def0:1234:5678:9abc"
    served(receiver(name, MCAST_GROUP=group) + receiver(f"{name}.waits", PORT=5002, INTERFACE="eth9") + emitter())
    there.send(b"\xff" * 200, group, 5001)
    eventually(lambda: r"\xff" in browser.text("#peers"), "the peer")
    for width in 320, 360, NARROW[0], 768, 1024, WIDE[0]:
        browser.resize(width, NARROW[1])
        overhang = browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert overhang <= 0, f"{overhang} pixels at {width}"


def test_a_daemon_that_does_not_answer_is_told_and_its_return_too(mcastd, browser, served, here, folder):
    daemon = served(receiver())
    browser.wait_for_text("#verdict", "Healthy")
    assert daemon.stop() == 0
    browser.wait_for_text("#verdict", "No answer since ")
    browser.wait_for_text("#age", "old")
    mcastd(here, HTTP.format(folder) + receiver("MCSERVER.again"))
    browser.wait_for_text("#verdict", "Healthy")
    assert browser.text("#age") == ""
    wait_for_rows(browser, "groups", "Section", "mcserver.again")
    # That nobody listens is what the browser, too, complains of.
    eventually(lambda: all("ERR_CONNECTION_REFUSED" in line for line in browser.complaints()), "no other complaints")


def test_while_the_page_is_hidden_it_does_not_ask(there, mcastd, browser, served):
    mcastd(there, emitter(INTERVAL="250ms"))
    served(receiver())
    browser.run("""
        const fetch = window.fetch;
        window.asked = 0;
        window.fetch = (...question) => { window.asked++; return fetch(...question); };
        """)
    eventually(lambda: browser.run("return window.asked") > 1, "the page to ask")
    pretend_hidden(browser, True)
    asked = browser.run("return window.asked")
    with there.member("239.1.1.1", 5001) as sock:
        for _ in range(14):
            sock.recv(64)
    assert browser.run("return window.asked") == asked
    pretend_hidden(browser, False)
    eventually(lambda: browser.run("return window.asked") > asked, "the page to ask again")


def pretend_hidden(browser, hidden):
    browser.run("""
        Object.defineProperty(document, "hidden", { value: arguments[0], configurable: true });
        document.dispatchEvent(new Event("visibilitychange"));
        """, hidden)
