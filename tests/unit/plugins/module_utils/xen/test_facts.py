# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host has, told by its release or read in its stubdom-dm."""

from __future__ import annotations

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.facts import assumed, dm_config_of
from ansible_collections.xenfleet.stubdom.plugins.module_utils.xen.releases import Release

SHELL = "#!/bin/bash\n# starts a stub domain\nwhile xm list | grep $domname-dm\ndo\n\tsleep 1\ndone\n"


@pytest.mark.parametrize(
    "line, dm_config",
    [
        # 3.3.0-rc1
        (r'creation="xm create -c stubdom-$domname target=$domid memory=32 extra=\"$extra\""', "stubdom-{}"),
        # 3.3.0-rc7
        (r'creation="xm create -c $domname-dm target=$domid memory=32 extra=\"$extra\""', "{}-dm"),
        # 3.4.0-rc2
        (r'creation="xm create -c $domname-dm target=$domid memory=32 videoram=$videoram extra=\"$extra\""', "{}-dm"),
        # 3.4.0-rc3
        (r'creation="xm create -c /etc/xen/stubdoms/$domname-dm target=$domid memory=32 extra=\"$extra\""', ""),
        # 4.0 to 4.20
        ('xm create -c ${stubdom_configdir}/$domname-dm target=$domid memory=32 extra="$extra" < /tmp/$domname-dm &', ""),
        # Not Xen's, and clear.
        ("xm create -c ${domname}_dm target=$domid", "{}_dm"),
        ('xm create -c "$domname-dm" target=$domid', "{}-dm"),
        ("xm create -c '$domname-dm' target=$domid", "{}-dm"),
    ],
)
def test_what_an_installed_script_starts(line: str, dm_config: str) -> None:
    assert dm_config_of(f"{SHELL}{line}\n") == dm_config
    # A comment says nothing.
    assert dm_config_of(f"#xm create -c evil-$domname target=1\n{SHELL}{line}\n# {line}\n") == dm_config


@pytest.mark.parametrize(
    "script",
    [
        "",
        SHELL,
        "#xm create -c $domname-dm target=$domid",
        "xl create $domname-dm target=$domid",
        "xm create $domname-dm target=$domid",
        "xm create -c target=$domid",
        # A fixed name, another variable, and the guest's own file.
        "xm create -c stubdom target=$domid",
        "xm create -c $name-dm target=$domid",
        "xm create -c $domname_dm target=$domid",
        "xm create -c $domname target=$domid",
        "xm create -c $domname-$domname target=$domid",
        "xm create -c $domname-$$ target=$domid",
        # A folder, and nobody says that the script writes there.
        "xm create -c /etc/xen/$domname-dm target=$domid",
        "xm create -c ../$domname-dm target=$domid",
        # Places for a name that the script does not mean.
        "xm create -c {}-dm target=$domid",
        "xm create -c {}$domname target=$domid",
        "xm create -c {0.__class__}$domname target=$domid",
        "xm create -c $domname{ target=$domid",
        "xm create -c {domname}-dm target=$domid",
        # Options, commands and strings.
        "xm create -c -$domname target=$domid",
        "xm create -c $domname;reboot target=$domid",
        "xm create -c `id`$domname target=$domid",
        'xm create -c $domname"dm target=$domid',
        r"xm create -c \"$domname-dm\" target=$domid",
        "xm create -c $domname\u00e9 target=$domid",
        # Two answers are none.
        "xm create -c $domname-dm target=1\nxm create -c stubdom-$domname target=1\n",
        "\0" * 1000,
    ],
)
def test_a_script_that_is_not_understood(script: str) -> None:
    assert dm_config_of(script) is None


@pytest.mark.parametrize(
    "release, folder, built, dm_config",
    [
        ((3, 3), "/usr/lib/xen", True, "{}-dm"),
        ((3, 4), "/usr/lib/xen", True, ""),
        ((4, 2), "/usr/lib/xen", True, ""),
        ((4, 3), "/usr/local/lib/xen", True, ""),
        ((4, 15), "/usr/local/lib/xen", True, ""),
        ((4, 16), "/usr/local/lib/xen", False, ""),
        ((4, 22), "/usr/local/lib/xen", False, ""),
    ],
)
def test_what_is_assumed_of_a_release(release: Release, folder: str, built: bool, dm_config: str) -> None:
    """From 4.16 on Xen's build makes neither mini-OS stub domain nor PV-GRUB unless it is asked to."""
    found = assumed(release, "xl", {"mine": "/m"})
    names = ["ioemu-stubdom.gz", "pv-grub-x86_64.gz", "pv-grub-x86_32.gz"] if built else []
    own = {name: f"{folder}/boot/{name}" for name in ["hvmloader", *names]}
    assert found.images == {**own, "mine": "/m"}
    assert (found.release, found.toolstack, found.dm_config) == (release, "xl", dm_config)
    assert found.stubdom_dm == (f"{folder}/bin/stubdom-dm" if built else "")


def test_an_image_that_is_known_goes_before_an_assumed_one() -> None:
    assert assumed((4, 1), "xm", {"hvmloader": "/mine"}).images["hvmloader"] == "/mine"


@pytest.mark.parametrize("scheme, naming", [("auto", ""), ("paired", "{}-dm"), ("generated", "")])
def test_the_scheme_decides_between_the_two_ways_of_3_4(scheme: str, naming: str) -> None:
    assert assumed((3, 4), "xm", {}, scheme).dm_config == naming


def test_what_xen_built_itself_is_kept_apart_from_what_was_installed_beside() -> None:
    found = assumed((4, 1), "xm", {"pvgrub2-x86_64": "/store/p"})
    assert "pvgrub2-x86_64" in found.images
    assert "pvgrub2-x86_64" not in found.own
    assert found.own["ioemu-stubdom.gz"] == found.images["ioemu-stubdom.gz"]
