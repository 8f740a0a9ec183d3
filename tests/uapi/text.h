/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of the kernel, which take a text at once or not at all. */
#ifndef UAPI_TEXT_H
#define UAPI_TEXT_H

#include <stdbool.h>

bool write_text(const char *path, const char *text);

#endif
