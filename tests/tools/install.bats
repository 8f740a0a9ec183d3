#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# make install into a directory: complete, usable, and gone again after make uninstall.

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	export dest=$BATS_FILE_TMPDIR/dest
	make --no-print-directory install DESTDIR="$dest" PREFIX=/usr >"$BATS_FILE_TMPDIR/log"
}

setup() {
	cd "$BATS_TEST_DIRNAME/../.." || return
	version=$(sed -n 's/^PACKAGE_VERSION="\(.*\)"$/\1/p' kmod/dkms.conf)
	libdir=$(dirname "$(find "$dest/usr/lib" -name 'libpcireset.so.*' | head -n 1)")
}

@test "says what it did, and that it did not build the module" {
	grep -q "module source: $dest/usr/src/pcireset-$version" "$BATS_FILE_TMPDIR/log"
	grep -q 'the module is not built' "$BATS_FILE_TMPDIR/log"
}

@test "the tool runs, with its library" {
	LD_LIBRARY_PATH=$libdir run "$dest/usr/bin/pcireset" --version
	[ "$status" -eq 0 ]
	[[ $output == *"$version"* ]]
}

@test "a program builds against header and library by pkg-config" {
	cat >"$BATS_TEST_TMPDIR/user.c" <<-'EOF'
		#include <libpcireset.h>
		int main(void)
		{
			struct pcireset_ctx *ctx;

			return pcireset_ctx_new(0, &ctx) < 0 || pcireset_ctx_unref(ctx) != 0;
		}
	EOF
	export PKG_CONFIG_SYSROOT_DIR=$dest PKG_CONFIG_LIBDIR=$libdir/pkgconfig
	read -ra flags < <(pkg-config --cflags --libs libpcireset)
	gcc -Wall -Werror -o "$BATS_TEST_TMPDIR/user" "$BATS_TEST_TMPDIR/user.c" "${flags[@]}"
	LD_LIBRARY_PATH=$libdir "$BATS_TEST_TMPDIR/user"
}

@test "a program in Python finds the library" {
	dir=$(dirname "$(find "$dest/usr/lib" -path '*/pcireset/__init__.py')")
	run env PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="${dir%/*}" LD_LIBRARY_PATH="$libdir" /usr/bin/python3 -c \
		'import pcireset; print(pcireset.__file__, pcireset.Context("/").backend)'
	[ "$status" -eq 0 ]
	[[ $output == "$dir/__init__.py "* ]]
}

@test "the manual pages and the udev rule are there" {
	compgen -G "$dest/usr/share/man/man*/pcireset.*"
	for page in man/*.scd; do
		compgen -G "$dest/usr/share/man/man*/$(basename "$page" .scd)"
	done
	[ -f "$dest/usr/lib/udev/rules.d/60-pcireset.rules" ]
}

@test "the unit for booting runs the tool that was installed" {
	tool=$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$dest/usr/lib/systemd/system/pcireset@.service")
	[ -x "$dest$tool" ]
}

@test "the module source is all of kmod, and nothing that a build left" {
	diff <(git ls-files --cached --others --exclude-standard kmod | sed 's|^kmod/||' | grep -v '^\.' | sort) \
		<(cd "$dest/usr/src/pcireset-$version" && find . -type f -printf '%P\n' | sort)
}

@test "a second install changes nothing" {
	find "$dest" -type f | sort >"$BATS_TEST_TMPDIR/before"
	make --no-print-directory install DESTDIR="$dest" PREFIX=/usr
	find "$dest" -type f | sort | diff "$BATS_TEST_TMPDIR/before" -
}

@test "an install removes what an older one put there and this one does not" {
	touch "$dest/usr/bin/pcireset-old" "$dest/usr/src/pcireset-$version/old.c"
	echo /usr/bin/pcireset-old >>"$dest/usr/share/pcireset/installed-files"
	make --no-print-directory install DESTDIR="$dest" PREFIX=/usr
	[ ! -e "$dest/usr/bin/pcireset-old" ]
	[ ! -e "$dest/usr/src/pcireset-$version/old.c" ]
}

@test "uninstall leaves no file, and says so where there is none" {
	make --no-print-directory uninstall DESTDIR="$dest" PREFIX=/usr
	[ -z "$(find "$dest" ! -type d)" ]
	run make --no-print-directory uninstall DESTDIR="$dest" PREFIX=/usr
	[ "$status" -ne 0 ]
	[[ $output == *'nothing was installed there'* ]]
}
