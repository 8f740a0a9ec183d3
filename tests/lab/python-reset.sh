#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# The Python binding resets as planned, and its reports give the outcome: for many devices at once, after a failure,
# after a change of the machine, and if the reset is refused. examples/reset-many.py does the same.
# topology: empty
# kernels: 6.1
# icount: yes
# python: pcireset signal threading
# add: examples/reset-many.py
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/lib-sim.sh"

sim_load
sim_node 01.0 kind=root-port
sim_node 01.0/00.0 "${driverless[@]}" count=3
sim_live
export PYTHONPATH=/usr/lib/python3/dist-packages
program_results binding python3 -S "${BASH_SOURCE[0]%.sh}.py" "$sim/host/01.0/00.0" "${sim_bus[1]}:00".{0,1,2}
plan
