#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-only
# lab/kernel-get gets a kernel from a mirror in any state, or says which package is the reason and what to do.
#
# Each test is a process of its own, and so is what it exports; that is what is wanted.
# shellcheck disable=SC2030,SC2031
# slow: yes

bats_require_minimum_version 1.5.0

suites=(bookworm bookworm-security)

setup_file() {
	. "$BATS_TEST_DIRNAME/../lib/mirror.sh"
	command -v apt-ftparchive >/dev/null || return 0
	fake_vmlinuz "$BATS_FILE_TMPDIR/vmlinuz"
	mkdir "$BATS_FILE_TMPDIR/www"
	start_server "$BATS_FILE_TMPDIR/www"
	export server
}

teardown_file() {
	[[ -z ${server:-} ]] || kill "$server"
}

setup() {
	command -v apt-ftparchive >/dev/null || skip 'there is no apt-ftparchive here'
	. "$BATS_TEST_DIRNAME/../lib/mirror.sh"
	cd "$BATS_TEST_DIRNAME/../.." || return
	mirror=$BATS_FILE_TMPDIR/www/$BATS_TEST_NUMBER
	url=http://127.0.0.1:$(<"$BATS_FILE_TMPDIR/www.port")/$BATS_TEST_NUMBER
	export XDG_CACHE_HOME=$BATS_TEST_TMPDIR/cache PCILAB_SOURCES=$BATS_TEST_TMPDIR/sources
	mkdir -p "$mirror" "$XDG_CACHE_HOME"
	write_sources "$url" "${suites[@]}"
}

# Seen only where a test fails.
teardown() {
	printf 'status: %s\n%s\n' "${status:-}" "${output:-}"
}

# two_kernels: 6.1.0-1 in bookworm, 6.1.0-2 in bookworm-security.
two_kernels() {
	make_kernel bookworm 1 6.1.10-1
	make_kernel bookworm-security 2 6.1.20-1
}

# get [OPTION...] KERNEL
get() {
	run lab/kernel-get --no-toolchain "$@"
}

# is_got KERNEL RELEASE VERSION: and it can be booted and built for.
is_got() {
	local dir=$XDG_CACHE_HOME/pcireset/kernels/$1

	[[ $status -eq 0 && $output == *"$1 $2 $3" ]]
	[[ $(<"$dir/release") == "$2" && $(<"$dir/version") == "$3" && $(<"$dir/vmlinux") == *'ELF a kernel' ]]
	[[ -e $dir/root/lib/modules/$2/modules.order && -e $dir/root/usr/src/linux-headers-$2/Makefile ]]
	[[ -e $dir/root/usr/src/linux-headers-${2%-amd64}-common/Makefile && ! -e $dir.new ]]
	compgen -G "$dir/root/usr/lib/linux-kbuild-*"
}

# passed_over RELEASE TEXT: and nothing else was.
passed_over() {
	[[ $output == *"passed over $1"*"$2"* && $(grep -c 'passed over' <<<"$output") -eq 1 ]]
}

# fails STATUS TEXT...: with advice, and without anything left.
fails() {
	local word

	[[ $status -eq $1 ]]
	for word in "${@:2}" 'Try again later, or name a mirror' PCILAB_SOURCES; do
		[[ ${lines[-1]} == *"$word"* ]]
	done
	[[ -z $(ls "$XDG_CACHE_HOME/pcireset/kernels" 2>/dev/null) ]]
}

@test "the newest release of all suites is taken and printed" {
	two_kernels
	publish "${suites[@]}"
	get 6.1
	is_got 6.1 6.1.0-2-amd64 6.1.20-1
	[[ $output == *'kernel 6.1: got 6.1.0-2-amd64 (6.1.20-1)'* && $output != *'passed over'* && $output != *signed* ]]
}

@test "a mirror can be a directory" {
	two_kernels
	publish "${suites[@]}"
	write_sources "file:$mirror" "${suites[@]}"
	get 6.1
	is_got 6.1 6.1.0-2-amd64 6.1.20-1
}

@test "an unsigned image is taken if no signed one exists" {
	make_kernel bookworm 1 6.1.10-1
	make_kernel bookworm-security 2 6.1.20-1 -unsigned
	# The signed one is a name that others mention.
	make_deb bookworm-security linux-image-amd64 6.1.20-1 'linux-image-6.1.0-2-amd64 (= 6.1.20-1)'
	make_deb bookworm-security linux-headers-amd64 6.1.20-1 'linux-headers-6.1.0-3-amd64 (= 6.1.30-1)'
	publish "${suites[@]}"
	get 6.1
	is_got 6.1 6.1.0-2-amd64 6.1.20-1
	[[ $output == *'6.1.0-2-amd64 (6.1.20-1), which has no signed image'* && $output != *6.1.0-3* ]]
}

@test "without headers, the next older release is taken" {
	two_kernels
	take_away bookworm-security 'linux-headers-*-amd64_*'
	publish "${suites[@]}"
	get 6.1
	is_got 6.1 6.1.0-1-amd64 6.1.10-1
	passed_over '6.1.0-2-amd64 (6.1.20-1)' 'there is no linux-headers-6.1.0-2-amd64 (= 6.1.20-1)'
}

@test "without common headers, the next older release is taken" {
	two_kernels
	take_away bookworm-security 'linux-headers-*-common_*'
	publish "${suites[@]}"
	get 6.1
	is_got 6.1 6.1.0-1-amd64 6.1.10-1
	passed_over '6.1.0-2-amd64 (6.1.20-1)' 'there is no linux-headers-6.1.0-2-common (= 6.1.20-1)'
}

@test "without any image, the next older release is taken" {
	two_kernels
	take_away bookworm-security 'linux-image-*'
	publish "${suites[@]}"
	get 6.1
	is_got 6.1 6.1.0-1-amd64 6.1.10-1
	passed_over '6.1.0-2-amd64 (6.1.20-1)' 'there is no linux-image-6.1.0-2-amd64 (= 6.1.20-1), signed or unsigned'
}

@test "with a kbuild older than the headers, the next older release is taken" {
	two_kernels
	take_away bookworm-security 'linux-kbuild-*'
	publish "${suites[@]}"
	get 6.1
	is_got 6.1 6.1.0-1-amd64 6.1.10-1
	passed_over '6.1.0-2-amd64 (6.1.20-1)' 'there is no linux-kbuild-6.1 (>= 6.1.20-1)'
}

@test "of a release in two versions, the complete one is taken" {
	make_kernel bookworm 2 6.1.20-1
	make_headers bookworm-security 6.1.0-2-amd64 6.1.21-1 linux-kbuild-6.1
	make_kbuild bookworm-security linux-kbuild-6.1 6.1.21-1
	publish "${suites[@]}"
	get 6.1
	is_got 6.1 6.1.0-2-amd64 6.1.20-1
	passed_over '6.1.0-2-amd64 (6.1.21-1)' 'linux-image-6.1.0-2-amd64 (= 6.1.21-1)'
	# When the rest has come, it is newer although its release is the same.
	make_image bookworm-security 6.1.0-2-amd64 6.1.21-1
	publish bookworm-security
	get --refresh 6.1
	is_got 6.1 6.1.0-2-amd64 6.1.21-1
}

@test "without a complete or cached release, a message names the package and a remedy" {
	two_kernels
	take_away bookworm 'linux-headers-*-common_*'
	take_away bookworm-security 'linux-image-*'
	publish "${suites[@]}"
	get 6.1
	fails 3 'kernel 6.1 is not cached and cannot be fetched' 'linux-image-6.1.0-2-amd64 (= 6.1.20-1)'
	[[ $output == *'passed over 6.1.0-1-amd64 (6.1.10-1): there is no linux-headers-6.1.0-1-common (= 6.1.10-1)'* ]]
}

@test "without one suite, the other suite is used" {
	two_kernels
	publish bookworm
	get 6.1
	is_got 6.1 6.1.0-1-amd64 6.1.10-1
	[[ $output == *"bookworm-security: 404  File not found ($url/dists/bookworm-security/"* ]]
}

@test "without any suite, the status is 3, and the suites are named" {
	get 6.1
	fails 3 'there is no linux-image-6\.1\.0-[0-9]+-amd64 in what can be read of bookworm bookworm-security'
	[[ $output == *'bookworm: '*'bookworm-security: '* ]]
}

@test "a kernel in no suite gives 4" {
	make_deb bookworm something 1
	publish "${suites[@]}"
	get 6.1
	fails 4 'there is no linux-image-6\.1\.0-[0-9]+-amd64 in bookworm bookworm-security'
}

@test "an incomplete or missing PCILAB_SOURCES is an error" {
	two_kernels
	publish "${suites[@]}"
	write_sources "$url" bookworm
	get 6.1
	is_got 6.1 6.1.0-1-amd64 6.1.10-1
	[[ $output == *"bookworm-security: $PCILAB_SOURCES has no deb line for it"* ]]
	PCILAB_SOURCES=/no/such/file get --refresh 6.1
	[[ $status -eq 2 && $output == *"PCILAB_SOURCES: '/no/such/file' cannot be read"* ]]
}

@test "with a file missing in the pool, the next older release is taken" {
	two_kernels
	publish "${suites[@]}"
	take_away bookworm-security 'linux-headers-*-common_*'
	get 6.1
	is_got 6.1 6.1.0-1-amd64 6.1.10-1
	passed_over '6.1.0-2-amd64 (6.1.20-1)' "linux-headers-6.1.0-2-common: 404  File not found"
	[[ $output == *"$url/pool/bookworm-security/linux-headers-6.1.0-2-common_6.1.20-1_amd64.deb"* ]]
}

@test "with a file missing in the pool of a directory, the next older release is taken" {
	two_kernels
	publish "${suites[@]}"
	write_sources "file:$mirror" "${suites[@]}"
	take_away bookworm-security 'linux-image-*'
	get 6.1
	is_got 6.1 6.1.0-1-amd64 6.1.10-1
	passed_over '6.1.0-2-amd64 (6.1.20-1)' 'linux-image-6.1.0-2-amd64: File not found'
}

@test "with a wrong hash or size, the next older release is taken" {
	two_kernels
	make_kernel bookworm-security 3 6.1.30-1
	publish "${suites[@]}"
	printf x | dd of="$(echo "$mirror"/pool/bookworm-security/linux-image-6.1.0-2-*)" bs=1 seek=100 conv=notrunc status=none
	echo more >>"$(echo "$mirror"/pool/bookworm-security/linux-image-6.1.0-3-*)"
	get 6.1
	is_got 6.1 6.1.0-1-amd64 6.1.10-1
	[[ $output == *'6.1.0-3-amd64 (6.1.30-1): linux-image-6.1.0-3-amd64: File has unexpected size'* ]]
	[[ $output == *'6.1.0-2-amd64 (6.1.20-1): linux-image-6.1.0-2-amd64: Hash Sum mismatch'* ]]
}

@test "with a damaged package, the next older release is taken" {
	two_kernels
	make_kernel bookworm-security 3 6.1.30-1
	make_deb bookworm-security linux-image-6.1.0-2-amd64 6.1.20-1
	deb=$(echo "$mirror"/pool/bookworm-security/linux-image-6.1.0-3-*)
	(cd "$BATS_TEST_TMPDIR" && echo 'no archive' >data.tar && ar r "$deb" data.tar)
	publish "${suites[@]}"
	get 6.1
	is_got 6.1 6.1.0-1-amd64 6.1.10-1
	[[ $output == *'passed over 6.1.0-3-amd64 (6.1.30-1): linux-image-6.1.0-3-amd64 does not unpack'* ]]
	[[ $output == *'passed over 6.1.0-2-amd64 (6.1.20-1): its packages hold no vmlinuz'* ]]
}

@test "a mirror that stops answering is not queried for each release" {
	two_kernels
	make_kernel bookworm-security 3 6.1.30-1
	publish "${suites[@]}"
	sed -i 's|^Filename: pool|Filename: busy/pool|' "$mirror"/dists/*/main/binary-amd64/Packages
	for suite in "${suites[@]}"; do
		(cd "$mirror" && apt-ftparchive -q release "dists/$suite" >"$BATS_TEST_TMPDIR/Release" && mv "$BATS_TEST_TMPDIR/Release" "dists/$suite/Release")
	done
	get 6.1
	fails 3 'linux-' ': 503 '
	[[ $output == *'passed over 6.1.0-2-amd64 (6.1.20-1): http://127.0.0.1:'*' did not answer before'* ]]
	[[ $(grep -o "/$BATS_TEST_NUMBER/busy/pool/.*deb " "$BATS_FILE_TMPDIR/www.requests" | sort -u | grep -cv 6.1.30-1) -eq 0 ]]
}

@test "without network and cache, a message is printed and nothing is downloaded" {
	write_sources http://127.0.0.1:9/debian "${suites[@]}"
	get 6.1
	fails 3 'no mirror answered'
	[[ $output == *'bookworm: Could not connect to 127.0.0.1:9'* && $output != *'passed over'* ]]
}

@test "without network, the cache is kept, with and without --refresh" {
	two_kernels
	publish "${suites[@]}"
	get 6.1
	write_sources http://127.0.0.1:9/debian "${suites[@]}"
	get 6.1
	[[ $status -eq 0 && $output == '6.1 6.1.0-2-amd64 6.1.20-1' ]]
	get --refresh 6.1
	is_got 6.1 6.1.0-2-amd64 6.1.20-1
	[[ $output == *'keeping 6.1.0-2-amd64 (6.1.20-1): no mirror answered'* ]]
}

@test "if one of two mirrors does not answer, the other is used" {
	two_kernels
	publish "${suites[@]}"
	printf '%s\n' "deb [trusted=yes] file:$mirror bookworm main" 'deb [trusted=yes] http://127.0.0.1:9/x bookworm-security main' >"$PCILAB_SOURCES"
	get 6.1
	is_got 6.1 6.1.0-1-amd64 6.1.10-1
	[[ $output == *'bookworm-security: Could not connect to 127.0.0.1:9'* ]]
}

@test "--refresh keeps the cache if no newer release is complete" {
	two_kernels
	publish "${suites[@]}"
	get 6.1
	get --refresh 6.1
	is_got 6.1 6.1.0-2-amd64 6.1.20-1
	[[ $output == *'keeping 6.1.0-2-amd64 (6.1.20-1): there is no newer one'* ]]
	make_headers bookworm-security 6.1.0-3-amd64 6.1.30-1 linux-kbuild-6.1
	publish bookworm-security
	get --refresh 6.1
	is_got 6.1 6.1.0-2-amd64 6.1.20-1
	passed_over '6.1.0-3-amd64 (6.1.30-1)' 'there is no linux-kbuild-6.1 (>= 6.1.30-1)'
	[[ $output == *'keeping 6.1.0-2-amd64 (6.1.20-1): nothing newer can be fetched completely (6.1.0-3-amd64, there is no linux-kbuild-6.1'* ]]
	# A mirror that fell behind has only what is older.
	take_away bookworm-security '*'
	publish bookworm-security
	get --refresh 6.1
	is_got 6.1 6.1.0-2-amd64 6.1.20-1
	# The suites know nothing of it any more.
	take_away bookworm '*'
	publish bookworm
	get --refresh 6.1
	is_got 6.1 6.1.0-2-amd64 6.1.20-1
	[[ $output == *'keeping 6.1.0-2-amd64 (6.1.20-1): there is no linux-image-'* ]]
}

@test "7.x: an image in parts is taken" {
	write_sources "$url" trixie-backports
	make_split trixie-backports 7.3.1+deb13-amd64 7.3.1-1~bpo13+1
	make_split trixie-backports 7.3.10+deb13-amd64 7.3.10-1~bpo13+1
	publish trixie-backports
	get 7.3
	is_got 7.3 7.3.10+deb13-amd64 7.3.10-1~bpo13+1
	[[ $output != *'no signed image'* ]]
}

@test "7.x: the unsigned image is taken if the signed one is incomplete" {
	write_sources "$url" trixie-backports
	make_split trixie-backports 7.3.10+deb13-amd64 7.3.10-1~bpo13+1
	take_away trixie-backports 'linux-image-*'
	take_away trixie-backports 'linux-binary-7*'
	publish trixie-backports
	get 7.3
	is_got 7.3 7.3.10+deb13-amd64 7.3.10-1~bpo13+1
	[[ $output == *'which has no signed image'* ]]
}

@test "7.x: without one part, the next older release is taken" {
	write_sources "$url" trixie-backports
	make_split trixie-backports 7.3.1+deb13-amd64 7.3.1-1~bpo13+1
	make_split trixie-backports 7.3.10+deb13-amd64 7.3.10-1~bpo13+1
	for part in base modules binary; do
		mkdir "$BATS_TEST_TMPDIR/aside"
		mv "$mirror/pool/trixie-backports/linux-$part"*-7.3.10* "$BATS_TEST_TMPDIR/aside"
		rm -rf "$XDG_CACHE_HOME/pcireset/kernels"
		publish trixie-backports
		get 7.3
		is_got 7.3 7.3.1+deb13-amd64 7.3.1-1~bpo13+1
		passed_over '7.3.10+deb13-amd64 (7.3.10-1~bpo13+1)' "there is no linux-$part-7.3.10+deb13-amd64 (= 7.3.10-1~bpo13+1)"
		mv "$BATS_TEST_TMPDIR/aside"/* "$mirror/pool/trixie-backports"
		rmdir "$BATS_TEST_TMPDIR/aside"
	done
}

# kernels_of_arm64: 6.1.0-1 in bookworm, 6.1.0-2 in bookworm-security, each beside the same of amd64.
kernels_of_arm64() {
	arches=(amd64 arm64)
	two_kernels
	deb_arch=arm64
	two_kernels
	deb_arch=amd64
}

# is_got_arm64 RELEASE VERSION: with this machine's tools.
is_got_arm64() {
	local dir=$XDG_CACHE_HOME/pcireset/kernels/6.1-arm64

	[[ $status -eq 0 && $output == *"6.1-arm64 $1 $2" ]]
	[[ $(<"$dir/release") == "$1" && $(tr -d '\0' <"$dir/vmlinux") == 'ARMd a kernel' ]]
	[[ -e $dir/root/usr/src/linux-headers-$1/Makefile && -e $dir/root/usr/lib/linux-kbuild-6.1/scripts/for-amd64 ]]
	[[ ! -e $dir/root/usr/lib/linux-kbuild-6.1/scripts/for-arm64 ]]
}

@test "arm64: the newest release is taken, with this machine's tools for modules" {
	kernels_of_arm64
	publish "${suites[@]}"
	get 6.1-arm64
	is_got_arm64 6.1.0-2-arm64 6.1.20-1
	get 6.1
	is_got 6.1 6.1.0-2-amd64 6.1.20-1
}

@test "arm64: a file missing for one architecture does not affect the other" {
	kernels_of_arm64
	take_away bookworm-security 'linux-headers-*-arm64_*'
	take_away bookworm-security 'linux-image-*-amd64_*'
	publish "${suites[@]}"
	get 6.1-arm64
	is_got_arm64 6.1.0-1-arm64 6.1.10-1
	passed_over '6.1.0-2-arm64 (6.1.20-1)' 'there is no linux-headers-6.1.0-2-arm64 (= 6.1.20-1)'
	get 6.1
	is_got 6.1 6.1.0-1-amd64 6.1.10-1
}

@test "arm64: with tools older than the headers, the next older release is taken" {
	kernels_of_arm64
	take_away bookworm-security 'linux-kbuild-*_amd64.deb'
	publish "${suites[@]}"
	get 6.1-arm64
	is_got_arm64 6.1.0-1-arm64 6.1.10-1
	passed_over '6.1.0-2-arm64 (6.1.20-1)' 'there is no linux-kbuild-6.1 (>= 6.1.20-1)'
}

@test "arm64: a wrong image is skipped, and a mirror without arm64 has no kernel" {
	kernels_of_arm64
	make_files "$BATS_TEST_TMPDIR/files" lib/modules/6.1.0-2-arm64/modules.order boot/vmlinuz-6.1.0-2-arm64
	deb_arch=arm64
	make_deb bookworm-security linux-image-6.1.0-2-arm64 6.1.20-1 '' "$BATS_TEST_TMPDIR/files"
	publish "${suites[@]}"
	get 6.1-arm64
	is_got_arm64 6.1.0-1-arm64 6.1.10-1
	passed_over '6.1.0-2-arm64 (6.1.20-1)' 'there is no kernel in its vmlinuz'
	rm -rf "$XDG_CACHE_HOME/pcireset/kernels" "$mirror"/dists
	arches=(amd64)
	publish "${suites[@]}"
	get 6.1-arm64
	fails 4 'there is no linux-image-6\.1\.0-[0-9]+-arm64 in bookworm bookworm-security'
	get 6.1
	is_got 6.1 6.1.0-2-amd64 6.1.20-1
}

# make_source VERSION: a kernel's source that is configured and built in no time.
make_source() {
	local dir=$BATS_TEST_TMPDIR/source/linux-source-6.12

	mkdir -p "$dir/include"
	cat >"$dir/Makefile" <<-'END'
		.RECIPEPREFIX = >
		.DEFAULT_GOAL = linux
		allnoconfig:
		> cp $(KCONFIG_ALLCONFIG) .config
		kernelrelease:
		> @echo 6.12.5
		linux:
		> echo $@ >$@
		> touch modules.order modules.builtin modules.builtin.modinfo
		.PHONY: allnoconfig kernelrelease
	END
	make_files "$BATS_TEST_TMPDIR/files" usr/src/x
	tar -C "${dir%/*}" -cJf "$BATS_TEST_TMPDIR/files/usr/src/linux-source-6.12.tar.xz" linux-source-6.12
	make_deb "${2:-bookworm-security}" linux-source-6.12 "$1" '' "$BATS_TEST_TMPDIR/files"
}

# get_built OPTION...: uml, where building needs nothing but make.
get_built() {
	mkdir -p "$BATS_TEST_TMPDIR/bin"
	for program in gcc flex bison bc depmod; do
		ln -sf /bin/true "$BATS_TEST_TMPDIR/bin/$program"
	done
	PATH=$BATS_TEST_TMPDIR/bin:$PATH run lab/kernel-get "$@" uml
}

@test "a built kernel uses the newest complete source, or the cache" {
	write_sources "$url" bookworm-security bookworm-backports
	make_source 6.12.5-1 bookworm-backports
	make_source 6.12.6-1
	publish bookworm-security bookworm-backports
	take_away bookworm-security 'linux-source-*'
	get_built
	[[ $status -eq 0 && $output == *'uml 6.12.5 6.12.5-1' ]]
	passed_over 'linux-source-6.12 (6.12.6-1)' 'linux-source-6.12: 404 '
	get_built --refresh
	[[ $status -eq 0 && $output == *'keeping 6.12.5 (6.12.5-1): nothing newer can be fetched'*'linux-source-6.12: 404 '* ]]
	write_sources http://127.0.0.1:9/debian bookworm-security bookworm-backports
	get_built --refresh
	[[ $status -eq 0 && $output == *'keeping 6.12.5 (6.12.5-1): no mirror answered'* ]]
	rm -rf "$XDG_CACHE_HOME/pcireset/kernels"
	get_built
	fails 3 'kernel uml is not cached and cannot be fetched: no mirror answered'
}

@test "a comment in the configuration of a built kernel does not make it another kernel, and an option does" {
	local dir=$BATS_TEST_TMPDIR/tree key="bash -c '. lab/lib/common.sh && kernel_dir uml'" was

	mkdir "$dir"
	cp -r lab "$dir"
	cd "$dir"
	was=$(eval "$key")
	echo '# A comment.' >>lab/uml.config
	[[ $(eval "$key") == "$was" ]]
	echo '# CONFIG_NO_SUCH_OPTION is not set' >>lab/uml.config
	[[ $(eval "$key") != "$was" ]]
}

# chroot_mirror: the packages that 7.3 and its compiler need.
chroot_mirror() {
	[[ $(. /etc/os-release && echo "${VERSION_CODENAME:-}") != trixie ]] || skip 'the compiler of this machine is the right one'
	write_sources "$url" trixie-backports trixie
	make_split trixie-backports 7.3.1+deb13-amd64 7.3.1-1~bpo13+1
	for package in base-files bash dash coreutils sed grep mawk findutils diffutils perl-base gcc make sparse; do
		make_files "$BATS_TEST_TMPDIR/files" "usr/bin/$package"
		make_deb trixie "$package" 1.0 '' "$BATS_TEST_TMPDIR/files"
	done
	make_files "$BATS_TEST_TMPDIR/files" dev/x
	make_deb trixie libelf1t64 1.0 "${1:-}" "$BATS_TEST_TMPDIR/files"
	publish trixie-backports trixie
}

@test "the compiler of another release is unpacked once, and then needs no network" {
	chroot_mirror
	run lab/kernel-get 7.3
	[[ $status -eq 0 && $output == *'7.3 7.3.1+deb13-amd64 7.3.1-1~bpo13+1' ]]
	[[ -e $XDG_CACHE_HOME/pcireset/chroot/trixie/usr/src/linux-headers-7.3.1+deb13-amd64/Makefile ]]
	write_sources http://127.0.0.1:9/debian trixie-backports trixie
	run lab/kernel-get --refresh 7.3
	[[ $status -eq 0 && $output == *'keeping 7.3.1+deb13-amd64'* ]]
	# Another version of the same release brings headers of its own.
	write_sources "$url" trixie-backports trixie
	make_split trixie-backports 7.3.1+deb13-amd64 7.3.1-1~bpo13+2
	publish trixie-backports
	run lab/kernel-get --refresh 7.3
	[[ $status -eq 0 && $output == *'7.3 7.3.1+deb13-amd64 7.3.1-1~bpo13+2' ]]
	[[ $XDG_CACHE_HOME/pcireset/chroot/trixie/usr/lib/linux-kbuild-7.3.1+deb13/scripts/it -ef \
		$XDG_CACHE_HOME/pcireset/kernels/7.3/root/usr/lib/linux-kbuild-7.3.1+deb13/scripts/it ]]
}

# no_compiler TEXT...
no_compiler() {
	local word

	run lab/kernel-get 7.3
	[[ $status -eq 3 ]]
	for word in 'the trixie compiler cannot be fetched' "$@" PCILAB_SOURCES; do
		[[ ${lines[-1]} == *"$word"* ]]
	done
	[[ ! -e $XDG_CACHE_HOME/pcireset/chroot/trixie ]]
}

@test "the compiler of another release: a missing, wrong or unreachable package is an error" {
	chroot_mirror 'libz9'
	no_compiler libelf1t64 libz9
	make_deb trixie libelf1t64 1.1 '' "$BATS_TEST_TMPDIR/files"
	take_away trixie 'sparse_*'
	publish trixie
	no_compiler sparse
	make_deb trixie sparse 1.1
	publish trixie
	take_away trixie 'sparse_*'
	no_compiler "sparse: 404 " "$url/pool/trixie/sparse_1.1_amd64.deb"
	write_sources http://127.0.0.1:9/debian trixie-backports trixie
	no_compiler 'no mirror answered'
}
