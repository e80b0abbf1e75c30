# Copyright: (c) 2026, xenfleet contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read configuration files with Xen's own parser, for tests that compare what was written with what Xen reads.

The functions here call libxlutil, the library that ``xl`` itself reads guest configurations and disk specifications
with. It needs no hypervisor, only the Debian package libxenmisc4.17 (or its successor with a later release).

    >>> read_config('name = "web1"\\ndisk = ["a", "b"]\\n', ["name", "disk", "memory"])
    {'name': 'web1', 'disk': ['a', 'b'], 'memory': None}

Bytes that are not UTF-8 survive as surrogates, as Python does it for file names.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import errno
import glob
import json
import os
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    #: What a key holds: the text of a string or number, or a list of values (nested since Xen 4.6).
    Value = str | list["Value"]

_LIBRARY = "libxlutil.so.4.*"
_FOLDERS = ("/usr/lib/*", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib/*")
_XLU_STRING = 0
# Far more than any release's libxl_device_disk, so that libxl's own init and parser can never write past its end.
_DISK_BYTES = 4096
# libxl leaves fields that hold their default out of its JSON.
_DISK_DEFAULTS: dict[str, Any] = {
    "backend": "unknown", "format": "unknown", "is_cdrom": 0, "pdev_path": None, "readwrite": 0, "removable": 0,
    "script": None, "vdev": None,
}

_loaded: ctypes.CDLL | None = None


class LibraryMissing(Exception):
    """libxlutil is not installed here."""


class ConfigError(Exception):
    """Xen refuses the text; the message is the library's own."""


def _release(path: str) -> tuple[int, ...]:
    """Return the version in a library's file name, for picking the newest; (4, 17) sorts before (4, 17, 0)."""
    return tuple(int(number) for number in re.findall(r"\d+", path.rpartition(".so.")[2]))


def find_library() -> str:
    """Return the path or name of the newest libxlutil on this machine."""
    found = [path for folder in _FOLDERS for path in glob.glob(os.path.join(folder, _LIBRARY))]
    if found:
        return max(found, key=_release)
    name = ctypes.util.find_library("xlutil")
    if name is None:
        raise LibraryMissing(f"{_LIBRARY} was not found: install the Debian package libxenmisc4.17 (on other "
                             "releases the libxenmisc of their Xen)")
    return name


def _library() -> ctypes.CDLL:
    """libxlutil, loaded once, with every function that is used here declared."""
    global _loaded
    if _loaded is not None:
        return _loaded
    lib = ctypes.CDLL(find_library())
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    out = ctypes.POINTER(ctypes.c_void_p)
    for name, result, *arguments in (
        ("xlu_cfg_init", pointer, pointer, text),
        ("xlu_cfg_readdata", number, pointer, text, number),
        ("xlu_cfg_destroy", None, pointer),
        ("xlu_cfg_get_string", number, pointer, text, ctypes.POINTER(text), number),
        ("xlu_cfg_get_long", number, pointer, text, ctypes.POINTER(ctypes.c_long), number),
        ("xlu_cfg_get_list", number, pointer, text, out, ctypes.POINTER(number), number),
        ("xlu_cfg_get_listitem2", pointer, pointer, number),
        ("xlu_cfg_value_type", number, pointer),
        ("xlu_cfg_value_get_string", number, pointer, pointer, ctypes.POINTER(text), number),
        ("xlu_cfg_value_get_list", number, pointer, pointer, out, number),
        ("xlu_disk_parse", number, pointer, number, ctypes.POINTER(text), pointer),
        # These three belong to libxenlight, which libxlutil brings along.
        ("libxl_device_disk_init", None, pointer),
        ("libxl_device_disk_to_json", pointer, pointer, pointer),
        ("libxl_device_disk_dispose", None, pointer),
    ):
        function = getattr(lib, name)
        function.restype, function.argtypes = result, arguments
    _loaded = lib
    return lib


_libc = ctypes.CDLL(None, use_errno=True)
_libc.open_memstream.restype = ctypes.c_void_p
_libc.open_memstream.argtypes = [ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_size_t)]
for _name in ("fflush", "fclose", "free"):
    getattr(_libc, _name).argtypes = [ctypes.c_void_p]


def _encode(text: bytes | str, what: str) -> bytes:
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    if b"\0" in data:
        # Inside quotes a NUL byte fails an assertion in libxlutil, which would end this whole process.
        raise ConfigError(f"{what}: NUL byte: libxlutil would abort")
    return data


def _decode(data: bytes | None) -> str:
    return (data or b"").decode("utf-8", "surrogateescape")


class Config:
    """A configuration that libxlutil has parsed; a context manager, or call ``close``.

    ``source`` is the name that the library's messages begin with, as ``xl`` passes the file's name.
    """

    def __init__(self, text: bytes | str, source: str = "config") -> None:
        data = _encode(text, source)
        self._lib = _library()
        self._buffer, self._size = ctypes.c_void_p(), ctypes.c_size_t()
        self._stream = _libc.open_memstream(ctypes.byref(self._buffer), ctypes.byref(self._size))
        self._cfg = self._lib.xlu_cfg_init(self._stream, os.fsencode(source))
        if not self._stream or not self._cfg:
            raise MemoryError("libxlutil could not allocate a configuration")
        if self._lib.xlu_cfg_readdata(self._cfg, data, len(data)):
            report = self.report()
            self.close()
            raise ConfigError(report)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the library's memory back."""
        if self._cfg:
            self._lib.xlu_cfg_destroy(self._cfg)
            _libc.fclose(self._stream)
            _libc.free(self._buffer)
            self._cfg = None

    def report(self) -> str:
        """All messages of the library so far: errors, and warnings of the getters."""
        _libc.fflush(self._stream)
        return _decode(ctypes.string_at(self._buffer, self._size.value))

    def get(self, key: str) -> Value | None:
        """Return the value of a key, or None when the text does not set it."""
        items, text = ctypes.c_void_p(), ctypes.c_char_p()
        name = _encode(key, "key")
        if self._lib.xlu_cfg_get_list(self._cfg, name, ctypes.byref(items), None, 1) == 0:
            return self._items(items)
        if self._lib.xlu_cfg_get_string(self._cfg, name, ctypes.byref(text), 1) == 0:
            return _decode(text.value)
        return None

    def get_long(self, key: str) -> int | None:
        """Return the value of a key as ``xl`` reads numbers (so 010 is 8); None when unset.

        ``xl`` itself only prints the message of the ConfigError that this raises, and goes on without the key.
        """
        number = ctypes.c_long()
        before = len(self.report())
        failure = self._lib.xlu_cfg_get_long(self._cfg, _encode(key, "key"), ctypes.byref(number), 0)
        if failure == errno.ESRCH:
            return None
        if failure:
            raise ConfigError(self.report()[before:])
        return number.value

    def disk(self, spec: str) -> dict[str, Any]:
        """Return a disk specification as libxl's own JSON object: only the fields that differ from libxl's defaults."""
        if "\n" in spec:
            # In most places libxlutil's scanner calls exit(2) for it, and so would end xl or this whole process.
            raise ConfigError("disk: newline: libxlutil would exit")
        disk = ctypes.create_string_buffer(_DISK_BYTES)
        specs = (ctypes.c_char_p * 1)(_encode(spec, "disk"))
        before = len(self.report())
        self._lib.libxl_device_disk_init(disk)
        try:
            if self._lib.xlu_disk_parse(self._cfg, 1, specs, disk):
                raise ConfigError(self.report()[before:])
            # libxl turns the struct into JSON itself, so that its layout, which differs between releases, does not
            # matter here. The context is used for messages on lack of memory only.
            answer = self._lib.libxl_device_disk_to_json(None, disk)
            if not answer:
                raise ConfigError(f"libxl cannot express the disk {spec!r}")
            fields: dict[str, Any] = json.loads(_decode(ctypes.string_at(answer)))
            _libc.free(answer)
            return fields
        finally:
            self._lib.libxl_device_disk_dispose(disk)

    def _items(self, items: ctypes.c_void_p) -> list[Value]:
        values: list[Value] = []
        while True:
            value = self._lib.xlu_cfg_get_listitem2(items, len(values))
            if not value:
                return values
            if self._lib.xlu_cfg_value_type(value) == _XLU_STRING:
                text = ctypes.c_char_p()
                self._lib.xlu_cfg_value_get_string(self._cfg, value, ctypes.byref(text), 1)
                values.append(_decode(text.value))
            else:
                inner = ctypes.c_void_p()
                self._lib.xlu_cfg_value_get_list(self._cfg, value, ctypes.byref(inner), 1)
                values.append(self._items(inner))


def read_config(text: bytes | str, keys: Iterable[str]) -> dict[str, Value | None]:
    """Return what Xen reads for each of ``keys``: its text, its list, or None. Raise ConfigError when Xen refuses the text.

    libxlutil cannot list the keys of a file, so the caller names those that it wants.
    """
    with Config(text) as config:
        return {key: config.get(key) for key in keys}


def read_long(text: bytes | str, key: str) -> int | None:
    """Return what Xen reads for a key that holds a number."""
    with Config(text) as config:
        return config.get_long(key)


def read_disk(spec: str) -> dict[str, Any]:
    """Return what Xen reads in one disk specification: libxl's field names, with the usual fields always present."""
    with Config("", "disk") as config:
        return {**_DISK_DEFAULTS, **config.disk(spec)}
