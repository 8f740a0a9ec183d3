# SPDX-License-Identifier: GPL-2.0-only
# Runs Meson, Kbuild, the lab and the tests; "make help" lists the targets.

KV ?= $(shell uname -r)
PREFIX ?= /usr/local
DESTDIR ?=
# Of the command line only: whoever builds kernels may have another ARCH in the environment.
LAB_ARCH = $(if $(filter command line,$(origin ARCH)),$(ARCH),amd64)
KERNELS = $(shell awk '!/^\#/ && $$6 == "check" && ("$(LAB_ARCH)" == "all" || $$5 == "$(LAB_ARCH)") { print $$1 }' lab/kernels)
# A kernel's build would take ARCH for its own.
PLAIN = env -u ARCH -u MAKEFLAGS -u MAKEOVERRIDES

all: tools module

help:
	@echo 'make                the library, the tool, and the module for the running kernel'
	@echo 'make demo           boot a kernel in the lab and reset emulated devices (installs its requirements)'
	@echo 'make check          all tests (installs their requirements); TESTS="--tier cli" selects some of them;'
	@echo '                    ARCH=arm64 runs those of the lab and the unit tests on emulated arm64, ARCH=all everything (hours)'
	@echo 'make check-quick    KUnit and simulated hardware under KASAN and lockdep, in a minute (the first run takes a quarter of an hour)'
	@echo 'make check-nightly  the lab tier on all of its kernels: "make check" leaves long tests out on some of them; the kernels'
	@echo '                    of the support matrix, and what is new in them of what the module uses; and the lab tier on 7.3-arm64 (hours)'
	@echo 'make check-intree   the kernel series in in-tree/: its patches, and a kernel with them (half an hour)'
	@echo 'make check-intree-debug  the same guests under KASAN and KCSAN (hours)'
	@echo 'make check-debug    the tests of the lab under KASAN, lockdep, kmemleak, failing allocations and KCSAN (hours)'
	@echo 'make check-endian   the unit tests and recorded machines on a big-endian processor (s390x), by qemu-user (minutes)'
	@echo 'make check-mutants  put small faults into copies of the code, and count those that the tests notice (hours; MUTANTS= are its options)'
	@echo 'make lint           all static checks (installs their requirements); CHECKS= selects some of them'
	@echo 'make tools          the library and the tool; with ARCH=arm64, for the guests of arm64 in build/user-arm64'
	@echo 'make module         the module for kernel KV=$(KV)'
	@echo 'make modules        the module for each kernel of the lab; ARCH=arm64 or ARCH=all'
	@echo 'make install        install on this machine, or copy the files below DESTDIR=; PREFIX=$(PREFIX)'
	@echo 'make deb            Debian packages of all parts, in build/deb'
	@echo 'make rpm            RPM packages of the same, in build/rpm, and a check of their files; needs rpmbuild; RPMFLAGS= are its options'
	@echo 'make release        a tarball of the tag at HEAD, its bill of materials and checksums, in build/release; RELEASEFLAGS= are packaging/release'\''s options'
	@echo 'make check-deb      build, install, upgrade, remove and purge the Debian packages in a separate Debian 12 (as root; minutes)'
	@echo 'make check-packages the recipes for Arch, Alpine, Nix and a kmod RPM as far as Debian can run them, Ansible, alerts, a page in Chromium (minutes)'
	@echo 'make abi            record the current binary interface of the library'
	@echo 'make uninstall      remove the files of make install'
	@echo 'make deps           install the Debian packages that the build requires'
	@echo 'make clean          remove built files, but no downloads'

deps:
	tools/install-deps build

# Staged in build/user, which the lab copies into every guest.
tools:
ifneq ($(LAB_ARCH),amd64)
	$(PLAIN) tools/cross-tools $(LAB_ARCH)
else
	tools/configure build/meson
	meson compile -C build/meson
	rm -rf build/user.new
	meson install -C build/meson --no-rebuild --quiet --destdir "$(CURDIR)/build/user.new"
	rm -rf build/user build/user.new/usr/share/doc
	mv build/user.new build/user
endif

module:
	@if [ -e /lib/modules/$(KV)/build ]; then \
		$(MAKE) -C kmod KVER=$(KV); \
	else \
		echo 'no headers for kernel $(KV): the module was not built (make modules builds it for the lab)'; \
	fi

modules:
	set -e; for kernel in $(KERNELS); do $(PLAIN) lab/module-build $$kernel; done

# The tool alone, into the same place: the tests are three quarters of what "tools" builds.
demo:
	tools/install-deps lab build
	tools/configure build/meson
	meson compile -C build/meson cli/pcireset
	meson install -C build/meson --no-rebuild --quiet --tags runtime --destdir "$(CURDIR)/build/user"
	lab/pcilab --topology mixed --add lab/demo.sh -- bash demo.sh

check:
	tools/install-deps lab build test $(filter-out amd64,$(patsubst all,arm64,$(LAB_ARCH)))
	$(PLAIN) tests/run --arch $(LAB_ARCH) $(TESTS)

# Not part of "check" as it takes longer than CI may: the lab tier on all kernels of each test and on one of arm64, and a smoke of all
# other kernels.
check-nightly:
	tools/install-deps lab build test lint arm64
	$(PLAIN) $(MAKE) --no-print-directory tools
	$(PLAIN) $(MAKE) --no-print-directory tools ARCH=arm64
	tests/run --tier lab --nightly $(TESTS)
	tests/run --tier lab --kernel 7.3-arm64 $(TESTS)
	tests/support-matrix
	$(if $(TESTS),,tests/support-matrix --lab $(KERNELS) 7.3-arm64)
	tools/kernel-api

# Not part of "check": stock kernels are the evidence.
check-quick:
	tools/install-deps lab build test kernel
	tests/run --tier quick $(TESTS)

# Not part of "check" either: hours, and kernels that are built once.
check-debug:
	tools/install-deps lab build test kernel
	tests/run --tier debug $(TESTS)

# Not part of "check" either: it builds the userspace again, for s390x.
check-endian:
	tools/install-deps lab build test
	tests/run --tier endian $(TESTS)

# Tests the tests; for the night.
check-mutants:
	tools/install-deps lab build test kernel
	tests/mutants/run $(MUTANTS)

# Not part of "check" either: the kernel series, whose kernel takes 12 minutes to build, once.
check-intree:
	tools/install-deps lab build test kernel
	tests/run --tier intree $(TESTS)

# The same guests under KASAN and KCSAN; for the night.
check-intree-debug:
	tools/install-deps lab build test kernel
	tests/run --tier intree --kernel 7.3-intree-kasan --kernel 7.3-intree-kcsan $(TESTS)

lint:
	tools/install-deps lab build lint
	$(MAKE) --no-print-directory tools
	tools/lint $(CHECKS)

# Through the environment, so that neither make nor the shell expands parts of a path.
install uninstall: export PLACE_DESTDIR = $(value DESTDIR)
install uninstall: export PLACE_PREFIX = $(value PREFIX)
install:
	packaging/install --destdir "$$PLACE_DESTDIR" --prefix "$$PLACE_PREFIX"

# packaging/debian/control lists the packages that debhelper needs beyond "build", too.
deb:
	tools/install-deps build deb
	packaging/deb

rpm:
	packaging/rpm $(RPMFLAGS)
	packaging/check-rpm

release:
	packaging/release $(RELEASEFLAGS)

# Not part of "check": it downloads kernel headers and builds the module by DKMS, four times.
check-deb:
	tools/install-deps build deb chroot
	bats tests/packages/deb.bats tests/packages/source.bats

# Not part of "check": it builds the userspace three times.
check-packages:
	tools/install-deps lab build test distributions
	bats tests/packages/others.bats tests/packages/ansible.bats tests/packages/browser.bats

# Review the difference before you commit it: removals and changes break linked programs.
abi: tools
	tools/install-deps test
	tests/abi/abi update build/meson/lib/libpcireset.so

uninstall:
	packaging/uninstall --destdir "$$PLACE_DESTDIR" --prefix "$$PLACE_PREFIX"

clean:
	rm -rf build
	if [ -e /lib/modules/$(KV)/build ]; then $(MAKE) -C kmod KVER=$(KV) clean; fi

.PHONY: all help deps tools module modules demo check check-nightly check-quick check-debug check-endian check-mutants check-intree check-intree-debug lint install deb rpm release check-deb check-packages abi uninstall clean
