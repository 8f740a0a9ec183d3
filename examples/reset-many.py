#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Reset many PCI functions at once: reset-many.py TYPES DEVICE...

Print the plans, reset if no plan is refused, print a line for each function, and
exit with the statuses of pcireset(1).
"""

import signal
import sys
import threading
import time

import pcireset


def show_plans(batch):
    """Print the plans, and return True if one is refused."""
    refused = False
    for plan in batch.plans:
        if plan.refused is not None:
            refused = True
            print(f"{plan.device}: refused: {plan.refused}", file=sys.stderr)
        elif plan.shares is not None:
            print(f"{plan.device}: by the {plan.chosen} reset of {plan.shares}")
        else:
            print(f"{plan.device}: {plan.chosen} of {' '.join(plan.members)}")
    return refused


def show_progress(batch, over):
    """Print the progress until the event is set. Runs in a thread of its own."""
    while not over.wait(1):
        done, failed = batch.progress()
        print(f"{done} of {len(batch.plans)} done, {failed} failed", file=sys.stderr)


def run(batch):
    """Run the batch, with a line of progress each second."""
    over = threading.Event()
    progress = threading.Thread(target=show_progress, args=(batch, over))
    progress.start()
    try:
        return batch.run()
    except KeyboardInterrupt:
        # The running resets are finished. The others have a report with the error EINTR.
        return batch.reports
    finally:
        over.set()
        progress.join()


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    types, names = sys.argv[1], sys.argv[2:]
    started = time.monotonic()
    with pcireset.Context() as machine:
        batch = machine.batch(machine.plan(name, types) for name in names)
        if show_plans(batch):
            return 3
        reports = run(batch)
    for report in reports:
        print(f"{report.device}: {report.type}, {report.result}: {report.message or 'every check holds'}")
    verified = sum(report.result == "verified" for report in reports)
    print(f"{verified} of {len(reports)} verified in {time.monotonic() - started:.1f} s")
    if verified == len(reports):
        return 0
    return 64 if verified else 4


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main())
    except pcireset.Error as error:
        print(f"reset-many.py: {error.strerror}", file=sys.stderr)
        sys.exit(1)
