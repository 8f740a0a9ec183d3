# SPDX-License-Identifier: GPL-2.0-only
# Forwards to Meson, Kbuild, the lab and the tests; "make help" lists what there is.

KV ?= $(shell uname -r)
PREFIX ?= /usr/local
DESTDIR ?=
KERNELS = $(shell awk '!/^\#/ && NF { print $$1 }' lab/kernels)

all: tools module

help:
	@echo 'make                the library, the tool, and the module for the running kernel'
	@echo 'make demo           boot a kernel in the lab and reset emulated devices (installs what it needs)'
	@echo 'make check          all tests (installs what they need); TESTS="--tier cli" and so on narrow it'
	@echo 'make check-quick    KUnit and simulated hardware under KASAN and lockdep, in a minute (the first time in a quarter of an hour)'
	@echo 'make check-intree   the kernel series of in-tree/: the patches, and a kernel with them (half an hour)'
	@echo 'make check-debug    the tests of the lab under KASAN, lockdep, kmemleak, failing allocations and KCSAN (hours)'
	@echo 'make check-mutants  put small faults into copies of the code, and count those that the tests notice (hours; MUTANTS="-j 2" and so on)'
	@echo 'make lint           all static checks (installs what they need)'
	@echo 'make tools          the library and the tool'
	@echo 'make module         the module for kernel KV=$(KV)'
	@echo 'make modules        the module for each kernel of the lab'
	@echo 'make install        on this machine, or below DESTDIR=; PREFIX=$(PREFIX)'
	@echo 'make deb            Debian packages of all parts, in build/deb'
	@echo 'make rpm            RPM packages of the same, in build/rpm, where rpmbuild is, and a look at what they install; RPMFLAGS= are its options'
	@echo 'make release        a tarball of the tag at HEAD, its bill of materials and checksums, in build/release; RELEASEFLAGS= are packaging/release'\''s options'
	@echo 'make check-deb      install, upgrade, remove and purge the Debian packages in a Debian 12 of their own (as root; minutes)'
	@echo 'make check-packages the recipes for Arch, Alpine, Nix and a kmod of RPM as far as Debian can carry them out, Ansible, alerts (minutes)'
	@echo 'make abi            put the binary interface of the library, as it is now, on record'
	@echo 'make uninstall      what install put there'
	@echo 'make deps           the Debian packages that building needs'
	@echo 'make clean          what was built; not what was downloaded'

deps:
	tools/install-deps build

# Staged in build/user: what is there is in every guest of the lab.
tools:
	tools/configure build/meson
	meson compile -C build/meson
	rm -rf build/user.new
	meson install -C build/meson --no-rebuild --quiet --destdir "$(CURDIR)/build/user.new"
	rm -rf build/user build/user.new/usr/share/doc
	mv build/user.new build/user

module:
	@if [ -e /lib/modules/$(KV)/build ]; then \
		$(MAKE) -C kmod KVER=$(KV); \
	else \
		echo 'no headers for kernel $(KV): the module was not built (make modules builds it for the lab)'; \
	fi

modules:
	set -e; for kernel in $(KERNELS); do lab/module-build $$kernel; done

# The tool alone, into the same place: the tests are three quarters of what "tools" builds.
demo:
	tools/install-deps lab build
	tools/configure build/meson
	meson compile -C build/meson cli/pcireset
	meson install -C build/meson --no-rebuild --quiet --tags runtime --destdir "$(CURDIR)/build/user"
	lab/pcilab --topology mixed --add lab/demo.sh -- bash demo.sh

check:
	tools/install-deps lab build test
	tests/run $(TESTS)

# Not part of "check": stock kernels are the evidence.
check-quick:
	tools/install-deps lab build test kernel
	tests/run --tier quick $(TESTS)

# Not part of "check" either: hours, and kernels that are built once.
check-debug:
	tools/install-deps lab build test kernel
	tests/run --tier debug $(TESTS)

# Tests the tests; for the night.
check-mutants:
	tools/install-deps lab build test kernel
	tests/mutants/run $(MUTANTS)

# Not part of "check" either: the kernel series, whose kernel takes 12 minutes to build, once.
check-intree:
	tools/install-deps lab build test kernel
	tests/run --tier intree $(TESTS)

lint:
	tools/install-deps lab build lint
	$(MAKE) --no-print-directory tools
	tools/lint $(CHECKS)

# As they were given, through the environment: neither make nor the shell expands a part of a path.
install uninstall: export PLACE_DESTDIR = $(value DESTDIR)
install uninstall: export PLACE_PREFIX = $(value PREFIX)
install:
	packaging/install --destdir "$$PLACE_DESTDIR" --prefix "$$PLACE_PREFIX"

# What debhelper needs beyond "build" is in packaging/debian/control too.
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
	bats tests/packages/deb.bats

# Not part of "check": it builds the userspace three times.
check-packages:
	tools/install-deps lab build test distributions
	bats tests/packages/others.bats tests/packages/ansible.bats

# Look at the difference before it is committed: what went or changed breaks programs that were linked with it.
abi: tools
	tools/install-deps test
	tests/abi/abi update build/meson/lib/libpcireset.so

uninstall:
	packaging/uninstall --destdir "$$PLACE_DESTDIR" --prefix "$$PLACE_PREFIX"

clean:
	rm -rf build
	if [ -e /lib/modules/$(KV)/build ]; then $(MAKE) -C kmod KVER=$(KV) clean; fi

.PHONY: all help deps tools module modules demo check check-quick check-debug check-mutants check-intree lint install deb rpm release check-deb check-packages abi uninstall clean
