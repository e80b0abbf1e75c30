# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Downloads from a server on the loopback interface that does what servers do wrong. What is installed of them, and which
server is asked, is tested with the module image."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections import namedtuple
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from typing import Any, Callable, Iterator

import pytest

from ansible_collections.xenfleet.stubdom.plugins.module_utils.common import download

CONTENT = b"0123456789" * 100
Usage = namedtuple("Usage", "total used free")


class Handler(BaseHTTPRequestHandler):
    """Answers each request by the next of the server's answers, the last one again and again."""

    server: Server

    def log_message(self, *_args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.server.asked.append(dict(self.headers))
        answers = self.server.answers
        (answers.pop(0) if len(answers) > 1 else answers[0])(self)

    def head(self, status: int, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    @property
    def first(self) -> int:
        """The byte that the answer is to begin with."""
        return int(self.headers.get("Range", "bytes=0-")[6:-1])


class Server(ThreadingHTTPServer):
    def __init__(self, *answers: Callable[[Handler], None]) -> None:
        self.answers = list(answers)
        self.asked: list[dict[str, str]] = []
        self.ended = Event()
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/image"


def whole(handler: Handler) -> None:
    handler.head(200, Content_Length=len(CONTENT))
    handler.wfile.write(CONTENT)


def rest(handler: Handler) -> None:
    first = handler.first
    handler.head(206, Content_Length=len(CONTENT) - first, Content_Range=f"bytes {first}-{len(CONTENT) - 1}/{len(CONTENT)}")
    handler.wfile.write(CONTENT[first:])


def less_than_announced(handler: Handler) -> None:
    handler.head(200, Content_Length=len(CONTENT))
    handler.wfile.write(CONTENT[:300])


def nothing(handler: Handler) -> None:
    """Neither an answer nor an end."""
    handler.server.ended.wait(20)


def hang(handler: Handler) -> None:
    """A part of the content, and no end."""
    handler.head(200, Content_Length=len(CONTENT))
    handler.wfile.write(CONTENT[:300])
    handler.server.ended.wait(20)


def trickle(handler: Handler) -> None:
    """One byte after the other, so that no wait is ever long."""
    handler.head(200, Content_Length=1 << 20)
    while not handler.server.ended.wait(0.1):
        handler.wfile.write(b"x")


def endless(handler: Handler) -> None:
    """Without a length, and without an end."""
    handler.head(200)
    while not handler.server.ended.is_set():
        handler.wfile.write(b"x" * 4096)


def more_than_announced(handler: Handler) -> None:
    handler.head(200, Content_Length=len(CONTENT))
    handler.wfile.write(CONTENT + b"more")


def huge(handler: Handler) -> None:
    handler.head(200, Content_Length=1 << 50)


def gone(handler: Handler) -> None:
    handler.send_error(404)


def to(url: str) -> Callable[[Handler], None]:
    return lambda handler: handler.head(302, Location=url, Content_Length=0)


@pytest.fixture(name="serve")
def fixture_serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    servers: list[Server] = []

    def serve(*answers: Callable[[Handler], None]) -> Server:
        servers.append(Server(*answers))
        Thread(target=servers[-1].serve_forever, daemon=True).start()
        return servers[-1]

    yield serve
    for server in servers:
        server.ended.set()
        server.shutdown()
        server.server_close()


Serve = Callable[..., Server]


def refused(url: str, target: Path, timeout: int = 10) -> str:
    with pytest.raises(download.DownloadError) as caught:
        download.complete(url, target, timeout)
    assert str(caught.value).startswith(url)
    return str(caught.value)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o277])
def test_only_this_user_reads_what_is_incomplete(mask: int, serve: Serve, tmp_path: Path) -> None:
    before = os.umask(mask)
    try:
        download.complete(serve(whole).url, tmp_path / "image")
    finally:
        os.umask(before)
    assert (tmp_path / "image").read_bytes() == CONTENT
    assert stat.S_IMODE((tmp_path / "image").stat().st_mode) == 0o600 & ~mask


@pytest.mark.parametrize("answers, asked", [
    ((less_than_announced, rest), ["", "bytes=300-"]),
    ((less_than_announced, whole), ["", "bytes=300-"]),
    ((hang, rest), ["", "bytes=300-"]),
    ((more_than_announced,), [""]),
])
def test_a_server_that_can_be_asked_again(answers: tuple[Any, ...], asked: list[str], serve: Serve, tmp_path: Path) -> None:
    server = serve(*answers)
    download.complete(server.url, tmp_path / "image", 1)
    assert (tmp_path / "image").read_bytes() == CONTENT
    assert [headers.get("Range", "") for headers in server.asked] == asked


@pytest.mark.parametrize("answer, words", [
    (nothing, "no answer came in 1 seconds"),
    (trickle, r"only [0-9]+ bytes came in 1 seconds"),
    (gone, "HTTP Error 404"),
    (huge, "it has more than 1024 MiB"),
    (endless, "it has more than 1024 MiB"),
])
def test_a_server_that_is_given_up(
    answer: Any, words: str, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_MOST_BYTES", 1 << 22)
    server = serve(answer)
    assert re.search(words, refused(server.url, tmp_path / "image", 1))
    assert len(server.asked) == 1
    assert not (tmp_path / "image").exists() or (tmp_path / "image").stat().st_size <= 1 << 22


def test_a_server_that_always_hangs_is_given_up_in_the_end(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "_BREAKS", 2)

    def one_more(handler: Handler) -> None:
        first = handler.first
        handler.head(206 if first else 200, Content_Length=len(CONTENT) - first, Content_Range=f"bytes {first}-/{len(CONTENT)}")
        handler.wfile.write(CONTENT[first : first + 1])

    server = serve(one_more)
    assert "the connection broke 2 times" in refused(server.url, tmp_path / "image")
    assert (tmp_path / "image").read_bytes() == CONTENT[:2]


def test_a_file_that_does_not_fit_is_not_begun(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: Usage(2000, 1001, 999))
    with pytest.raises(OSError, match="No space left on device: 1000 bytes are to be fetched and 999 are free"):
        download.complete(serve(whole).url, tmp_path / "image")
    assert list(tmp_path.iterdir()) == []


def test_a_redirection_is_followed_but_gets_no_password(serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The password is from netrc, which has one for each name of a server: this one has two."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password geheim99\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    other = serve(rest)
    first = serve(to(other.url.replace("127.0.0.1", "localhost")))
    (tmp_path / "image").write_bytes(CONTENT[:7])
    download.complete(first.url, tmp_path / "image")
    assert (tmp_path / "image").read_bytes() == CONTENT
    assert "Authorization" in first.asked[0]
    assert ("Authorization" in other.asked[0], other.asked[0]["Range"]) == (False, "bytes=7-")


def test_a_redirection_that_leads_nowhere(serve: Serve, tmp_path: Path) -> None:
    server = serve()
    server.answers.append(to(server.url))
    assert "HTTP Error 302" in refused(server.url, tmp_path / "image")
    (tmp_path / "secret").write_bytes(b"x")
    assert "302" in refused(serve(to(f"file://{tmp_path}/secret")).url, tmp_path / "image")
    assert not (tmp_path / "image").exists()


def test_a_file_of_a_folder(tmp_path: Path) -> None:
    source = tmp_path / "a b" / "image"
    source.parent.mkdir()
    source.write_bytes(CONTENT)
    for begun in (b"", b"XXX"):
        (tmp_path / "image").write_bytes(begun)
        download.complete(f"file://{tmp_path}/a%20b/image", tmp_path / "image")
        assert (tmp_path / "image").read_bytes() == CONTENT
    assert "No such file" in refused(f"file://{tmp_path}/nowhere", tmp_path / "image")
    refused(f"file://{tmp_path}", tmp_path / "image")
    refused(f"file://xen2{source}".replace(" ", "%20"), tmp_path / "image")


@pytest.mark.parametrize("proxy", ["http://me:geheim99@127.0.0.1:1", "http:/me:geheim99@127.0.0.1", "http://me:geheim99@127.0.0.1:port"])
def test_the_password_of_a_proxy_is_not_shown(proxy: str, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.delenv("no_proxy", raising=False)
    assert "geheim" not in refused("http://images.example.org/image", tmp_path / "image")
