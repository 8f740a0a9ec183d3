/* SPDX-License-Identifier: GPL-2.0-only */
/* The state of a function and of the port above: saved, masked, compared and restored. */
#ifndef _PCIRESET_STATE_H
#define _PCIRESET_STATE_H

#include "plan/plan.h"

/* state.c */
int pcireset_state_save(const struct pcireset_plan *plan, struct pcireset_fn *fn);
void pcireset_state_quiesce(struct pcireset_fn *fn);
void pcireset_state_woken(struct pcireset_fn *fn);
void pcireset_state_restore(struct pcireset_fn *fn);
void pcireset_state_park(struct pcireset_fn *fn);
int pcireset_state_unpark(struct pcireset_fn *fn);
void pcireset_state_free(struct pcireset_fn *fn);

/* config.c */
int pcireset_config_save(struct pcireset_fn *fn);
void pcireset_config_free(struct pcireset_fn *fn);
u16 pcireset_ext_capability(const struct pcireset_fn *fn, u16 id);
bool pcireset_check_config(struct pcireset_fn *fn);

/* control.c */
void pcireset_control_restore_first(struct pcireset_fn *fn);
void pcireset_control_restore(struct pcireset_fn *fn);
void pcireset_control_save_port(struct pcireset_fn *port);
void pcireset_control_restore_port(struct pcireset_fn *port);

/* bars.c */
bool pcireset_bars_agree(const struct pcireset_fn *fn);

/* check.c */
bool pcireset_fn_answers(struct pcireset_fn *fn);
void pcireset_witness_set(struct pcireset_fn *fn, u32 type);
void pcireset_witness_read(struct pcireset_fn *fn, u32 type);
void pcireset_witness_clear(struct pcireset_fn *fn);
void pcireset_identity_note(struct pcireset_fn *fn);
u64 pcireset_identity_serial(const struct pcireset_fn *fn);
bool pcireset_identity_holds(struct pcireset_fn *fn);
void pcireset_check_link(struct pcireset_fn *fn, ktime_t until);

/* mask.c */
void pcireset_quiet_begin(struct pcireset_plan *plan, u32 type);
void pcireset_quiet_end(struct pcireset_plan *plan);

/* hotplug.c */
void pcireset_hotplug_mask(struct pcireset_fn *port);
void pcireset_hotplug_mask_again(struct pcireset_fn *port);
void pcireset_hotplug_unmask(struct pcireset_fn *port);
void pcireset_hotplug_note(struct pcireset_fn *port, struct pcireset_fn *child);
void pcireset_hotplug_check(struct pcireset_fn *port);
void pcireset_hotplug_tell(struct pcireset_plan *plan, struct pcireset_fn *port);
int pcireset_hotplug_init(void);
void pcireset_hotplug_exit(void);

/* iommu.c */
int pcireset_iommu_block(struct pcireset_fn *fn);
void pcireset_iommu_unblock(struct pcireset_fn *fn);
void pcireset_iommu_unblock_lost(struct pcireset_fn *fn);

/* To read all that is compared takes longer than everything else. A later check needs it, too. */
static inline bool pcireset_compares_config(const struct pcireset_plan *plan)
{
	return plan->request.checks & PCIRESET_CHECK_CONFIG || plan->request.settle_ms;
}

/* Lost: what does not answer, or is another device, is not written to. */
static inline bool pcireset_is_lost(const struct pcireset_fn *fn)
{
	return fn->outcome == PCIRESET_STATE_DEAD || fn->outcome == PCIRESET_STATE_OTHER;
}

#endif /* _PCIRESET_STATE_H */
