# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The configuration of apt, and its sources for another suite."""

from __future__ import annotations

import re

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.builders.linux import (
    sources,
)
from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.errors import BuildError

KEY = "signed-by=/usr/share/keyrings/debian-archive-bookworm-stable.gpg"

LIST = f"""
# deb http://m/debian bookworm main
deb http://m/debian bookworm main contrib # a word
deb [arch=amd64 {KEY}] http://m/bookworm bookworm-security main
  deb\thttp://m/debian\tbookworm-updates\tmain
deb-src http://m/debian bookworm main
deb cdrom:[Debian 12 bookworm]/ bookworm main
deb cdrom:/x bookworm main
deb http://n/chrome stable main
deb http://n/other bookworms main
deb http://n/flat ./
deb http://n/half
"""


def test_sources_of_one_line() -> None:
    made = sources.sources_for_suite({"sources.list": LIST, "empty.list": "\n"}, "bookworm", "trixie")
    assert {name: text.splitlines() for name, text in made.items()} == {
        "sources.list": [
            "deb http://m/debian trixie main contrib",
            f"deb [arch=amd64 {KEY}] http://m/bookworm trixie-security main",
            "deb http://m/debian trixie-updates main",
        ]
    }


DEB822 = """# A comment
Types: deb deb-src
# in between
URIs: http://m/debian http://n/bookworm
Suites: bookworm bookworm-updates
 stable
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 bookworm

Types: deb-src
URIs: http://m/debian
Suites: bookworm
Components: main
\t
Types: deb
Suites: sid
URIs: http://m/debian

types: deb
suites: bookworm-security
Enabled: no
URIs: http://m/security
"""


def test_sources_of_stanzas() -> None:
    made = sources.sources_for_suite({"debian.sources": DEB822}, "bookworm", "trixie")
    assert made == {
        "debian.sources": "Types: deb\nSuites: trixie trixie-updates\nURIs: http://m/debian http://n/bookworm\n"
        "Components: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n bookworm\n\n"
        "Types: deb\nSuites: trixie-security\nEnabled: no\nURIs: http://m/security\n\n"
    }


@pytest.mark.parametrize("own, said", [("jammy", "jammy"), ("", "which has no name")])
def test_sources_that_name_no_suite(own: str, said: str) -> None:
    with pytest.raises(BuildError) as caught:
        sources.sources_for_suite({"sources.list": "deb http://m stable main\n"}, own, "trixie")
    assert str(caught.value) == (
        f"the build host's apt sources name no archive of its own suite ({said}), so it is unknown where "
        "trixie is. Remedy: name the archives in sources."
    )


@pytest.mark.parametrize(
    "text, name",
    [('NAME="x"\nVERSION_CODENAME=bookworm\n', "bookworm"), ('VERSION_CODENAME="noble"', "noble"), ("ID=debian\n", "")],
)
def test_the_suite_of_a_machine(text: str, name: str) -> None:
    assert sources.codename(text) == name


def test_apt_keeps_to_its_folder() -> None:
    conf = sources.apt_conf("/home/a b/apt", ['Acquire::http::Proxy "http://p";'])
    said = dict(re.findall(r'^(\S+) "(.*)";$', conf, re.MULTILINE))
    # apt reads hooks from the folder Dir::Etc::parts, which lies below Dir::Etc; so do its sources and preferences.
    assert said["Dir::Etc"] == "/home/a b/apt/etc"
    assert [said[f"Dir::{name}"] for name in ("State", "State::status", "Cache", "Log")] == [
        "/home/a b/apt/state",
        "/home/a b/apt/state/status",
        "/home/a b/apt/cache",
        "/home/a b/apt/log",
    ]
    assert [value for value in said.values() if value.startswith("/etc/")] == [
        "/etc/apt/trusted.gpg",
        "/etc/apt/trusted.gpg.d",
        "/etc/apt/auth.conf",
        "/etc/apt/auth.conf.d",
    ]
    assert (said["APT::Update::Error-Mode"], said["Acquire::http::Proxy"]) == ("any", "http://p")


@pytest.mark.parametrize("folder", ['/a"b', "/a\\b", "/a\nb", "/a;b"])
def test_a_folder_that_apt_could_misread(folder: str) -> None:
    with pytest.raises(BuildError, match="apt cannot work in"):
        sources.apt_conf(folder, [])


def test_only_the_settings_for_archives_are_taken_from_the_host() -> None:
    dump = 'Acquire::https::Verify-Peer "1";\nAcquire::httpsomething "x";\nAcquire::Retries "3";\n'
    dump += 'Acquire::IndexTargets "";\n'
    assert sources.archive_settings(dump + 'APT::Update::Post-Invoke:: "rm";\n') == [
        'Acquire::https::Verify-Peer "1";',
        'Acquire::Retries "3";',
    ]
