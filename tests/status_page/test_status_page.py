# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status page in Chromium: it says what the model says, its script works, and nothing that a host says runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

if not shutil.which("chromium"):
    pytest.skip("no chromium here", allow_module_level=True)
pytest.importorskip("playwright", reason="no playwright here: make setup installs it")

from playwright.sync_api import Browser

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.status import definition_words, marks
from chromium import FleetPage, chromium
from invented import NEW, Host, fleet, short, thousand_hosts

EVIL = "</script></noscript><script>window.owned = 1</script><img src=x onerror='window.owned = 2'>\"><b>{{ 7 * 7 }}<!--"
ROWS = """hosts => hosts.flatMap((host) => [...host.querySelectorAll("tr[data-guest]")].map((row) => ({
    host: host.dataset.host, marks: row.dataset.marks.split(" "), cells: [...row.cells].map((cell) => cell.innerText)})))"""
PHONE: dict[str, Any] = {"viewport": {"width": 360, "height": 740}, "is_mobile": True, "has_touch": True}

Show = Callable[..., FleetPage]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests: it takes seconds to start."""
    with chromium() as one:
        yield one


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Show]:
    """Shows the page of a fleet."""
    opened: list[FleetPage] = []

    def open_page(facts: dict[str, Any], fragment: str = "", **window: Any) -> FleetPage:
        opened.append(FleetPage(browser, tmp_path, facts, fragment, **window))
        return opened[-1]

    yield open_page
    for one in opened:
        one.close()


def test_the_page_says_what_the_model_says(show: Show) -> None:
    shown = show(fleet())
    assert shown.embedded() == shown.model
    for name, value in shown.model["summary"].items():
        assert shown.page.locator(f"#sum-{name}").inner_text() == str(value), name
    rows = {(row["host"], row["cells"][0]): row for row in shown.page.locator("details.host").evaluate_all(ROWS)}
    assert len(rows) == len(shown.model["guests"]) == 20
    for guest in shown.model["guests"]:
        row = rows[guest["host"], guest["name"]]
        _name, kind, state, where, image, definition, proof = row["cells"]
        assert (kind, state.split("\n")[0], definition) == (
            guest["type"], guest["state"], definition_words(guest["definition"]))
        assert set(marks(guest)) <= set(row["marks"])
        assert ("stale" in image) == guest["image"]["stale"]
        assert all(one["version"][:8] in image for one in guest["image"]["started_from"])
        assert where.startswith(guest["device_model"] or "–")
        assert guest["problems"] or guest["proof"] in proof
    text = shown.page.locator("body").inner_text()
    assert "Not defined: rescue, test-old" in text


def test_each_problem_and_each_note_is_there_once_with_its_guests(show: Show) -> None:
    shown = show(fleet())
    text = shown.page.locator("body").inner_text()
    for host in shown.model["hosts"]:
        assert text.count(host["reason"]) == 1 or not host["reason"]
    for guest in shown.model["guests"]:
        for line in guest["problems"] + guest["notes"]:
            reason = line.removeprefix(f"guest {guest['name']}: ").split(". Remedy: ")[0]
            entry = shown.page.locator(".entry", has=shown.page.locator(".reason", has_text=reason))
            assert entry.count() == 1
            assert guest["name"] in entry.locator(".places").inner_text().replace(",", "").split()
            assert f"guest {guest['name']}" not in text
    assert shown.page.locator("h2").all_inner_texts() == ["Problems", "What changed", "Hosts"]


def test_what_has_problems_stands_above_what_has_none(show: Show) -> None:
    shown = show(fleet())
    assert shown.hosts() == ["xen2", "xen3", "xen1"]
    assert shown.guests()[:4] == ["win1", "cache2", "build1", "mail1"]


def test_a_problem_leads_to_its_guest_and_the_guest_to_its_problem(show: Show) -> None:
    shown = show(fleet())
    shown.page.locator("details.host").first.evaluate("(host) => { host.open = false; }")
    shown.page.get_by_role("link", name="cache2").first.click()
    row = shown.page.locator("tr[data-guest=cache2]")
    assert row.is_visible()
    assert row.evaluate("(row) => row === document.activeElement")
    row.get_by_role("link", name="problem").click()
    assert "crashed" in shown.page.evaluate("document.activeElement.innerText")
    # Also one that the filter hides.
    shown.page.fill("#filter", "xen1 web1")
    shown.page.evaluate("location.hash = '#problem:1'")
    shown.page.wait_for_function("document.activeElement.id === 'problem:1'")
    assert len(shown.guests()) == 20


def test_it_asks_for_nothing_and_complains_of_nothing(show: Show) -> None:
    shown = show(fleet())
    shown.page.fill("#filter", "web")
    assert shown.complaints == []
    assert shown.requests == [shown.path.as_uri()]


def test_the_filter(show: Show) -> None:
    shown = show(fleet())
    told = shown.page.locator("#shown")
    assert told.inner_text() == ""
    shown.page.fill("#filter", "XEN1 web")
    assert (shown.guests(), shown.hosts()) == (["web1", "web2"], ["xen1"])
    assert told.inner_text() == "2 of 20 guests, 1 of 3 hosts"
    assert shown.page.url.endswith("#XEN1%20web")
    shown.page.fill("#filter", "no route")
    assert (shown.guests(), shown.hosts()) == ([], ["xen3"])
    assert shown.page.locator(".entry:visible").count() == 1
    shown.page.fill("#filter", "read its console log")
    assert shown.guests() == ["cache2", "build1"]
    shown.page.fill("#filter", "nobody has this")
    assert (shown.hosts(), shown.page.locator("#nothing").is_visible()) == ([], True)
    shown.page.get_by_role("button", name="Show all").click()
    assert (len(shown.guests()), len(shown.hosts())) == (20, 3)


@pytest.mark.parametrize("fragment, guests, hosts", [
    ("stale", ["app2", "app3"], ["xen1"]),
    ("pending", ["build1", "app3", "db1"], ["xen2", "xen1"]),
    ("dom0", ["win1", "legacy1"], ["xen2", "xen1"]),
    ("problem", ["win1", "cache2", "build1"], ["xen2", "xen3"]),
    ("unknown", ["cache2", "ci1", "ci2", "ci3", "git1"], ["xen2", "xen3"]),
    ("notseen", ["ci1", "ci2", "ci3", "git1"], ["xen3"]),
    ("foreign", [], ["xen2", "xen1"]),
    ("cache", ["cache1", "cache2"], ["xen2"]),
    ("stale&app3", ["app3"], ["xen1"]),
    ("%E0%A4%A", [], []),
])
def test_a_link_to_what_asks_for_attention(show: Show, fragment: str, guests: list[str], hosts: list[str]) -> None:
    shown = show(fleet(), f"#{fragment}")
    assert (sorted(shown.guests()), shown.hosts()) == (sorted(guests), hosts)
    assert shown.complaints == []


def test_every_number_is_a_link_that_shows_as_many(show: Show) -> None:
    shown = show(fleet())
    counted = {"stale": "stale", "pending": "pending", "running": "running", "stubdom": "in_stub_domains",
               "dom0": "in_dom0", "unknown": "unknown"}
    for mark, name in counted.items():
        shown.page.locator(f"a.tile[href='#{mark}']").click()
        shown.page.wait_for_function("(mark) => document.getElementById('mark').value === mark", arg=mark)
        assert len(shown.guests()) == shown.model["summary"][name] > 0, name
        assert shown.page.locator("a.tile[aria-current=true]").get_attribute("href") == f"#{mark}"
    assert shown.page.locator("a.tile").count() == len(shown.model["summary"])


def test_sorting(show: Show) -> None:
    shown = show({"xen1": Host().guest("b10").guest("a1").guest("b9").facts()})
    button = shown.page.get_by_role("button", name="Guest")
    button.click()
    assert shown.guests() == ["a1", "b9", "b10"]
    assert shown.page.locator("thead th").first.get_attribute("aria-sort") == "ascending"
    button.click()
    assert shown.guests() == ["b10", "b9", "a1"]


def test_the_keyboard_reaches_everything(show: Show) -> None:
    shown = show(fleet())
    keys = shown.page.keyboard
    keys.press("Tab")
    assert shown.page.evaluate("document.activeElement.className") == "skip"
    keys.press("Enter")
    assert shown.page.evaluate("document.activeElement.id") == "hosts"
    keys.press("/")
    keys.type("app1")
    assert shown.guests() == ["app1"]
    keys.press("Escape")
    assert len(shown.guests()) == 20
    shown.page.locator("details.host > summary").first.focus()
    keys.press("Enter")
    assert shown.page.locator("details.host").first.evaluate("(host) => host.open") is False


@pytest.mark.parametrize("window", [{}, PHONE])
def test_a_screen_reader_finds_lists_headings_and_tables(show: Show, window: dict[str, Any]) -> None:
    """Also on a phone, where the rows are no longer laid out as a table."""
    page = show(fleet(), **window).page
    assert page.get_by_role("search").count() == 1
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("table", name="Guests of xen1").count() == 1
    first = page.get_by_role("table", name="Guests of xen2")
    assert first.get_by_role("columnheader").all_text_contents() == [
        "Guest", "Type", "State", "Device model", "Image", "Definition", "Proof"]
    assert first.get_by_role("rowheader", name="win1").count() == 1
    assert [page.get_by_label(name, exact=True).count() for name in ("Filter", "Show")] == [1, 1]
    assert page.get_by_role("status").count() == 1


def test_a_phone_shows_what_each_column_holds(show: Show) -> None:
    page = show(fleet(), **PHONE).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    cut = page.evaluate("""[...document.querySelectorAll("td, tbody th, .entry, .tile")].filter((one) => {
        const box = one.getBoundingClientRect();
        return !box.width || box.left < 0 || box.right > innerWidth || one.scrollWidth > one.clientWidth + 1; }).length""")
    assert cut == 0
    labels = page.locator("tr[data-guest=win1] td").evaluate_all(
        "cells => cells.map((cell) => getComputedStyle(cell, '::before').content)")
    assert labels == [f'"{name}"' for name in ("Type", "State", "Device model", "Image", "Definition", "Proof")]


def test_what_a_host_says_stays_text(show: Show) -> None:
    host = Host(NEW).guest(EVIL, problem=EVIL, image=short(NEW)).foreign(f"x{EVIL}")
    shown = show({f"xen1{EVIL}": {**host.facts(), "failure": EVIL}}, "#")
    page = shown.page
    assert page.evaluate("typeof window.owned") == "undefined"
    assert page.evaluate("document.scripts.length") == 2
    assert page.locator("img, main p b, main td b").count() == 0
    assert shown.embedded() == shown.model
    assert page.locator("tr[data-guest] th").text_content() == EVIL
    assert EVIL in str(page.locator(".entry").first.text_content())
    assert f"Not defined: x{EVIL}" in str(page.locator("[data-foreign]").text_content())
    page.fill("#filter", EVIL.split()[0])
    assert shown.guests() == [EVIL]
    assert shown.complaints == []


def test_the_rules_of_the_page_let_no_other_script_run(show: Show) -> None:
    """Even if something got past the template."""
    shown = show(fleet())
    text = shown.path.read_text(encoding="utf-8")
    shown.path.write_text(text.replace("<main>", "<main><script>window.owned = 1</script>"), encoding="utf-8")
    shown.open()
    assert shown.page.evaluate("typeof window.owned") == "undefined"
    assert any("Content Security Policy" in said for said in shown.complaints)
    assert len(shown.guests()) == 20


def test_without_script_it_is_all_there(show: Show) -> None:
    shown = show(fleet(), java_script_enabled=False)
    assert shown.page.locator(".tools").is_hidden()
    assert shown.page.locator("tr[data-guest]:visible").count() == 20
    assert shown.page.locator(".entry:visible").count() == 8


CONTRAST = """(() => {
  const parts = (words) => words.match(/[\\d.]+/g).map(Number);
  const light = (c) => { const [r, g, b] = c.map((v) => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
                         return .2126 * r + .7152 * g + .0722 * b; };
  const behind = (e) => { for (; e; e = e.parentElement) { const c = parts(getComputedStyle(e).backgroundColor);
                          if (c.length < 4 || c[3] === 1) return c; } return [255, 255, 255]; };
  const low = [];
  for (const e of document.querySelectorAll("body *")) {
    if (![...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim()) || !e.checkVisibility()) continue;
    const [a, b] = [light(parts(getComputedStyle(e).color)), light(behind(e))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) low.push(`${e.tagName} ${e.className} ${ratio}`);
  }
  return low;
})()"""


@pytest.mark.parametrize("scheme, media", [("light", "screen"), ("dark", "screen"), ("dark", "print")])
def test_everything_can_be_read(show: Show, scheme: Any, media: Any) -> None:
    """The contrast that WCAG 2.1 asks for at level AA, in light and dark and on paper."""
    page = show(fleet()).page
    page.emulate_media(color_scheme=scheme, media=media)
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(17, 21, 28)"
    assert dark == ((scheme, media) == ("dark", "screen"))
    assert page.evaluate(CONTRAST) == []


def test_paper_has_all_guests(show: Show) -> None:
    """Also those of hosts that are closed on the screen."""
    shown = show({f"xen{number}": Host().guest(f"a{number}").facts() for number in range(120)})
    assert shown.guests() == []
    shown.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert len(shown.guests()) == 120
    assert shown.page.pdf().startswith(b"%PDF")
    shown.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert shown.page.locator("details.host[open]").count() == 0


def test_a_thousand_hosts_open_and_filter_at_once(show: Show) -> None:
    """By the processor time of the page's own thread, as other tests run beside this one."""
    shown = show(thousand_hosts())
    session = shown.page.context.new_cdp_session(shown.page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def spent() -> float:
        shown.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
        return float(found["TaskDuration"])

    shown.open()
    begin = spent()
    assert begin < 2
    assert shown.page.locator("details.host").count() == 1000
    for words, guests in (("c", 0), ("vm500-", 10), ("xen0005", 10), ("crashed", 40)):
        shown.page.fill("#filter", words)
        now = spent()
        assert now - begin < 0.5, words
        begin = now
        assert len(shown.guests()) >= guests


def test_an_empty_fleet(show: Show) -> None:
    shown = show({})
    assert (shown.hosts(), shown.page.locator("#sum-guests").inner_text()) == ([], "0")
    assert shown.page.locator(".headline").inner_text() == "The fleet has no hosts."
    assert shown.complaints == []
