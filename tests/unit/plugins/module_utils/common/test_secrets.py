# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common.secrets import (
    hide,
    hide_parts,
    is_secret,
    secrets_in,
    without_secrets,
)

# Deeper than Python's own recursion goes.
DEEP: Any = []
for _level in range(100_000):
    DEEP = [DEEP]


@pytest.mark.parametrize("key", [
    "passwd", "vncpasswd", "spicepasswd", "password", "VNCPassword", "passw", "chap_secret", "settings.vncpasswd", "passphrase",
    "disks[0].options.my-secret", "pwd", "root_pw", "x.token", "PSK", "apikey", "api_key", "x.access_key", "authkey", "private_key",
    "credentials",
])
def test_keys_of_passwords(key: str) -> None:
    assert is_secret(key) is True


@pytest.mark.parametrize("key", ["passthrough", "pass", "keymap", "key", "tokens", "vpwd", "target", "pwd_file", "", None, 7, b"passwd", ("passwd",)])
def test_keys_of_no_password(key: Any) -> None:
    assert is_secret(key) is False


@pytest.mark.parametrize(
    "value, key, seen",
    [
        ("abc", "keymap", "abc"),
        ("abc", "passwd", "********"),
        (["abc"], "passwd", "********"),
        ({"a": "abc"}, "vncpasswd", "********"),
        (7, "passwd", "********"),
        ("", "passwd", "********"),
        (None, "passwd", None),
        ("vnc=1,vncpasswd=abc,sdl=1", "vfb", "vnc=1,vncpasswd=********,sdl=1"),
        ("vncpasswd = abc", "vfb", "vncpasswd = ********"),
        ("type: vnc, passwd: abc", "display", "type: vnc, passwd: ********"),
        ("PASSWORD=abc", "extra", "PASSWORD=********"),
        ("passwd=abc,vncpasswd=def", "x", "passwd=********,vncpasswd=********"),
        ("the password of all", "x", "the password of all"),
        (["a", 7, "passwd=abc", {"Passwd": "abc", "b": ["passwd=abc"]}], "x", [
            "a", 7, "passwd=********", {"Passwd": "********", "b": ["passwd=********"]}
        ]),
        ({None: "abc", 7: "passwd=abc", ("a",): 1}, "x", {None: "abc", 7: "passwd=********", ("a",): 1}),
        (1.5, "x", 1.5),
        (b"abc", "x", b"abc"),
        (["-q", "--password", "abc", "-vnc", ":1,password"], "x", ["-q", "--password", "********", "-vnc", ":1,password"]),
        (["--password-file", "/a"], "x", ["--password-file", "/a"]),
        ([[[[[[[[[1]]]]]]]]], "x", [[[[[[[["..."]]]]]]]]),
        ([[[[[[[[]]]]]]]], "x", [[[[[[[[]]]]]]]]),
    ],
)
def test_without_secrets(value: Any, key: str, seen: Any) -> None:
    before = repr(value)
    assert without_secrets(value, key) == seen
    assert repr(value) == before


def test_what_is_nested_deeper_than_python_goes_is_cut() -> None:
    assert json.dumps(without_secrets(DEEP)) == "[" * 8 + '"..."' + "]" * 8


@pytest.mark.parametrize(
    "data, found",
    [
        ({"display": {"passwd": "abc"}}, ["abc"]),
        ({"settings": {"vncpasswd": "abc", "vfb": ["vnc=1,vncpasswd=d e ,sdl=1"]}}, ["abc", "d e"]),
        ({"PASSWORDS": ["a", {"b": 7}]}, ["7", "a"]),
        ({"passwd": None, "passwd2": True, "passwd3": "", "passwd4": 10**5000}, []),
        ("passwd: abc", ["abc"]),
        (["--root-password", "abc", "--token", "def", "--keymap", "de"], ["abc", "def"]),
        ({"name": "web1", "memory": 256}, []),
        (DEEP, []),
    ],
)
def test_secrets_in(data: Any, found: list[str]) -> None:
    assert sorted(secrets_in(data)) == found


@pytest.mark.parametrize(
    "text, shown",
    [
        # Ceph: QEMU, and a mount of its kernel
        ("rbd:pool/a:id=admin:key=S==:mon_host=10.0.0.1\\:6789", "rbd:pool/a:id=admin:key=#:mon_host=10.0.0.1\\:6789"),
        ("rbd:pool/a:key=S", "rbd:pool/a:key=#"),
        ("rbd:pool/a:key=S\\:S:id=a", "rbd:pool/a:key=#:id=a"),
        ("rbd:pool/a:conf=/etc/ceph/x.conf:keyring=/etc/ceph/k", "rbd:pool/a:conf=/etc/ceph/x.conf:keyring=/etc/ceph/k"),
        ("mon@.cluster=/,name=admin,secret=S==,x=1", "mon@.cluster=/,name=admin,secret=#,x=1"),
        ("secretfile=/etc/ceph/a", "secretfile=/etc/ceph/a"),
        # QEMU's secrets, and the keys that name one
        ("secret,id=sec0,data=S", "secret,id=sec0,data=#"),
        ("secret,data=S,id=sec0", "secret,data=#,id=sec0"),
        ("secret,data=S", "secret,data=#"),
        ("secret,id=sec0,format=base64,data=S,,S,iv=x", "secret,id=sec0,format=base64,data=#,iv=x"),
        ("secret,id=sec0,file=/root/s", "secret,id=sec0,file=/root/s"),
        ("driver=rbd,key-secret=sec0,pool=a", "driver=rbd,key-secret=sec0,pool=a"),
        ("file.password-secret=sec0", "file.password-secret=sec0"),
        ('json:{"driver": "rbd", "data": "S", "image": "a"}', 'json:{"driver": "rbd", "data": "#", "image": "a"}'),
        (r'json:{\"password\":\"S\",\"url\":\"http://h\"}', r'json:{\"password\":\"#\",\"url\":\"http://h\"}'),
        ('{"qom-type":"secret","id":"sec0","data":"S"}', '{"qom-type":"secret","id":"sec0","data":"#"}'),
        # iSCSI and CHAP
        ("iqn=iqn.a:b,portal=h,auth_method=CHAP,user=a,password=S", "iqn=iqn.a:b,portal=h,auth_method=CHAP,user=a,password=#"),
        ("iqn=a,user=b,chap_secret=S,portal=h", "iqn=a,user=b,chap_secret=#,portal=h"),
        ("iqn=a,chap=S,portal=h", "iqn=a,chap=#,portal=h"),
        ("iscsi://user%S@10.0.0.9:3260/iqn.a/0", "iscsi://user%#@10.0.0.9:3260/iqn.a/0"),
        ("iscsi://user@10.0.0.9:3260/iqn.a/0", "iscsi://user@10.0.0.9:3260/iqn.a/0"),
        ("root=iscsi:me:S@10.0.0.9::3260::iqn.a", "root=iscsi:me:#@10.0.0.9::3260::iqn.a"),
        ("id=a,user=b,password=S,,S,header-digest=none", "id=a,user=b,password=#,header-digest=none"),
        # URLs
        ("nbd://user:S@10.0.0.7:10809/a", "nbd://user:#@10.0.0.7:10809/a"),
        ("http://user:S@S@host/a", "http://user:#@host/a"),
        ("https://:S@host/a.iso", "https://:#@host/a.iso"),
        ("https://host:443/a@b.iso", "https://host:443/a@b.iso"),
        ("ssh://root@10.0.0.1/a.img", "ssh://root@10.0.0.1/a.img"),
        ("gluster+tcp://10.0.0.1:24007/vol/a.img", "gluster+tcp://10.0.0.1:24007/vol/a.img"),
        ("https://s3/a.iso?X-Amz-Credential=S&X-Amz-Date=1&X-Amz-Signature=S",
         "https://s3/a.iso?X-Amz-Credential=#&X-Amz-Date=1&X-Amz-Signature=#"),
        ("https://blob/a.iso?sv=1&sig=S", "https://blob/a.iso?sv=1&sig=#"),
        ("https://host/a?access_token=S", "https://host/a?access_token=#"),
        # kernels
        ("root=/dev/xvda rootpw=S quiet", "root=/dev/xvda rootpw=# quiet"),
        ("quiet token='S S' ro", "quiet token=# ro"),
        ("rd.iscsi.username=a rd.iscsi.password=S", "rd.iscsi.username=a rd.iscsi.password=#"),
        ("cryptdevice=/dev/xvda:root rd.luks.key=/root/k", "cryptdevice=/dev/xvda:root rd.luks.key=/root/k"),
        ("passwd/root-password-crypted=S", "passwd/root-password-crypted=#"),
        ("netcfg/wireless_wpa=S", "netcfg/wireless_wpa=#"),
        ("systemd.set_credential=passwd.hashed:S quiet", "systemd.set_credential=passwd.hashed:# quiet"),
        ("tailscale.authkey=S TS_AUTHKEY=S aws_secret_key=S", "tailscale.authkey=# TS_AUTHKEY=# aws_secret_key=#"),
        ("Authorization: Bearer S", "Authorization: Bearer #"),
        ("pygrub --password S -q", "pygrub --password # -q"),
        ("--password-file /root/a", "--password-file /root/a"),
        # nothing to hide
        ("bypass=1 compass=2 passthrough=pci monkey=3", "bypass=1 compass=2 passthrough=pci monkey=3"),
        ("keymap=de,hotkey=a", "keymap=de,hotkey=a"),
        ("host,topoext=1", "host,topoext=1"),
        ("/srv/secret/key.img", "/srv/secret/key.img"),
        ("drbd:secret", "drbd:secret"),
    ],
)
def test_credentials_within_a_string(text: str, shown: str) -> None:
    """S stands for each secret, and # for what hides it."""
    secret = "AQDs3cr3t/Zz+"
    real = re.sub(r"(?<![A-Za-z0-9-])S(?![A-Za-z0-9-])", secret, text)
    hidden = hide_parts(real)
    assert hidden == shown.replace("#", "********")
    assert hide_parts(hidden) == hidden
    assert bool(list(secrets_in(real))) is ("#" in shown)
    assert all(found in real.replace(",,", ",") or found in real for found in secrets_in(real))


def test_a_long_string_takes_no_time() -> None:
    for text in ("secret," * 20_000, "://a:" * 20_000, "passw=" + "a,," * 20_000, "?a-" * 20_000 + "key", "a" * 200_000 + "key="):
        begun = time.monotonic()
        hide_parts(text)
        assert time.monotonic() - begun < 5


def test_hide() -> None:
    value = {"abc": ["say abc", 12, None, "vncpasswd=other,a=b"], "n": 7}
    assert hide(value, ["abc", "7", ""]) == {
        "********": ["say ********", 12, None, "vncpasswd=********,a=b"], "n": "********"
    }
