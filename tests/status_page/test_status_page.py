# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The status page in Chromium: it says what the model says, its script works, and nothing that a host says runs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.status import definition_words, marks, model
from ansible_collections.xenfleet.stubdom.plugins.plugin_utils.report.status_page import status_page
from browser import Browser
from invented import NEW, TIME, Host, fleet, short

if not shutil.which("chromium"):
    pytest.skip("no chromium here", allow_module_level=True)

ROWS = """[...document.querySelectorAll("tr[data-guest]")].map((row) => ({
    host: row.closest("section").dataset.host, name: row.cells[0].innerText, type: row.cells[1].innerText,
    state: row.cells[2].querySelector(".mark").innerText, model: row.cells[3].innerText, image: row.cells[4].innerText,
    definition: row.cells[5].innerText, marks: row.dataset.marks, text: row.cells[6].innerText}))"""
SHOWN = '[...document.querySelectorAll("tr[data-guest]:not([hidden])")].map((row) => row.dataset.guest)'
HOSTS = '[...document.querySelectorAll("section[data-host]:not([hidden])")].map((host) => host.dataset.host)'
EVIL = "</script><script>window.owned = 1</script><img src=x onerror='window.owned = 2'>\"><b>{{ 7 * 7 }}<!--"


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One for all tests: it takes seconds to start."""
    with Browser(tmp_path_factory.mktemp("browser")) as one:
        yield one


def show(browser: Browser, folder: Path, facts: dict[str, Any], fragment: str = "") -> dict[str, Any]:
    """Open the page of a fleet; its model."""
    found = model(facts, TIME)
    page = folder / "fleet.html"
    page.write_text(status_page(found), encoding="utf-8")
    browser.open(page, fragment)
    return found


def type_in(browser: Browser, words: str) -> None:
    """Into the box of the filter, which the page's script calls text."""
    browser.run(f"text.value = {json.dumps(words)}; text.dispatchEvent(new Event('input'))")


def test_the_page_says_what_the_model_says(browser: Browser, tmp_path: Path) -> None:
    found = show(browser, tmp_path, fleet())
    assert json.loads(browser.run('document.getElementById("model").textContent')) == found
    for name, value in found["summary"].items():
        assert browser.run(f'document.getElementById("sum-{name}").innerText') == str(value), name
    rows = browser.run(ROWS)
    assert [(row["host"], row["name"], row["state"]) for row in rows] == [
        (guest["host"], guest["name"], guest["state"]) for guest in found["guests"]]
    for row, guest in zip(rows, found["guests"], strict=True):
        assert row["definition"] == definition_words(guest["definition"])
        assert (row["type"], row["marks"].split()) == (guest["type"], marks(guest))
        assert ("stale" in row["image"]) == guest["image"]["stale"]
        assert all(one["version"][:8] in row["image"] for one in guest["image"]["started_from"])
        assert row["model"].split("\n")[0].startswith(guest["device_model"] or "–")
        assert all(line in row["text"] for line in guest["problems"] + guest["notes"])
    text = browser.run("document.body.innerText")
    assert all(host["reason"] in text for host in found["hosts"])
    assert "Not defined: rescue, test-old" in text


def test_it_asks_for_nothing_and_complains_of_nothing(browser: Browser, tmp_path: Path) -> None:
    show(browser, tmp_path, fleet())
    type_in(browser, "web")
    assert browser.complaints() == []
    assert browser.requests() == [(tmp_path / "fleet.html").as_uri()]


def test_the_filter(browser: Browser, tmp_path: Path) -> None:
    show(browser, tmp_path, fleet())
    assert browser.run('document.getElementById("shown").innerText') == "20 guests"
    type_in(browser, "XEN1 web")
    assert (browser.run(SHOWN), browser.run(HOSTS)) == (["web1", "web2"], ["xen1"])
    assert browser.run('document.getElementById("shown").innerText') == "2 of 20 guests"
    type_in(browser, "no route")
    assert (browser.run(SHOWN), browser.run(HOSTS)) == ([], ["xen3"])
    type_in(browser, "")
    assert (len(browser.run(SHOWN)), browser.run(HOSTS)) == (20, ["xen1", "xen2", "xen3"])


@pytest.mark.parametrize("mark, guests, hosts", [
    ("stale", ["app2", "app3"], ["xen1"]),
    ("pending", ["app3", "db1", "build1"], ["xen1", "xen2"]),
    ("dom0", ["legacy1", "win1"], ["xen1", "xen2"]),
    ("problem", ["win1", "cache2", "build1"], ["xen2", "xen3"]),
    ("unknown", ["ci1", "ci2", "ci3", "git1"], ["xen3"]),
    ("cache", ["cache1", "cache2"], ["xen2"]),
])
def test_a_link_to_what_asks_for_attention(
    browser: Browser, tmp_path: Path, mark: str, guests: list[str], hosts: list[str]
) -> None:
    show(browser, tmp_path, fleet(), f"#{mark}")
    assert (browser.run(SHOWN), browser.run(HOSTS)) == (guests, hosts)
    assert browser.complaints() == []


def test_sorting(browser: Browser, tmp_path: Path) -> None:
    show(browser, tmp_path, {"xen1": Host().guest("b10").guest("a1").guest("b9").facts()})
    button = 'document.querySelector("th.guest button").click()'
    browser.run(button)
    assert browser.run(SHOWN) == ["a1", "b9", "b10"]
    assert browser.run('document.querySelector("th.guest").getAttribute("aria-sort")') == "ascending"
    browser.run(button)
    assert browser.run(SHOWN) == ["b10", "b9", "a1"]


def test_what_a_host_says_stays_text(browser: Browser, tmp_path: Path) -> None:
    host = Host(NEW).guest(EVIL, problem=EVIL, image=short(NEW)).foreign(f"x{EVIL}")
    facts = {f"xen1{EVIL}": {**host.facts(), "failure": EVIL}}
    found = show(browser, tmp_path, facts, "#")
    assert browser.run("typeof window.owned") == "undefined"
    assert browser.run("document.scripts.length") == 2
    assert browser.run('document.querySelectorAll("img, main b").length') == 0
    assert json.loads(browser.run('document.getElementById("model").textContent')) == found
    row = browser.run(ROWS)[0]
    assert row["name"] == " ".join(EVIL.split())
    assert EVIL in row["text"]
    assert browser.run(f'document.body.innerText.includes({json.dumps("Not defined: x" + EVIL)})') is True
    assert browser.complaints() == []


def test_the_rules_of_the_page_let_no_other_script_run(browser: Browser, tmp_path: Path) -> None:
    """Even if something got past the template."""
    page = tmp_path / "fleet.html"
    text = status_page(model(fleet(), TIME)).replace("<main>", "<main><script>window.owned = 1</script>")
    page.write_text(text, encoding="utf-8")
    browser.open(page)
    assert browser.run("typeof window.owned") == "undefined"
    assert any("Content Security Policy" in said for said in browser.complaints())
    assert browser.run('document.getElementById("shown").innerText') == "20 guests"


def test_without_script_it_is_all_there(browser: Browser, tmp_path: Path) -> None:
    browser.call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        show(browser, tmp_path, fleet())
        assert browser.run("document.querySelector('.tools').hidden") is True
        assert len(browser.run(SHOWN)) == 20
    finally:
        browser.call("Emulation.setScriptExecutionDisabled", value=False)


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


@pytest.mark.parametrize("feature, value", [("light", "screen"), ("dark", "screen"), ("dark", "print")])
def test_everything_can_be_read(browser: Browser, tmp_path: Path, feature: str, value: str) -> None:
    """The contrast that WCAG 2.1 asks for at level AA, in light and dark and on paper."""
    features = [{"name": "prefers-color-scheme", "value": feature}]
    browser.call("Emulation.setEmulatedMedia", media=value, features=features)
    try:
        show(browser, tmp_path, fleet())
        dark = browser.run("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 29)"
        assert dark == ((feature, value) == ("dark", "screen"))
        assert browser.run(CONTRAST) == []
    finally:
        browser.call("Emulation.setEmulatedMedia", media="", features=[])


def test_an_empty_fleet(browser: Browser, tmp_path: Path) -> None:
    show(browser, tmp_path, {})
    assert (browser.run(HOSTS), browser.run('document.getElementById("sum-guests").innerText')) == ([], "0")
    assert browser.complaints() == []
