/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Contexts: their life, the scan, and the query of all functions. */
#ifndef LIBPCIRESET_CTX_H
#define LIBPCIRESET_CTX_H

#include "core/core.h"

/* ctx.c */
void ctx_drop_devs(struct pcireset_ctx *ctx);

/* unlisted.c */

/* Fail if the directories of a copied machine have a function that is not in the context. */
int ctx_check_unlisted(struct pcireset_ctx *ctx);

/* query.c */
int dev_query(struct pcireset_dev *dev, const struct pcireset_dev *sibling);
void dev_review(struct pcireset_dev *dev);
const char *dev_wider_text(struct pcireset_dev *dev, uint32_t type);

#endif /* LIBPCIRESET_CTX_H */
