// SPDX-License-Identifier: GPL-2.0-only
/* Does __assign_str() take the source too? Since 6.10 it does not. */
#include <linux/stringify.h>
#include <trace/stages/stage6_event_callback.h>

const char probe[] = __stringify(__assign_str(destination, source));
