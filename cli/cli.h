/* SPDX-License-Identifier: GPL-2.0-only */
/* Everything that the files of re-enumerate use. */
#ifndef PCIRESET_CLI_CLI_H
#define PCIRESET_CLI_CLI_H

#include "interrupt.h"
#include "json.h"
#include "machine.h"
#include "report.h"
#include "table.h"



#endif /* PCIRESET_CLI_CLI_H */
