# Copyright: (c) 2026, xenfleet contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make small source trees that behave as those of Xen do, for the real make and compiler.

Each has the rules of its generation: what it unpacks and patches, what it takes for done, what it would fetch, where it
installs, and what breaks it. What the rules compile is a line of C.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import tarfile
from pathlib import Path

#: Of 3.3: no configure, QEMU in the tree, fs-back. Of 4.0: QEMU in a folder that make is told. Of 4.3: configure,
#: mini-OS in the tree. Of 4.17 and 4.20: mini-OS and QEMU apart, public headers made first, targets off by default.
RELEASES = ("3.3", "4.0", "4.3", "4.17", "4.20")

# The archives, by their top folder; a file of each is patched where Xen patches it.
ARCHIVES = {
    "newlib-1.16.0.tar.gz": "newlib-1.16.0",
    "zlib-1.2.3.tar.gz": "zlib-1.2.3",
    "pciutils-2.2.9.tar.bz2": "pciutils-2.2.9",
    "lwip-1.3.0.tar.gz": "lwip",
    "grub-0.97.tar.gz": "grub-0.97",
    "polarssl-1.1.4-gpl.tgz": "polarssl-1.1.4",
}

_URL = "http://mirror.invalid/xen-extfiles"

# As in the real configure, any LDFLAGS in the environment is an error, even an empty one.
_NEWLIB_CONFIGURE = """#!/bin/sh
if [ "${LDFLAGS+set}" ]; then echo "configure: error: LDFLAGS changed since the previous run" >&2; exit 1; fi
grep -q patched library.c || { echo "configure: error: newlib is not patched" >&2; exit 1; }
"""

_PATCH = """--- library.c
+++ library.c
@@ -1 +1 @@
-int library = 0; /* plain */
+int library = 1; /* patched */
"""

_HEAD = """
ifeq ($(XEN_TARGET_ARCH),x86_32)
GNU_TARGET_ARCH:=i686
TARGET_CFLAGS=-m32
else
GNU_TARGET_ARCH:=$(XEN_TARGET_ARCH)
endif
CROSS_ROOT=cross-root-$(GNU_TARGET_ARCH)
.PHONY: all
all: build
"""

_LIBRARIES = """
newlib-$(NEWLIB_VERSION).tar.gz:
    $(FETCH) $(NEWLIB_URL)/$@

newlib-$(NEWLIB_VERSION): newlib-$(NEWLIB_VERSION).tar.gz
    tar xzf $<
    patch -d $@ -p0 < newlib.patch
    touch $@

NEWLIB_STAMPFILE=$(CROSS_ROOT)/lib/libc.a
.PHONY: cross-newlib
cross-newlib: $(NEWLIB_STAMPFILE)
$(NEWLIB_STAMPFILE): mk-headers-$(XEN_TARGET_ARCH) newlib-$(NEWLIB_VERSION)
    cd newlib-$(NEWLIB_VERSION) && sh ./configure
    mkdir -p $(CROSS_ROOT)/lib
    $(CC) $(TARGET_CFLAGS) -c -o newlib-$(XEN_TARGET_ARCH).o newlib-$(NEWLIB_VERSION)/library.c
    ar rcD $@ newlib-$(XEN_TARGET_ARCH).o

zlib-$(ZLIB_VERSION).tar.gz:
    $(FETCH) $(ZLIB_URL)/$@

zlib-$(XEN_TARGET_ARCH): zlib-$(ZLIB_VERSION).tar.gz
    tar xzf $<
    mv zlib-$(ZLIB_VERSION) $@

ZLIB_STAMPFILE=$(CROSS_ROOT)/lib/libz.a
.PHONY: cross-zlib
cross-zlib: $(ZLIB_STAMPFILE)
$(ZLIB_STAMPFILE): zlib-$(XEN_TARGET_ARCH) $(NEWLIB_STAMPFILE)
    [ ! -d zlib-$(XEN_TARGET_ARCH)/zlib-$(ZLIB_VERSION) ] || { echo "zlib was unpacked twice"; exit 1; }
    touch $@

pciutils-$(LIBPCI_VERSION).tar.bz2:
    $(FETCH) $(LIBPCI_URL)/$@

pciutils-$(XEN_TARGET_ARCH): pciutils-$(LIBPCI_VERSION).tar.bz2
    tar xjf $<
    mv pciutils-$(LIBPCI_VERSION) $@
    patch -d $@ -p0 < pciutils.patch
    touch $@

.PHONY: cross-libpci
cross-libpci: pciutils-$(XEN_TARGET_ARCH) $(NEWLIB_STAMPFILE)

lwip-$(LWIP_VERSION).tar.gz:
    $(FETCH) $(LWIP_URL)/$@

lwip-$(XEN_TARGET_ARCH): lwip-$(LWIP_VERSION).tar.gz
    tar xzf $<
    mv lwip $@
    touch $@

.PHONY: $(CROSS_ROOT)
$(CROSS_ROOT): cross-newlib cross-zlib cross-libpci

grub-$(GRUB_VERSION).tar.gz:
    $(FETCH) $(GRUB_URL)/$@

grub-upstream: grub-$(GRUB_VERSION).tar.gz
    tar xzf $<
    mv grub-$(GRUB_VERSION) $@
    for i in grub.patches/* ; do \\
        patch -d $@ -p0 < $$i ; \\
    done
"""

_POLARSSL = """
polarssl-$(POLARSSL_VERSION)-gpl.tgz:
    $(FETCH) $(POLARSSL_URL)/$@

polarssl-$(XEN_TARGET_ARCH): polarssl-$(POLARSSL_VERSION)-gpl.tgz
    tar xzf $<
    mv polarssl-$(POLARSSL_VERSION) $@

POLARSSL_STAMPFILE=$(CROSS_ROOT)/lib/libpolarssl.a
.PHONY: cross-polarssl
cross-polarssl: $(POLARSSL_STAMPFILE)
$(POLARSSL_STAMPFILE): polarssl-$(XEN_TARGET_ARCH) $(NEWLIB_STAMPFILE) lwip-$(XEN_TARGET_ARCH)
    touch $@
"""

# gzip keeps no time, and the path of the tree is in the stub domain, as in the real one.
_DOMAINS = """
ifneq ($(filter ioemu,$(STUBDOM_TARGETS)),)
IOEMU_LINKFARM_TARGET := ioemu/linkfarm.stamp
endif
mk-headers-$(XEN_TARGET_ARCH): {linkfarm}
    mkdir -p include/xen
    touch $@

.PHONY: grub
grub: {polarssl} grub-upstream $(CROSS_ROOT)
    mkdir -p grub-$(XEN_TARGET_ARCH)

define link
    mkdir -p mini-os-$(XEN_TARGET_ARCH)-$(1)
    $(CC) $(TARGET_CFLAGS) $(2) -c -o mini-os-$(XEN_TARGET_ARCH)-$(1)/mini-os $(MINI_OS)/main.c
    gzip -n -f -9 -c mini-os-$(XEN_TARGET_ARCH)-$(1)/mini-os > mini-os-$(XEN_TARGET_ARCH)-$(1)/mini-os.gz
endef

.PHONY: ioemu-stubdom pv-grub
ioemu-stubdom: lwip-$(XEN_TARGET_ARCH) $(CROSS_ROOT)
    grep -q QEMU ioemu/vl.c
    $(call link,ioemu,-DPLACE=\\"$(CURDIR)\\")
pv-grub: grub
    $(call link,grub,-DPLACE=\\"grub\\")

install-ioemu: ioemu-stubdom
    install -d -m0755 "$(DESTDIR){bin}" "$(DESTDIR){boot}"
    install -m0755 {scripts} "$(DESTDIR){bin}"
    install -m0644 mini-os-$(XEN_TARGET_ARCH)-ioemu/mini-os.gz "$(DESTDIR){boot}/ioemu-stubdom.gz"
install-grub: pv-grub
    install -d -m0755 "$(DESTDIR){boot}"
    install -m0644 mini-os-$(XEN_TARGET_ARCH)-grub/mini-os.gz "$(DESTDIR){boot}/pv-grub-$(XEN_TARGET_ARCH).gz"
"""

_OLD = """XEN_ROOT = ..
MINI_OS = $(XEN_ROOT)/extras/mini-os
include $(XEN_ROOT)/Config.mk
NEWLIB_URL?={url}
NEWLIB_VERSION=1.16.0
ZLIB_URL={url}
ZLIB_VERSION=1.2.3
LIBPCI_URL?={url}
LIBPCI_VERSION=2.2.9
LWIP_URL?={url}
LWIP_VERSION=1.3.0
GRUB_URL?={url}
GRUB_VERSION=0.97
WGET=wget -c
FETCH=$(WGET)
"""

_OLD_BUILD = """
build: {genpath} ioemu-stubdom c-stubdom pv-grub
.PHONY: c-stubdom
c-stubdom: lwip-$(XEN_TARGET_ARCH) $(CROSS_ROOT)
install: {genpath} install-readme install-ioemu install-grub
install-readme:
    install -d "$(DESTDIR)/usr/share/doc/xen"
    install -m0644 README "$(DESTDIR)/usr/share/doc/xen/README.stubdom"
"""

_GENPATH = """
.PHONY: genpath
genpath:
    echo "XENFIRMWAREDIR=/usr/lib/xen/boot" > stubdompath.sh
"""

_NEW = """XEN_ROOT = $(CURDIR)/..
MINI_OS = $(XEN_ROOT)/extras/mini-os
ifeq (,$(findstring clean,$(MAKECMDGOALS)))
  ifeq ($(wildcard $(MINI_OS)/Config.mk),)
    $(error Please run 'make mini-os-dir' in top-level directory)
  endif
  include $(XEN_ROOT)/Config.mk
endif
-include $(XEN_ROOT)/config/Stubdom.mk
FETCH=$(FETCHER) $@
"""

_NEW_BUILD = """
build: stubdompath.sh $(STUBDOM_BUILD)
stubdompath.sh:
    echo "XENFIRMWAREDIR=$(PREFIX)/lib/xen/boot" > $@
install: stubdompath.sh $(STUBDOM_INSTALL)
.PHONY: c-stubdom vtpm-stubdom xenstore-stubdom
c-stubdom vtpm-stubdom xenstore-stubdom:
    @echo "cmake not installed! Install it and then rerun ./configure!"; false
ifeq (,$(findstring clean,$(MAKECMDGOALS)))
$(XEN_ROOT)/config/Stubdom.mk:
    $(error You have to run ./configure before building or installing stubdom)
endif
"""

# Where QEMU's sources come from, as a rule of stubdom/Makefile.
_LINKFARM = """
ioemu/linkfarm.stamp:
    [ -d "{qemu}" ] || git clone git://xenbits.invalid/qemu "{qemu}"
    mkdir -p ioemu
    ln -sf {qemu}/vl.c ioemu/vl.c
    touch $@
"""

_CONFIGURE = """#!/bin/sh
# A fake for three configures; what is on by default is that of the release.
{defaults}
prefix=/usr/local
for argument in "$@"; do
    case "$argument" in
        --enable-*) eval "on_$(echo "${{argument#--enable-}}" | tr - _)=y" ;;
        --disable-*) eval "on_$(echo "${{argument#--disable-}}" | tr - _)=n" ;;
        --prefix=*) prefix="${{argument#--prefix=}}" ;;
    esac
done
if [ "$on_monitors$on_seabios" != nn ]; then echo "configure: error: Unable to find iasl, please install iasl" >&2; exit 1; fi
{traditional}
# Autoconf's own mark in the log.
echo "=== configuring in tools ($PWD/tools)"
build="" install="" targets=""
for name in ioemu-stubdom:ioemu pv-grub:grub c-stubdom:c vtpm-stubdom:vtpm xenstore-stubdom:xenstore; do
    eval "on=\\$on_$(echo "${{name%:*}}" | tr - _)"
    if [ "$on" = y ]; then build="$build ${{name%:*}}"; install="$install install-${{name#*:}}"; targets="$targets ${{name#*:}}"; fi
done
mkdir -p config
cp tools/config.h.in tools/config.h
fetcher=$(command -v wget || echo /bin/false)
cat > config/Stubdom.mk <<END
PREFIX := $prefix
STUBDOM_BUILD := $build
STUBDOM_INSTALL := $install
STUBDOM_TARGETS := $targets
FETCHER := $fetcher -c -O
END
cat > config/Tools.mk <<END
PREFIX := $prefix
ROMBIOS := $on_rombios
QEMU_TRAD := $on_qemu_traditional
END
for pair in NEWLIB=1.16.0 ZLIB=1.2.3 LIBPCI=2.2.9 LWIP=1.3.0 GRUB=0.97 POLARSSL=1.1.4; do
    echo "${{pair%=*}}_VERSION := ${{pair#*=}}" >> config/Stubdom.mk
    echo "${{pair%=*}}_URL := {url}" >> config/Stubdom.mk
done
echo "Will build the following stub domains:$build"
"""

# The parts of tools that serve a mini-OS stub domain in dom0, with what qemu-dm is linked with; everything else of tools
# must not be made.
_TOOLS = {
    "tools/Makefile": """XEN_ROOT = $(CURDIR)/..
include $(XEN_ROOT)/Config.mk
include $(XEN_ROOT)/config/Tools.mk
all:
    @echo 'all of dom0 would be made'; false
subdir-all-qemu-xen-traditional-dir:
    [ "$(QEMU_TRAD)" = y ]
    [ -d "{qemu}" ] || git clone git://xenbits.invalid/qemu "{qemu}"
    mkdir -p qemu-xen-traditional-dir
    $(CC) -Wl,--as-needed -o qemu-xen-traditional-dir/qemu-dm {qemu}/dm.c {libraries}
subdir-install-qemu-xen-traditional-dir: subdir-all-qemu-xen-traditional-dir
    install -d "$(DESTDIR)$(PREFIX)/lib/xen/bin" "$(DESTDIR)$(PREFIX)/share/xen/qemu/keymaps"
    install -m0755 qemu-xen-traditional-dir/qemu-dm "$(DESTDIR)$(PREFIX)/lib/xen/bin"
    install -m0644 {qemu}/keymaps/* "$(DESTDIR)$(PREFIX)/share/xen/qemu/keymaps"
""",
    "tools/firmware/Makefile": """XEN_ROOT = $(CURDIR)/../..
include $(XEN_ROOT)/Config.mk
include $(XEN_ROOT)/config/Tools.mk
all:
    $(CC) -DROMBIOS_$(ROMBIOS) -o hvmloader/hvmloader hvmloader/hvmloader.c
install: all
    install -d "$(DESTDIR)$(PREFIX)/lib/xen/boot"
    install -m0644 hvmloader/hvmloader "$(DESTDIR)$(PREFIX)/lib/xen/boot"
""",
    "tools/firmware/hvmloader/hvmloader.c": """#ifdef ROMBIOS_y
const char rombios[] = "Written by Kevin Lawton & the Bochs team";
#endif
int main(void) { return 0; }
""",
}
_NAMES_OF_LIBRARIES = "toolcore toollog evtchn gnttab call foreignmemory devicemodel ctrl guest store".split()
_SHARED = "all: lib.so\nlib.so: x.c\n    $(CC) -shared -fPIC -o $@ x.c\nlibxenstore.so: lib.so\n"

_FS_BACK = {
    "tools/include/Makefile": "all:\n\tmkdir -p xen\n\techo '#define XEN 1' > xen/xen.h\n",
    "tools/libxc/Makefile": (
        "all: libxenctrl.so\nlibxenctrl.so: xc.c ../include/xen/xen.h\n\t$(CC) -shared -fPIC -o $@ -I../include xc.c\n"
    ),
    "tools/libxc/xc.c": "#include <xen/xen.h>\nint xc_open(void) { return XEN; }\n",
    "tools/xenstore/Makefile": (
        "all: libxenstore.so xenstored\nlibxenstore.so: xs.c\n\t$(CC) -shared -fPIC -o $@ xs.c\n"
        "xenstored:\n\t@echo 'xenstored needs more than there is'; false\n"
    ),
    "tools/xenstore/xs.c": "int xs_open(void) { return 2; }\n",
    # It makes no folder to install into.
    "tools/fs-back/Makefile": (
        "all: fs-backend\nfs-backend: fs-backend.c\n"
        "\t$(CC) -o $@ fs-backend.c -L../libxc -lxenctrl -L../xenstore -lxenstore\n"
        "install: all\n\tinstall -m0755 fs-backend $(DESTDIR)/usr/sbin\n"
    ),
    "tools/fs-back/fs-backend.c": "int xc_open(void), xs_open(void);\nint main(void) { return xc_open() + xs_open(); }\n",
}


class XenTree:
    """Hold a tree of a release below ``folder``, a mirror with what it needs, and a ``make`` that records its calls."""

    def __init__(self, folder: Path, release: str, apart: bool = True) -> None:
        """With ``apart``, mini-OS and QEMU are in the mirror, if the release has them apart; else they are in the tree."""
        self.release = tuple(int(part) for part in release.split("."))
        self.root = folder / f"xen-{release}"
        self.mirror = folder / "mirror"
        self.bin = folder / "bin"
        self._calls = folder / "calls"
        self.root.mkdir(parents=True)
        self.mirror.mkdir(exist_ok=True)
        self.write("xen/Makefile", f"""export XEN_VERSION       = {self.release[0]}
export XEN_SUBVERSION    = {self.release[1]}
export XEN_EXTRAVERSION ?= .5$(XEN_VENDORVERSION)
""")
        self.write("Config.mk", self._config())
        self.write("stubdom/Makefile", self._makefile())
        self.write("stubdom/README", "how to\n")
        self.write("stubdom/stubdom-dm", "#!/bin/sh\n", program=True)
        for name in ("newlib.patch", "pciutils.patch", "grub.patches/00first"):
            self.write(f"stubdom/{name}", _PATCH)
        self.write("stubdom/grub.patches/10last", _PATCH.replace("library", "other"))
        for file, top in ARCHIVES.items():
            self.pack(file, top, {"library.c": _LIBRARY, "other.c": _OTHER, "configure": _NEWLIB_CONFIGURE})
        mini_os = {"Makefile": "links:\n", "Config.mk": "", "main.c": "const char place[] = PLACE;\n"}
        qemu = {"vl.c": "/* QEMU */\n", "Makefile": "all:\n", "xen-setup-stubdom": "#!/bin/sh\n"}
        qemu.update({"dm.c": "int main(void) { return 0; }\n", "keymaps/de": "map de\n", "keymaps/en-us": "map en-us\n"})
        if self.release >= (4, 6) and apart:
            self.pack("mini-os-xen-RELEASE-4.17.5.tar.gz", "mini-os", mini_os)
        else:
            self.lay("extras/mini-os", mini_os)
        if self.release == (3, 3):
            self.lay("tools/ioemu", qemu)
        elif apart:
            self.pack("qemu-xen-traditional-xen-4.17.0.tar.gz", "qemu", qemu)
        else:
            self.lay("tools/qemu-xen-traditional", qemu)
        if self.release <= (4, 0):
            self.lay("", _FS_BACK)
        if self.release >= (4, 3):
            self._with_configure()
            self._with_tools()
        self._with_make()

    @property
    def checksums(self) -> dict[str, str]:
        """Return the sha256 of all files of the mirror."""
        return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in self.mirror.iterdir()}

    @property
    def boot(self) -> str:
        """Return the folder in which the release installs images."""
        return f"{'/usr' if self.release < (4, 3) else '/usr/local'}/lib/xen/boot"

    def calls(self) -> list[str]:
        """Return the calls of make since the last time, without those by make itself.

        A call has LDFLAGS, DESTDIR and XEN_TARGET_ARCH of the environment, and the arguments.
        """
        said = self._calls.read_text(encoding="utf-8").splitlines() if self._calls.exists() else []
        self._calls.unlink(missing_ok=True)
        return said

    def write(self, path: str, text: str, program: bool = False) -> Path:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        place.chmod(0o755 if program else 0o644)
        return place

    def change(self, path: str, old: str, new: str) -> None:
        """Replace a text in a file."""
        text = (self.root / path).read_text(encoding="utf-8")
        assert old in text, f"{path} has no {old!r}"
        self.write(path, text.replace(old, new), os.access(self.root / path, os.X_OK))

    def lay(self, folder: str, files: dict[str, str]) -> None:
        for name, text in files.items():
            self.write(f"{folder}/{name}".lstrip("/"), text)

    def pack(self, file: str, top: str, files: dict[str, str]) -> Path:
        """Make an archive of the mirror."""
        place = self.mirror / file
        with tarfile.open(str(place), "w:bz2" if file.endswith("bz2") else "w:gz") as tar:
            folder = tarfile.TarInfo(top)
            folder.type, folder.mtime, folder.mode = tarfile.DIRTYPE, 1_180_000_000, 0o755
            tar.addfile(folder)
            for name, text in files.items():
                entry = tarfile.TarInfo(f"{top}/{name}")
                entry.size, entry.mtime, entry.mode = len(text.encode()), 1_180_000_000, 0o755
                tar.addfile(entry, io.BytesIO(text.encode()))
        return place

    def archive(self) -> Path:
        """Write the whole tree to an archive, and return its path."""
        place = self.root.with_name(f"{self.root.name}.tar.gz")
        with tarfile.open(str(place), "w:gz") as tar:
            tar.add(str(self.root), arcname=self.root.name)
        return place

    def _config(self) -> str:
        text = f"XEN_EXTFILES_URL={_URL}\nCC ?= gcc\nDESTDIR ?= /\n"
        if (3, 4) <= self.release <= (4, 4):
            text += "QEMU_REMOTE=git://xenbits.invalid/qemu\nCONFIG_QEMU ?= $(QEMU_REMOTE)\nQEMU_TAG ?= xen-4.17.0\n"
        if self.release >= (4, 5):
            text += "QEMU_TRADITIONAL_REVISION ?= $(QEMU_TAG)\nQEMU_TRADITIONAL_REVISION ?= xen-4.17.0\n"
        if self.release >= (4, 6):
            text += "MINIOS_UPSTREAM_REVISION ?= xen-RELEASE-4.17.5\n"
        return text

    def _makefile(self) -> str:
        old = self.release < (4, 3)
        genpath = "genpath" if self.release >= (4, 0) and old else ""
        prefix = "/usr" if old else "$(PREFIX)"
        domains = {
            "linkfarm": "$(IOEMU_LINKFARM_TARGET)" if self.release >= (4, 4) else "ioemu/linkfarm.stamp",
            "polarssl": "" if old else "cross-polarssl",
            "scripts": "stubdom-dm" + ("" if self.release < (4, 0) else " stubdompath.sh"),
            "bin": f"{prefix}/lib/xen/bin",
            "boot": f"{prefix}/lib/xen/boot",
        }
        if self.release == (3, 3):
            qemu = "$(abspath $(XEN_ROOT))/tools/ioemu"
        else:
            qemu = "$(CONFIG_QEMU)" if self.release <= (4, 4) else "$(QEMU_TRADITIONAL_LOC)"
        text = _OLD.format(url="$(XEN_EXTFILES_URL)") if old else _NEW
        text += _HEAD + _LIBRARIES + ("" if old else _POLARSSL) + _LINKFARM.replace("{qemu}", qemu)
        text += _fill(_DOMAINS, domains)
        if old:
            text += _fill(_OLD_BUILD, {"genpath": genpath}) + (_GENPATH if genpath else "")
        else:
            text += _NEW_BUILD
        # A recipe begins with a tab, which Python's own sources are not to have.
        return re.sub(r"(?m)^(    )+", lambda found: "\t" * (len(found.group()) // 4), text)

    def _with_configure(self) -> None:
        on = ["ioemu-stubdom", "pv-grub", "xenstore-stubdom", "qemu-traditional", "rombios"]
        on = on if self.release == (4, 3) else ["xenstore-stubdom"]
        defaults = "\n".join(f"on_{name.replace('-', '_')}=y" for name in on)
        traditional = ""
        domains = "".join(f"AX_STUBDOM_DEFAULT_DISABLE([{name}], [x])\n" for name in ("c-stubdom", "pv-grub"))
        domains += "AX_STUBDOM_DEFAULT_ENABLE([xenstore-stubdom], [xenstore])\nAX_STUBDOM_CONDITIONAL([vtpm-stubdom], [vtpm])\n"
        if self.release == (4, 3):
            domains += "AX_STUBDOM_DEFAULT_ENABLE([ioemu-stubdom], [ioemu])\n"
        else:
            domains += "AX_STUBDOM_CONDITIONAL([ioemu-stubdom], [ioemu])\nAC_ARG_ENABLE([qemu-traditional])\n"
            traditional = (
                '[ "$on_ioemu_stubdom" = y ] && [ "$on_qemu_traditional" != y ] && '
                '{ echo "configure: error: IOEMU stubdomain requires qemu-traditional" >&2; exit 1; }\n'
                'on_ioemu_stubdom="${on_qemu_traditional:-n}"\n'
            )
        for name, version in (
            ("ZLIB", "1.2.3"),
            ("LIBPCI", "2.2.9"),
            ("NEWLIB", "1.16.0"),
            ("LWIP", "1.3.0"),
            ("GRUB", "0.97"),
            ("POLARSSL", "1.1.4"),
        ):
            domains += f"AX_STUBDOM_LIB([{name}], [{name.lower()}], [{version}]{', [http://old.invalid]' * (self.release < (4, 18))})\n"
        self.write("stubdom/configure.ac", domains)
        self.write("configure.ac", "AX_SUBSYSTEM_DEFAULT_ENABLE([docs])\n")
        self.write("tools/configure.ac", "AX_ARG_DEFAULT_ENABLE([monitors], [x])\nAX_ARG_DEFAULT_ENABLE([seabios], [x])\nAC_ARG_ENABLE([rombios])\n[python3]\n")
        script = _CONFIGURE.format(defaults=defaults, traditional=traditional, url=_URL)
        self.write("configure", script, program=True)
        self.write("tools/config.h.in", "")
        headers = ""
        if self.release >= (4, 9):
            self.write("xen/include/public/xen.h", "/* public */\n")
            headers = _HEADERS
        self.write("Makefile", headers + "install-stubdom:\n\t@echo 'all of dom0 would be installed'; false\n")
        if headers:
            self.change("stubdom/Makefile", "\tmkdir -p include/xen\n", "\ttest -e ../tools/include/xen/made\n\tmkdir -p include/xen\n")

    def _with_tools(self) -> None:
        names = _NAMES_OF_LIBRARIES if self.release >= (4, 15) else []
        folders = [f"libs/{name}" for name in names] or ["libxc", "xenstore"]
        words = {
            "qemu": "$(CONFIG_QEMU)" if self.release <= (4, 4) else "$(QEMU_TRADITIONAL_LOC)",
            "libraries": " ".join(f"{folder}/lib.so" for folder in folders),
        }
        made = {f"tools/{folder}/Makefile": _SHARED for folder in folders}
        if self.release < (4, 9):
            made["tools/include/Makefile"] = "all:\n    mkdir -p xen\n"
        for path, text in {**_TOOLS, **made}.items():
            self.write(path, re.sub(r"(?m)^    ", "\t", _fill(text, words)) if path.endswith("Makefile") else text)
        for folder in folders:
            self.write(f"tools/{folder}/x.c", "int x;\n")

    def _with_make(self) -> None:
        self.bin.mkdir(exist_ok=True)
        make = self.bin / "make"
        make.write_text(
            "#!/bin/sh\n"
            f'[ "$MAKELEVEL" ] || echo "LDFLAGS=${{LDFLAGS-unset}} DESTDIR=${{DESTDIR:+set}} $XEN_TARGET_ARCH: $*" >> {self._calls}\n'
            f'exec {shutil.which("make")} "$@"\n',
            encoding="utf-8",
        )
        make.chmod(0o755)
        # Old trees call it so; what these trees would run it for is not in them.
        (self.bin / "python").write_text("#!/bin/sh\n", encoding="utf-8")
        (self.bin / "python").chmod(0o755)


# Links into the tree by its whole path, and a file that is made once.
_HEADERS = """
build-tools-public-headers: tools/include/xen-foreign/x86_64.h
\tmkdir -p tools/include/xen
\tln -sf $(CURDIR)/xen/include/public/xen.h tools/include/xen/xen.h
\ttouch tools/include/xen/made

tools/include/xen-foreign/x86_64.h: xen/include/public/xen.h
\tmkdir -p $(@D)
\tcp $< $@

"""
_LIBRARY = "int library = 0; /* plain */\n"
_OTHER = _LIBRARY.replace("library", "other")


def _fill(text: str, words: dict[str, str]) -> str:
    """Return a makefile's text; the braces of make stay."""
    for key, value in words.items():
        text = text.replace("{" + key + "}", value)
    return text
