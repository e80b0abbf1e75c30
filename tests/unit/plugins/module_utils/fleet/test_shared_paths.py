# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.tests.unit.fleets import meet, met, pair, with_setting

USER = "device_model_user"


@pytest.mark.parametrize(
    "key, one, other, meets",
    [
        ("serial", "file:/var/log/a.log", ["pty", "file:/var/log//a.log"], True),
        ("serial", "file:/var/log/a.log", "file:/var/log/b.log", False),
        ("serial", "file:/dev/null", "file:/dev/null", False),
        ("serial", "pipe:/run/a", "unix:/run/a,server,nowait", True),
        # Clients of one server.
        ("serial", "unix:/run/a", "unix:/run/a", False),
        ("serial", "/dev/ttyS0", "/dev/ttyS0", True),
        ("serial", "pty", "pty", False),
        ("parallel", "/dev/parport0", "/dev/parport0", True),
        ("monitor_path", "unix:/run/m,server", "unix:/run/m,server,nowait", True),
        ("device_model_args", ["-qmp", "unix:/run/q,server"], ["-d", "-chardev", "socket,id=q,path=/run/q,server=on"], True),
        ("device_model_args_hvm", ["-serial", "file:/a"], ["-serial", "file:/b"], False),
        ("device_model_args", ["-debugcon", "file:/a"], ["-debugcon", "file:/a"], True),
        ("channel", ["connection=socket,path=/run/a,name=n"], ["name=m,path=/run//a,connection=socket"], True),
        ("channel", ["connection=socket,path=/run/a,name=n"], ["connection=socket,path=/run/b,name=n"], False),
        ("channel", ["connection=pty,name=n"], ["connection=pty,name=n"], False),
        ("p9", ["tag=t,security_model=none,path=/srv/share"], ["tag=u,security_model=none,path=/srv/share/"], True),
        ("p9", ["tag=t,security_model=none,path=/srv/a"], ["tag=t,security_model=none,path=/srv/b"], False),
        ("p9", ["tag=t,path=/srv/a,backend=files"], ["tag=t,path=/srv/a"], False),
        ("p9", ["type=xen_9pfsd"], ["type=xen_9pfsd"], False),
        (USER, "qemu-a", "qemu-a", True),
        (USER, "qemu-a", "qemu-b", False),
        (USER, "", "", False),
    ],
)
def test_paths_and_users(key: str, one: Any, other: Any, meets: bool) -> None:
    assert all(meet(key, *users) == meets for users in ((one, other), (other, one)))
    assert pair(key, one, other, host="y") == pair(key, one, other, state="stopped") == []


def test_a_channel_and_a_serial_port() -> None:
    channel, port = with_setting("a", "channel", ["connection=socket,path=/run/a,name=n"]), with_setting("b", "serial", "unix:/run/a,server")
    assert [row[1:] for row in met(("x", channel), ("x", port))] == [
        ("a", "settings.channel", "b on x"),
        ("b", "settings.serial", "a on x"),
    ]
