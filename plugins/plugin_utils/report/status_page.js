// Copyright: (c) 2026, xenfleet contributors
// GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
// SPDX-License-Identifier: GPL-3.0-or-later
"use strict";
// Without this script the page shows the same, without filter and sorting.
const [text, mark, shown, clear, nothing] = ["filter", "mark", "shown", "clear", "nothing"].map((id) => document.getElementById(id));
const hosts = [...document.querySelectorAll("details.host")];
const entries = new Map([...document.querySelectorAll(".entry")].map((entry) => [`#${entry.id}`, entry]));
// A filter opens hosts until this many guests are seen; the others show their number.
const OPENED = 100;
const LETTERS = { amp: "&", lt: "<", gt: ">", "#34": '"', "#39": "'" };
const plain = (html) => html.replace(/<[^>]*>/g, " ").replace(/&(amp|lt|gt|#34|#39);/g, (_all, name) => LETTERS[name]).toLowerCase();
const source = new Map(hosts.map((host) => [host, host.querySelector("noscript").textContent]));
const opened = new Set(hosts.filter((host) => host.open));

// What the filter reads: of each host and each of its guests, its words and its marks.
const known = new Map();
function index(host) {
  if (known.has(host)) return known.get(host);
  const [before, ...pieces] = source.get(host).split("<tr data-guest=");
  const after = pieces.length ? pieces[pieces.length - 1].split("</table>")[1] : "";
  const name = host.dataset.host.toLowerCase();
  const described = (html, marks) => {
    const links = (html.match(/#(?:problem|change):\d+/g) || []).filter((link) => entries.has(link));
    const said = links.map((link) => entries.get(link).querySelector("div").textContent.toLowerCase());
    return { links, marks: marks.split(" "), words: [name, plain(html), ...said].join(" ") };
  };
  const found = {
    own: described(`${before.split("<table")[0]} ${after} ${host.querySelector("summary").innerHTML}`, host.dataset.marks),
    rows: pieces.map((piece) => {
      const html = `<tr data-guest=${piece.split("</tr>")[0]}`;
      return described(html, /data-marks="([^"]*)"/.exec(html)[1]);
    }),
  };
  known.set(host, found);
  return found;
}

// Makes elements of a host's table, which has been text until now; the server's side escaped all that hosts said.
function fill(host) {
  const place = host.querySelector("noscript");
  if (!place) return;
  const body = document.createElement("div");
  body.className = "body";
  body.innerHTML = source.get(host);
  place.replaceWith(body);
  host.rows = [...body.querySelectorAll("tr[data-guest]")];
  for (const head of body.querySelectorAll("thead th")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
  }
  hide(host);
}
function hide(host) {
  if (host.rows) host.rows.forEach((row, place) => { row.hidden = Boolean(host.fits) && !host.fits[place]; });
}

function filter() {
  const wanted = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  const all = !wanted.length && !mark.value;
  const fits = (one) => wanted.every((word) => one.words.includes(word)) && (!mark.value || one.marks.includes(mark.value));
  const links = new Set();
  let [guests, total, seen, room] = [0, 0, 0, OPENED];
  for (const host of hosts) {
    const length = Number(host.dataset.guests);
    total += length;
    if (all) {
      host.fits = undefined;
      [host.hidden, host.open] = [false, opened.has(host)];
      guests += length;
      seen += 1;
      hide(host);
      host.querySelector(".count").textContent = counted(length, "guest");
      continue;
    }
    const { own, rows } = index(host);
    host.fits = rows.map(fits);
    const found = host.fits.filter(Boolean).length;
    const itself = fits(own);
    host.hidden = !found && !itself;
    host.querySelector(".count").textContent = found === length ? counted(length, "guest") : `${found} of ${counted(length, "guest")}`;
    guests += found;
    if (host.hidden) continue;
    seen += 1;
    rows.forEach((row, place) => { if (host.fits[place]) row.links.forEach((link) => links.add(link)); });
    if (itself) own.links.forEach((link) => links.add(link));
    host.open = room > 0;
    room -= Math.max(found, 1);
    if (host.open) fill(host);
    hide(host);
  }
  for (const [link, entry] of entries) entry.hidden = !all && !links.has(link);
  for (const list of document.querySelectorAll(".entries")) list.hidden = !list.querySelector(".entry:not([hidden])");
  for (const rest of document.querySelectorAll(".rest")) {
    rest.hidden = !rest.querySelector(".entry:not([hidden])");
    rest.open = !all;
  }
  nothing.hidden = seen > 0 || !hosts.length;
  clear.hidden = all;
  shown.textContent = all ? "" : `${guests} of ${counted(total, "guest")}, ${seen} of ${counted(hosts.length, "host")}`;
  for (const tile of document.querySelectorAll(".tile")) {
    if (!all && tile.hash === `#${mark.value}`) tile.setAttribute("aria-current", "true"); else tile.removeAttribute("aria-current");
  }
}
const counted = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

// The address has the filter, so that it can be linked to: fleet.html#stale, fleet.html#stale&xen1
const decoded = (part) => { try { return decodeURIComponent(part); } catch { return part; } };
function store() {
  const parts = [mark.value, text.value].filter(Boolean).map(encodeURIComponent);
  history.replaceState(null, "", `#${parts.join("&")}`);
}
function read() {
  if (/^#(host|problem|change):\d+$|^#hosts$/.test(location.hash)) return show(document.getElementById(location.hash.slice(1)));
  const parts = location.hash.slice(1).split("&").map(decoded);
  mark.value = [...mark.options].some((option) => option.value === parts[0]) ? parts.shift() : "";
  text.value = parts.join(" ");
  return filter();
}
function show(target, guest) {
  if (!target) return filter();
  if (target.hidden || target.closest("[hidden]")) reset();
  if (target.closest(".rest")) target.closest(".rest").open = true;
  if (target.matches("details.host")) {
    target.open = true;
    fill(target);
  }
  const row = guest && target.rows.find((one) => one.dataset.guest === guest);
  if (row && row.hidden) reset();
  if (row) target.open = true;
  for (const old of document.querySelectorAll(".found")) old.classList.remove("found");
  const place = row || (target.matches("details.host") ? target.querySelector("summary") : target);
  if (row) {
    row.classList.add("found");
    row.tabIndex = -1;
  }
  place.scrollIntoView({ block: row ? "center" : "start" });
  return place.focus({ preventScroll: true });
}
function reset() {
  [mark.value, text.value] = ["", ""];
  store();
  filter();
}

function sort(head) {
  const up = head.getAttribute("aria-sort") !== "ascending";
  for (const other of head.parentNode.children) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const body = head.closest("table").tBodies[0];
  const key = (row) => row.cells[head.cellIndex].textContent.trim();
  const order = [...body.rows].sort((a, b) => key(a).localeCompare(key(b), undefined, { numeric: true }));
  body.append(...(up ? order : order.reverse()));
}

document.addEventListener("click", (event) => {
  const head = event.target.closest("thead button");
  const link = event.target.closest("a");
  if (head) sort(head.parentNode);
  if (link && /^#(host|problem|change):/.test(link.getAttribute("href"))) {
    event.preventDefault();
    show(document.getElementById(link.getAttribute("href").slice(1)), link.dataset.guest);
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "/" && !event.target.matches("input, select")) {
    event.preventDefault();
    text.focus();
  }
  if (event.key === "Escape" && event.target === text) reset();
});
// Toggle does not bubble.
document.addEventListener("toggle", (event) => {
  const [host] = [event.target];
  if (!host.open) return;
  if (host.matches("details.host")) fill(host);
  const names = host.matches("details.places") && host.querySelector("noscript");
  if (names) {
    const body = document.createElement("p");
    body.innerHTML = names.textContent;
    names.replaceWith(body);
  }
}, true);
// Paper has all hosts that the filter leaves.
const closed = new Set();
window.addEventListener("beforeprint", () => {
  for (const host of hosts.filter((one) => !one.hidden)) {
    fill(host);
    if (!host.open) closed.add(host);
    host.open = true;
  }
});
window.addEventListener("afterprint", () => {
  for (const host of closed) host.open = false;
  closed.clear();
});
text.addEventListener("input", () => { filter(); store(); });
mark.addEventListener("change", () => { filter(); store(); });
clear.addEventListener("click", () => { reset(); text.focus(); });
window.addEventListener("hashchange", read);
document.querySelector(".tools").hidden = false;
for (const host of opened) fill(host);
read();
