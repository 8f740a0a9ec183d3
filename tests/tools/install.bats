#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# shellcheck disable=SC2030,SC2031 # each test is a shell of its own
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

@test "make install prints its actions, and that the module was not built" {
	grep -q "module source: $dest/usr/src/pcireset-$version" "$BATS_FILE_TMPDIR/log"
	grep -q 'the module is not built' "$BATS_FILE_TMPDIR/log"
}

@test "the installed tool runs with its library" {
	LD_LIBRARY_PATH=$libdir run "$dest/usr/bin/pcireset" --version
	[ "$status" -eq 0 ]
	[[ $output == *"$version"* ]]
}

@test "a program builds with pkg-config" {
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

@test "a Python program finds the library" {
	dir=$(dirname "$(find "$dest/usr/lib" -path '*/pcireset/__init__.py')")
	run env PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="${dir%/*}" LD_LIBRARY_PATH="$libdir" /usr/bin/python3 -c \
		'import pcireset; print(pcireset.__file__, pcireset.Context("/").backend)'
	[ "$status" -eq 0 ]
	[[ $output == "$dir/__init__.py "* ]]
}

@test "the manual pages and the udev rule are installed" {
	compgen -G "$dest/usr/share/man/man*/pcireset.*"
	for page in man/*.scd; do
		compgen -G "$dest/usr/share/man/man*/$(basename "$page" .scd)"
	done
	[ -f "$dest/usr/lib/udev/rules.d/60-pcireset.rules" ]
}

@test "every page of docs is installed, and each of its links leads to a file" {
	doc=$dest/usr/share/doc/pcireset
	for file in $(git ls-files --cached --others --exclude-standard docs | grep -v meson.build); do
		[ -f "$doc/$file" ] || { echo "$file is not installed" && return 1; }
	done
	tools/check-links "$doc"
	[ -z "$(find "$doc" -type f ! -perm 0644)" ]
}

@test "the boot unit runs the installed tool" {
	tool=$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$dest/usr/lib/systemd/system/pcireset@.service")
	[ -x "$dest$tool" ]
}

# installs_below PREFIX: make install and make uninstall, with all that names the prefix; the destdir is as odd.
installs_below() {
	local root="$BATS_TEST_TMPDIR/dest \$x & 'y' \"z\" \\ |" prefix=$1 unit tool pc

	make --no-print-directory install DESTDIR="$root" PREFIX="$prefix" >/dev/null
	[ -x "$root$prefix/bin/pcireset" ]
	unit=$root/usr/local/lib/systemd/system/pcireset@.service
	# What systemd itself reads there: a program that does not exist is all that it has to say about a unit that is whole.
	tool=$(systemd-analyze verify "$unit" 2>&1 | sed -n 's/^[^:]*: Command \(.*\) is not executable: .*/\1/p')
	[ "$tool" = "$prefix/bin/pcireset" ]
	pc=$(find "$root" -name libpcireset.pc)
	eval "flags=($(PKG_CONFIG_LIBDIR=${pc%/*} pkg-config --cflags libpcireset))"
	[ "${flags[0]}" = "-I$prefix/include" ]
	make --no-print-directory uninstall DESTDIR="$root" PREFIX="$prefix"
	[ -z "$(find "$root" ! -type d)" ]
}

@test "a prefix may have special characters of sed, make, the shell and systemd" {
	installs_below "/opt/a..b & b|c%d%%i;e\`f*é"
}

@test ". and .. are removed from paths" {
	run bash -c '. packaging/common.sh && parse_options --prefix /opt/./x/../y/ --destdir /a/../b/ && echo "$prefix $destdir"'
	[ "$output" = '/opt/y /b' ]
}

# refuses WORDS OPTION PATH...: packaging/install names the option and why, and touches nothing.
refuses() {
	local words=$1

	run packaging/install --destdir "$BATS_TEST_TMPDIR/none" "${@:2}"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == "install: "*"$words"* ]]
	[ "${#lines[@]}" -eq 1 ]
	[ ! -e "$BATS_TEST_TMPDIR/none" ]
}

@test "an impossible prefix is refused, and nothing is installed" {
	local word

	for word in '"' "'" \\; do
		refuses 'a quote or a backslash' --prefix "/opt/a${word}b"
	done
	for word in '$' '#'; do
		refuses pkg-config --prefix "/opt/a${word}b"
	done
	for word in $'\n' $'\t' $'\e' $'\x7f'; do
		refuses 'control character' --prefix "/opt/a${word}b"
		refuses 'control character' --prefix "/opt/a${word}"
		refuses 'control character' --prefix /usr --destdir "/opt/a${word}"
	done
	refuses UTF-8 --prefix $'/opt/a\xffb'
	refuses 'not an absolute path' --prefix opt
	refuses 'not an absolute path' --prefix ''
	refuses 'the whole system' --prefix /opt/..
	run make --no-print-directory install DESTDIR="$BATS_TEST_TMPDIR/none" PREFIX="/opt/a\$b"
	[[ $status -ne 0 && $output == *pkg-config* && ! -e $BATS_TEST_TMPDIR/none ]]
}

@test "the module source is all of kmod/ without build results" {
	diff <(git ls-files --cached --others --exclude-standard kmod | sed 's|^kmod/||' | grep -v '^\.' | sort) \
		<(cd "$dest/usr/src/pcireset-$version" && find . -type f -printf '%P\n' | sort)
}

@test "a second install changes nothing" {
	find "$dest" -type f | sort >"$BATS_TEST_TMPDIR/before"
	make --no-print-directory install DESTDIR="$dest" PREFIX=/usr
	find "$dest" -type f | sort | diff "$BATS_TEST_TMPDIR/before" -
}

@test "an install removes old files that it no longer installs" {
	touch "$dest/usr/bin/pcireset-old" "$dest/usr/src/pcireset-$version/old.c"
	echo /usr/bin/pcireset-old >>"$dest/usr/share/pcireset/installed-files"
	make --no-print-directory install DESTDIR="$dest" PREFIX=/usr
	[ ! -e "$dest/usr/bin/pcireset-old" ]
	[ ! -e "$dest/usr/src/pcireset-$version/old.c" ]
}

@test "uninstall leaves no file, and reports if there was none" {
	make --no-print-directory uninstall DESTDIR="$dest" PREFIX=/usr
	[ -z "$(find "$dest" ! -type d)" ]
	run make --no-print-directory uninstall DESTDIR="$dest" PREFIX=/usr
	[ "$status" -ne 0 ]
	[[ $output == *'nothing was installed there'* ]]
}
