#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Program an FPGA card, reset it and let the kernel find it again: reprogram.py DEVICE COMMAND...

COMMAND programs the card. Exit with 0 if the card is complete, and with 1 if not.
"""

import subprocess
import sys

import pcireset


def main():
    device, *command = sys.argv[1:]
    with pcireset.Context() as machine:
        try:
            result = machine.reenumerate(device, "link", program=lambda: subprocess.run(command, check=True))
        except (pcireset.Error, subprocess.CalledProcessError) as error:
            sys.exit(f"{device}: {error}")
    for change in result.differences:
        print(f"{change.device}: {change.what} was {change.was}, and is {change.now}")
    sys.exit(not result.complete)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main()
