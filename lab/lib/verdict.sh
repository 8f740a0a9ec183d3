# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Turn the results of a guest into an exit status.

# The kernel log: init's own dump if the guest reached it, else the console's output.
save_log() {
	if grep -qa '^log ' "$tmp/report"; then
		sed -n 's/^log //p' "$tmp/report" >"$tmp/log"
	else
		tr -d '\r' <"$tmp/console" >"$tmp/log" 2>/dev/null || : >"$tmp/log"
	fi
	[[ -z $keep_log ]] || cp "$tmp/log" "$keep_log"
}

# Between these marks a test shows on purpose how the stock kernel misbehaves. A begin without an end exempts nothing.
without_stock_part() {
	awk '
		/pcilab: stock begin/ { held = $0; holding = 1; next }
		/pcilab: stock end/ { holding = 0; held = ""; next }
		holding { held = held "\n" $0; next }
		{ print }
		END { if (holding) print held }'
}

# without_foreign LOG: KCSAN and kmemleak look at the whole kernel. What they report counts where one of our modules, or a function of
# our patches, is in any stack of the report, as caller of a function of the stock kernel too, or where a stack leads through a module
# that is gone.
without_foreign() {
	awk -v modules="$(cat "$tmp/ours")" -v functions="$(cat "$tmp/our-functions")" -f "$lab_dir/lib/foreign.awk" "$@"
}

count_foreign() {
	without_stock_part <"$tmp/log" | without_foreign -v told=foreign | sort | uniq -c | sort -rn
}

find_splats() {
	without_stock_part <"$tmp/log" | without_foreign | grep -aE -f <(sed -E '/^(#|$)/d' "$lab_dir/splats")
}

# Tasks that wait without end, by the kernel or asked for by the guest's watchdog, and where.
find_blocked() {
	grep -aE -A 12 'task:.*state:D' "$tmp/log"
}

# keep_evidence STATUS WHY: print the reason, keep the log, show its relevant lines, and exit.
keep_evidence() {
	local status=$1 kept

	shift
	kept=$keep_log
	if [[ -z $kept ]]; then
		kept=$(mktemp "${TMPDIR:-/tmp}/pcilab-$kernel-${topology##*/}-XXXXXX.log")
		cp "$tmp/log" "$kept"
	fi
	note "$@"
	note "kernel log: $kept"
	{ find_blocked || find_splats || tail -n 5 "$tmp/log"; } | sed -n '1,20s/^/    /p' >&2
	exit "$status"
}

# command_status WORD NUMBER: from the verdict record.
command_status() {
	if [[ $1 == signal ]]; then
		note "the command was killed by signal $2"
		printf '119\n'
	elif (($2 >= lab_lost)); then
		note "the command's status was $2"
		printf '119\n'
	else
		printf '%s\n' "$2"
	fi
}

# finish: never returns.
finish() {
	local word='' number='' rest

	save_log
	read -r word number rest < <(sed -n 's/^verdict //p' "$tmp/report" | tail -n 1) || true
	[[ $word != setup ]] || keep_evidence "$lab_setup" "the guest could not be prepared: $number $rest"
	if grep -qaE 'Kernel panic' "$tmp/log" "$tmp/console"; then
		grep -qa 'Kernel panic' "$tmp/log" || cat "$tmp/console" >>"$tmp/log"
		keep_evidence "$lab_panic" 'the guest panicked'
	fi
	[[ ! -e $tmp/timed-out ]] || hang "$word" "$number"
	[[ -n $word ]] || lost
	number=$(command_status "$word" "$number")
	note_foreign
	find_splats >/dev/null && keep_evidence "$lab_splat" "the kernel log has a splat; the command's status was $number"
	exit "$number"
}

note_foreign() {
	local line

	while IFS= read -r line; do
		note "of the stock kernel alone: $line"
	done < <(count_foreign)
}

hang() {
	[[ -s $tmp/log ]] || cp "$tmp/console" "$tmp/log"
	if [[ -n $1 ]]; then
		keep_evidence "$lab_hang" "the command ended ($1 $2), but the guest did not power off within $timeout s"
	fi
	keep_evidence "$lab_hang" "the guest did not finish within $timeout s"
}

lost() {
	[[ ! -s $tmp/machine.log ]] || note "$(cat "$tmp/machine.log")"
	if ((machine_status == 1)) && [[ ! -s $tmp/console ]]; then
		die "$lab_setup" "$machine does not start"
	fi
	keep_evidence "$lab_lost" "the guest was lost: $machine ended with status $machine_status and there is no verdict"
}
