# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Functions to measure resets in a guest: machines of many simulated functions, ways to reset them, and a table.
#
# A table is for readers and for bench/plot: "table NAME: TITLE", the machine, the names of the columns, and rows, up to
# an empty line. Columns are separated by two or more blanks, and cells contain single blanks only.
# shellcheck source=tests/lab/lib.sh
. /tests/lib.sh
# shellcheck source=tests/lab/lib-machine.sh
. /tests/lib-machine.sh
# shellcheck source=tests/lab/lib-sim.sh
. /tests/lib-sim.sh

# pcireset has each function open that it resets. An init such as systemd allows that many; the kernel by itself does not.
ulimit -n 16384

# The machine: its functions, the bridges above them, the type that is measured.
fns=() bridges=() type=flr
# How long the specification or the device itself demands that software waits, however many there are; 0: not known.
limit_us=0
# What else is to be said of the next row.
remark=''
# What time it is that passes.
clock="virtual time, $((1000 >> ${BENCH_SHIFT:-3})) million instructions a second"
# Nanoseconds that a read of config space takes, 0 where accesses are not counted.
access_ns=0

# counts DEFAULT...: sets REPLY to the numbers of functions that are asked for.
counts() {
	REPLY=${BENCH_FUNCTIONS:-$*}
}

# quotient A B PLACES: sets REPLY to A / B, rounded.
quotient() {
	local scale=$((10 ** $3)) n sign=''

	n=$((($1 * scale + $2 / 2) / $2))
	((n >= 0)) || sign=- n=$((-n))
	printf -v REPLY '%s%d.%0*d' "$sign" $((n / scale)) "$3" $((n % scale))
}

# port_node N: sets REPLY to the place of the Nth port on the root bus, from 0 on.
port_node() {
	printf -v REPLY '%02x.%d' $((1 + $1 % 31)) $(($1 / 31))
}

# machine PORTS FUNCTIONS HOTPLUG KEY=VALUE...: so many ports, and so many functions below each. Ports are given bus
# numbers in the order of their addresses.
machine() {
	local node nodes=() bus i

	fns=() bridges=()
	for ((i = 0; i < $1; i++)); do
		port_node "$i"
		nodes+=("$REPLY")
	done
	mapfile -t nodes < <(printf '%s\n' "${nodes[@]}" | sort)
	for node in "${nodes[@]}"; do
		sim_node "$node" kind=root-port hotplug="$3"
		sim_node "$node/00.0" "${driverless[@]}" "count=$2" "${@:4}"
	done
	sim_live
	for node in "${nodes[@]}"; do
		bridges+=("${sim_bus[0]}:$node")
		printf -v bus '%s:%02x' "${sim_bus[0]%:*}" $((16#${sim_bus[0]#*:} + ${#bridges[@]}))
		for ((i = 0; i < $2; i++)); do
			printf -v "fns[${#fns[@]}]" '%s:%02x.%d' "$bus" $((i / 8)) $((i % 8))
		done
	done
}

# behave KEY=VALUE...: all functions of a machine that is live.
behave() {
	local node

	for node in "$sim"/host/*/00.0; do
		sim_set "${node#"$sim/host/"}" "$@"
	done
}

# sim_total WORD...: sets REPLY to the sum of these counts over all functions and, for reads and writes, ports.
sim_total() {
	REPLY=$(awk -v words=" $* " 'index(words, " " $1 " ") { n += $2 } END { print n + 0 }' "$sim"/host/*/counts "$sim"/host/*/*/counts)
}

# What the simulator saw: ports are not reset, so that resets are those of functions.
accesses() {
	REPLY=0
	((!access_ns)) || sim_total reads writes
}

resets() {
	REPLY=0
	((!access_ns)) || sim_total flr pm bus
}

# busy_us: sets REPLY to how long tasks have run on all CPUs. Without a process of its own, which would be seen. Kernels that
# are built here do not count that.
busy_us() {
	local words ns=0

	REPLY=0
	[[ -r /proc/schedstat ]] || return 0
	while read -ra words; do
		[[ ${words[0]} != cpu* ]] || ns=$((ns + words[7]))
	done </proc/schedstat
	REPLY=$((ns / 1000))
}

# learn_access_time: by reading all config space of 64 functions, as any program may. What such a program takes for itself
# is the same if it reads only half of them.
learn_access_time() {
	local before whole

	machine 1 64 0
	take_time cat_config 64
	access_ns=1 && accesses && before=$REPLY
	take_time cat_config 64
	whole=$us
	accesses && before=$((REPLY - before))
	take_time cat_config 32
	access_ns=$(((whole - us) * 1000 / (before / 2)))
	sim_clear
}

# cat_config N: of the first N functions.
cat_config() {
	local some=("${fns[@]:0:$1}")

	(cd "$devices" && exec cat "${some[@]/%//config}")
}

in_turn() {
	local fn

	for fn in "${fns[@]}"; do
		echo 1 >"$devices/$fn/reset" || return
	done
}

# A process each, as many as there are functions.
at_once() {
	printf '%s\n' "${fns[@]}" | xargs -P "${#fns[@]}" -I{} sh -c "echo 1 >$devices/{}/reset"
}

by_pcireset() {
	printf '%s\n' "${fns[@]}" | pcireset reset - --type "$type" --yes --quiet
}

# seen_ready: remarks on the next row how long the module took at most to see that a function was ready. That is another reset,
# whose report is read.
seen_ready() {
	local most

	most=$(printf '%s\n' "${fns[@]}" | pcireset reset - --type "$type" --yes -J 2>/dev/null |
		awk '/"ready_ms"/ && $2 + 0 > n { n = $2 + 0 } END { print n + 0 }')
	remark="seen ready after at most $most ms"
}

by_subordinate() {
	local bridge

	for bridge in "${bridges[@]}"; do
		echo 1 >"$devices/$bridge/reset_subordinate" || return
	done
}

# What scripts do that know nothing of the kernel: the bit in Bridge Control, and half a second of sleep. Nothing is saved,
# nothing is restored.
by_setpci() {
	local bridge

	for bridge in "${bridges[@]}"; do
		setpci -s "$bridge" BRIDGE_CONTROL=40:40 && sleep 0.01 && setpci -s "$bridge" BRIDGE_CONTROL=00:40 && sleep 0.5 || return
	done
}

# can_stock METHOD: makes it the one that the file "reset" uses; says why not.
can_stock() {
	local fn

	for fn in "${fns[@]}"; do
		if ! echo "$1" >"$devices/$fn/reset_method"; then
			REPLY="the kernel has no $1 for it"
			return 1
		fi
	done 2>/dev/null
}

# begin_table NAME TITLE KEY...
begin_table() {
	local key cost=''

	widths=()
	quotient "$access_ns" 1000 1
	((!access_ns)) || cost=", an access of config space $REPLY us"
	take_time pcireset --version
	take_time pcireset --version
	printf 'table %s: %s\nkernel %s; %s; "pcireset --version" takes %d ms%s\n' "$1" "$2" "$(uname -r)" "$clock" \
		$((us / 1000)) "$cost"
	for key in "${@:3}"; do
		widths+=($((${#key} > 10 ? ${#key} : 10)))
		printf '%-*s  ' "${widths[-1]}" "$key"
	done
	printf '%-17s  %9s  %7s  %8s  %10s  %11s  %8s  %8s  %s\n' how seconds limit 'x limit' 'accesses/f' 'access ms/f' 'x beyond' \
		'cpu ms/f' note
}

end_table() {
	printf '\n'
}

# begin_row HOW: after the values of the keys, which are in "at".
begin_row() {
	local i

	for i in "${!at[@]}"; do
		printf '%-*s  ' "${widths[i]}" "${at[i]}"
	done
	printf '%-17s  ' "$1"
}

# absent HOW REASON
absent() {
	begin_row "$1"
	printf '%9s  %7s  %8s  %10s  %11s  %8s  %8s  %s\n' - - - - - - - "$2"
}

# identity: sets REPLY to a text that changes if the first function was removed and found again, or has lost its BAR.
identity() {
	REPLY="$(stat -c %i "$devices/${fns[0]}" 2>/dev/null) $(od -An -j4 -N32 -tx1 "$devices/${fns[0]}/config" 2>/dev/null)"
}

# measure HOW COMMAND...: a row. Sets us, accesses and busy.
measure() {
	local before_accesses before_resets before_busy before_identity failed=0 notes=()

	accesses && before_accesses=$REPLY
	resets && before_resets=$REPLY
	identity && before_identity=$REPLY
	# So many wait for one lock that the kernel reports them as hung.
	[[ $1 == pcireset ]] || stock_begin
	busy_us && before_busy=$REPLY
	take_time "${@:2}" || failed=$?
	busy_us && busy=$((REPLY - before_busy))
	[[ $1 == pcireset ]] || stock_end
	accesses && accesses=$((REPLY - before_accesses))
	resets && REPLY=$((REPLY - before_resets))
	case $1-$failed in
	*-0) ;;
	pcireset-4) notes+=('not verified, or failed') ;;
	*) notes+=("failed ($failed)") ;;
	esac
	((access_ns == 0 || REPLY >= ${#fns[@]})) || notes+=("$REPLY of ${#fns[@]} were reset")
	identity
	[[ $REPLY == "$before_identity" ]] || notes+=('config space is not as before')
	[[ -z $remark ]] || notes+=("$remark")
	remark=''
	begin_row "$1"
	printf -v REPLY '%s, ' "${notes[@]}"
	figures "${REPLY%, }"
}

# take_time COMMAND...: sets us to its duration, and returns its status.
take_time() {
	local started=${EPOCHREALTIME/[.,]/} status

	"$@" >/dev/null 2>&1
	status=$?
	us=$((${EPOCHREALTIME/[.,]/} - started))
	return "$status"
}

# figures NOTE: the rest of the row.
figures() {
	local seconds limit=- ratio=- per=- cost=- beyond=- cpu=- nr=${#fns[@]}

	quotient "$us" 1000000 3 && seconds=$REPLY
	if ((limit_us)); then
		quotient "$limit_us" 1000000 3 && limit=$REPLY
		quotient "$us" "$limit_us" 2 && ratio=$REPLY
	fi
	if ((access_ns)); then
		quotient "$accesses" "$nr" 0 && per=${REPLY%.*}
		quotient $((accesses * access_ns / nr)) 1000000 2 && cost=$REPLY
	fi
	if ((access_ns && limit_us)); then
		quotient $((us - accesses * access_ns / 1000)) "$limit_us" 2 && beyond=$REPLY
	fi
	[[ ! -r /proc/schedstat ]] || { quotient "$busy" $((nr * 1000)) 2 && cpu=$REPLY; }
	printf '%9s  %7s  %8s  %10s  %11s  %8s  %8s  %s\n' "$seconds" "$limit" "$ratio" "$per" "$cost" "$beyond" "$cpu" "$1"
}
