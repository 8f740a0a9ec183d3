#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The mask FUNC on a VF affects only that VF, even if it never returns. The stock kernel clears the configuration of its
# PF.
# topology: sriov
# append: iomem=relaxed
# icount: yes
# nightly: 6.1 6.12
# timeout: 900
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sriov.sh"

find_pf

trace_begin() {
	echo >/sys/kernel/tracing/trace
	echo 1 >/sys/kernel/tracing/events/pcireset/enable
}

traced_functions() {
	echo 0 >/sys/kernel/tracing/events/pcireset/enable
	sed -n 's/.*device=\([^ ]*\).*/\1/p' /sys/kernel/tracing/trace | sort -u | paste -sd ' '
}

# others_are_untouched DESC: PF and siblings as in $before, which is older than the reset.
others_are_untouched() {
	config_dump after "$pf" "${siblings[@]}"
	config_is_untouched before after "$1: config space of PF and siblings is the same to the last bit"
	is "$(reset_of "$pf" "${siblings[@]}")" '' "$1: PF and siblings were not reset"
	is "$(traced_functions)" "$vf" "$1: the module handled no other function"
	is "$(starts "$pf")" "$starts_before" "$1: the driver of the PF was not told of anything"
	exits 0 "$1: the PF's disk can be read" reads "$pf"
}

note_before() {
	plant "$pf" "${vfs[@]}"
	config_dump before "$pf" "${siblings[@]}"
	starts_before=$(starts "$pf")
}

# choose N: the target, and all other virtual functions.
choose() {
	local function

	vf=${vfs[$1]}
	siblings=()
	for function in "${vfs[@]}"; do
		[[ $function == "$vf" ]] || siblings+=("$function")
	done
}

# open_at REGISTER: sets REPLY to a file descriptor of the PF's config space, where this register is next.
open_at() {
	local at

	at=$(setpci -v -s "$pf" "$1" | sed -nE 's/.* @([0-9a-f]+) = .*/\1/p')
	exec {REPLY}<>"$devices/$pf/config"
	dd bs=$((0x$at)) count=1 of=/dev/null status=none <&"$REPLY"
}

# prepare_loss: for lose_last_vf, which is to take no time: no process is started in it.
prepare_loss() {
	open_at ECAP_SRIOV+8.w && vfs_off=$REPLY
	open_at ECAP_SRIOV+10.w && num_vfs=$REPLY
	open_at ECAP_SRIOV+8.w && vfs_on=$REPLY
}

# lose_last_vf: the last of four virtual functions is gone for good, which Linux does not notice. There is no other way in
# QEMU than to make them all anew, so that the siblings have to be prepared again.
lose_last_vf() {
	printf '\0\0' >&"$vfs_off"
	printf '\3\0' >&"$num_vfs"
	printf '\x19\0' >&"$vfs_on"
	exec {vfs_off}>&- {num_vfs}>&- {vfs_on}>&-
}

# resets_one_alone N MASK
resets_one_alone() {
	choose "$1"
	note_before
	trace_begin
	exits 0 "$2 on $vf succeeds" pcireset reset "$vf" --type "$2"
	is "$(reset_of "$vf")" "$vf" "$2 on $vf: it was reset"
	others_are_untouched "$2 on $vf"
}

# The 2 s are less than FLR takes to fail by itself, and enough to prepare the siblings meanwhile.
never_comes_back() {
	local job total

	choose 3
	plant "$pf" "${vfs[@]}"
	starts_before=$(starts "$pf")
	trace_begin
	prepare_loss
	pcireset reset "$vf" --type func --timeout 2s --json >report 2>errors &
	job=$!
	grep -m 1 pcireset_trigger /sys/kernel/tracing/trace_pipe >/dev/null
	lose_last_vf
	wake "${siblings[@]}"
	plant "${siblings[@]}"
	config_dump before "$pf" "${siblings[@]}"
	wait "$job"
	is $? 4 'a VF that never comes back: exit status 4'
	diag "$(tr -d '\n' <report)" "$(cat errors)"
	like "$(cat report)" '"error": ?"ETIMEDOUT"' 'a VF that never comes back: ETIMEDOUT'
	like "$(tr -d ' \n' <report)" '"issued":\["flr"\]' 'a VF that never comes back: nothing but FLR was issued'
	total=$(sed -n 's/.*"total_ms": *\([0-9]*\).*/\1/p' report)
	like "$((total >= 2000 && total < 2500))" 1 "a VF that never comes back: given up within the 2 s given ($total ms)"
	others_are_untouched 'a VF that never comes back'
}

was_gone_before() {
	local mask

	for mask in func flr pm any link slot; do
		config_dump before "$pf" "${siblings[@]}"
		run pcireset reset "$vf" --type "$mask"
		like "$status" '^[13]$' "a VF that is gone: $mask is an error that says that nothing was touched"
		like "$output" "${vf#0000:}" "a VF that is gone: $mask names it"
		config_dump after "$pf" "${siblings[@]}"
		config_is_untouched before after "a VF that is gone: $mask changes nothing in PF and siblings"
		is "$(reset_of "$pf" "${siblings[@]}")" '' "a VF that is gone: $mask resets neither PF nor siblings"
	done
}

# What the stock kernel does when FLR of a virtual function fails: it goes on to the next method in its list, which is the
# whole slot, and tells nobody. Nothing is saved, so that the PF has neither addresses nor Bus Master Enable afterwards.
# stock_wipes WHEN DESC: the virtual function is lost before or during the reset.
stock_wipes() {
	local registers since=$SECONDS

	choose 3
	plant "$pf"
	like "$(cat "$devices/$vf/reset_method")" bus "stock, $2: a virtual function is offered a bus reset"
	registers=$(pf_registers)
	prepare_loss
	if [[ $1 == before ]]; then
		lose_last_vf
	else
		# A process that sleeps might take longer to start than the reset does.
		{ read -r -t 0.03 -u "$silence" || lose_last_vf; } &
	fi
	run stock_reset
	wait
	diag "stock, $2: status $status after $((SECONDS - since)) s, PF $registers -> $(pf_registers)"
	is "$(reset_of "$pf")" "$pf" "stock, $2: the PF is reset"
	like "$(pf_registers)" '^0000 0000' "stock, $2: and left without its configuration"
}

stock_reset() {
	echo 1 >"$devices/$vf/reset"
}

# begin_anew: only a new enumeration can bring back a PF that has lost its configuration.
begin_anew() {
	disable_vfs
	echo 1 >"$devices/$pf/remove"
	echo 1 >/sys/bus/pci/rescan
	wait_for reads "$pf"
	enable_vfs 4
}

mkfifo silence
exec {silence}<>silence
enable_vfs 4
resets_one_alone 0 func
resets_one_alone 2 any
never_comes_back
was_gone_before
disable_vfs
enable_vfs 4
stock_begin
stock_wipes during 'a VF that does not come back'
begin_anew
stock_wipes before 'a VF that is gone'
begin_anew
stock_end
choose 0
note_before
trace_begin
exits 0 'in the end: FLR works' pcireset reset "$vf" --type func
others_are_untouched 'in the end'
plan
