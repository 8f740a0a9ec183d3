# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A Debian mirror in a directory, with packages that look like a kernel's: for the tests of lab/kernel-get.

# fake_vmlinuz FILE: writes the parts of a bzImage that the lab reads: the place of its payload, and an ELF file there.
fake_vmlinuz() {
	local payload=$BATS_FILE_TMPDIR/payload length

	{ printf '\177ELF a kernel' | gzip -n && printf '\0\0\0\0'; } >"$payload"
	length=$(stat -c %s "$payload")
	{ head -c 1024 /dev/zero && cat "$payload"; } >"$1"
	printf '\1' | dd of="$1" bs=1 seek=$((0x1f1)) conv=notrunc status=none
	printf '%b' "\\x$(printf %02x "$length")" | dd of="$1" bs=1 seek=$((0x24c)) conv=notrunc status=none
}

# fake_image FILE: writes the parts of an arm64 kernel that the lab reads.
fake_image() {
	{ head -c 56 /dev/zero && printf 'ARM\144 a kernel'; } >"$1"
}

# What packages are for, and which lists a suite has.
deb_arch=amd64 arches=(amd64)

# make_deb SUITE NAME VERSION [DEPENDS [DIR]]: adds a package that holds the files of DIR to a suite of $mirror.
make_deb() {
	local root=$BATS_TEST_TMPDIR/deb

	rm -rf "$root"
	mkdir -p "$root/DEBIAN" "$mirror/pool/$1"
	[[ -z ${5:-} ]] || cp -r "$5/." "$root/"
	printf '%s\n' "Package: $2" "Version: $3" "Architecture: $deb_arch" 'Maintainer: nobody <nobody@example.org>' \
		${4:+"Depends: $4"} 'Description: a test' >"$root/DEBIAN/control"
	dpkg-deb -Znone --build "$root" "$mirror/pool/$1/$2_${3}_$deb_arch.deb" >/dev/null
}

# make_files DIR FILE...: empty ones.
make_files() {
	local file

	rm -rf "$1"
	for file in "${@:2}"; do
		mkdir -p "$1/$(dirname "$file")"
		: >"$1/$file"
	done
}

# make_headers SUITE RELEASE VERSION KBUILD: those of the release and the common ones.
make_headers() {
	local dir=$BATS_TEST_TMPDIR/files common=linux-headers-${2%-*}-common

	make_files "$dir" "usr/src/$common/Makefile"
	make_deb "$1" "$common" "$3" '' "$dir"
	make_files "$dir" "usr/src/linux-headers-$2/Makefile"
	make_deb "$1" "linux-headers-$2" "$3" "$common (= $3), $4 (>= $3), a-compiler" "$dir"
}

# make_kbuild SUITE NAME VERSION
make_kbuild() {
	make_files "$BATS_TEST_TMPDIR/files" "usr/lib/$2/scripts/it" "usr/lib/$2/scripts/for-$deb_arch"
	make_deb "$1" "$2" "$3" '' "$BATS_TEST_TMPDIR/files"
}

# make_image SUITE RELEASE VERSION [SUFFIX]
make_image() {
	local dir=$BATS_TEST_TMPDIR/files

	make_files "$dir" "lib/modules/$2"/modules.{order,builtin,builtin.modinfo} "boot/vmlinuz-$2"
	if [[ $deb_arch == arm64 ]]; then
		fake_image "$dir/boot/vmlinuz-$2"
	else
		cp "$BATS_FILE_TMPDIR/vmlinuz" "$dir/boot/vmlinuz-$2"
	fi
	make_deb "$1" "linux-image-$2${4:-}" "$3" 'kmod, linux-base (>= 4.3~), a | b' "$dir"
}

# make_kernel SUITE ABI VERSION [SUFFIX]: all of a 6.1, whose image has the suffix.
make_kernel() {
	make_headers "$1" "6.1.0-$2-$deb_arch" "$3" linux-kbuild-6.1
	make_kbuild "$1" linux-kbuild-6.1 "$3"
	make_image "$1" "6.1.0-$2-$deb_arch" "$3" "${4:-}"
}

# make_split SUITE RELEASE VERSION: all of a 7.x, whose image consists of several packages.
make_split() {
	local dir=$BATS_TEST_TMPDIR/files part

	make_headers "$1" "$2" "$3" "linux-kbuild-${2%-amd64}"
	make_kbuild "$1" "linux-kbuild-${2%-amd64}" "$3"
	make_files "$dir" "usr/share/doc/linux-base-$2/x"
	make_deb "$1" "linux-base-$2" "$3" '' "$dir"
	make_files "$dir" "usr/lib/modules/$2"/modules.{order,builtin,builtin.modinfo}
	make_deb "$1" "linux-modules-$2" "$3" "kmod, linux-base-$2 (= $3)" "$dir"
	make_files "$dir" "usr/lib/modules/$2/vmlinuz"
	cp "$BATS_FILE_TMPDIR/vmlinuz" "$dir/usr/lib/modules/$2/vmlinuz"
	for part in linux-binary linux-binary-unsigned; do
		make_deb "$1" "$part-$2" "$3" "linux-base-$2 (= $3)" "$dir"
	done
	make_deb "$1" "linux-image-$2" "$3" "a | b, linux-base-$2 (= $3), linux-binary-$2 (= $3), linux-modules-$2 (= $3)"
}

# take_away SUITE PATTERN: packages that an upload lacks.
take_away() {
	local files

	mapfile -t files < <(compgen -G "$mirror/pool/$1/$2")
	rm "${files[@]}"
}

# publish SUITE...: writes the suites' lists of the present packages. Their date is later than that of the last lists, for apt.
published=0
publish() {
	local suite arch list

	published=$((published + 60))
	for suite; do
		for arch in "${arches[@]}"; do
			list=dists/$suite/main/binary-$arch
			mkdir -p "$mirror/$list" "$mirror/pool/$suite"
			(cd "$mirror" && apt-ftparchive -q --arch "$arch" packages "pool/$suite" >"$list/Packages")
		done
		(cd "$mirror" &&
			apt-ftparchive -q -o "APT::FTPArchive::Release::Suite=$suite" -o APT::FTPArchive::Release::Components=main \
				-o APT::FTPArchive::Release::Architectures="${arches[*]}" release "dists/$suite" >"$BATS_TEST_TMPDIR/Release" &&
			mv "$BATS_TEST_TMPDIR/Release" "dists/$suite/Release" &&
			find "dists/$suite" -type f -exec touch -d "$published seconds" {} +)
	done
}

# write_sources URI SUITE...
write_sources() {
	local uri=$1

	shift
	printf "deb [trusted=yes] $uri %s main\n" "$@" >"$PCILAB_SOURCES"
}

# start_server DIR: serves it on 127.0.0.1, with port and requests in files beside it. What is below /busy/ has no answer but 503.
start_server() {
	python3 - "$1" <<-'END' 3>&- >/dev/null 2>"$1.requests" &
		import http.server, sys
		class Handler(http.server.SimpleHTTPRequestHandler):
		    def __init__(self, *arguments):
		        super().__init__(*arguments, directory=sys.argv[1])
		    def do_GET(self):
		        if "/busy/" in self.path:
		            self.send_error(503)
		        else:
		            super().do_GET()
		server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
		open(sys.argv[1] + ".port", "w").write(f"{server.server_port}\n")
		server.serve_forever()
	END
	server=$!
	until [[ -s $1.port ]]; do
		sleep 0.05
	done
}
