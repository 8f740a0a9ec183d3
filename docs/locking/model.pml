// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lock protocol of the module among the kernel's own users of the same locks. README.md tells which kernel function each process
 * stands for; the file "configurations" tells which processes meet, and what must come of it.
 *
 * The machine: a port, and below it a PF, another function, and a VF of the PF.
 */
#define BRIDGE 0
#define PF     1
#define OTHER  2
#define VF     3
#define END    4

#define BIT(f) (1 << (f))
#define ALL    (BIT(BRIDGE) | BELOW)
#define BELOW  (BIT(PF) | BIT(OTHER) | BIT(VF))

/* Functions that are there at the start. */
#ifndef ABSENT
#define ABSENT END
#endif
#define PRESENT (ALL & ~BIT(ABSENT))

/* What a reset reaches, and how. */
#define FUNC 0
#define BUS  1
#define SLOT 2

/* How our caller comes: with nothing held, not willing to wait, from probe() after bind, from probe() after a rescan. */
#define FREE  0
#define TRY   1
#define PROBE 2
#define FOUND 3

/* Bounds of the retries. The module has 5 s and 16 plans; one of each shows what can happen. */
#ifndef ROUNDS
#define ROUNDS 1
#endif
#ifndef PLANS
#define PLANS 1
#endif

/* ---- locks: who holds them; 0 is nobody ---- */

typedef rwsem {
	byte readers; /* a bit for each process */
	byte writer;
	byte queued; /* writers that wait: whoever wants to read now waits behind them */
};

byte device[END];
byte config[END];
byte rescan;
byte slot_mutex;
byte vfio_set; /* of the VFIO device set of OTHER */
byte users;    /* processes that have OTHER open by VFIO */
rwsem reset_lock;
rwsem bus_sem;
rwsem topology;

inline take(lock)
{
	atomic { lock == 0 -> lock = _pid }
}

inline give(lock)
{
	d_step { assert(lock == _pid); lock = 0 }
}

inline down_read(sem)
{
	atomic { sem.writer == 0 && sem.queued == 0 -> sem.readers = sem.readers | BIT(_pid) }
}

inline up_read(sem)
{
	d_step { assert(sem.readers & BIT(_pid)); sem.readers = sem.readers & ~BIT(_pid) }
}

inline down_write(sem)
{
	atomic {
		if
		:: sem.writer == 0 && sem.readers == 0
		:: else ->
			sem.queued++;
			sem.writer == 0 && sem.readers == 0 -> sem.queued--
		fi;
		sem.writer = _pid
	}
}

inline up_write(sem)
{
	d_step { assert(sem.writer == _pid); sem.writer = 0 }
}

/* pci_dev_lock() and pci_dev_unlock() */
inline lock_both(f)
{
	take(device[f]);
	take(config[f])
}

inline unlock_both(f)
{
	d_step { assert(config[f] == _pid && device[f] == _pid); config[f] = 0; device[f] = 0 }
}

/* ---- functions that come and go: a bit for each ---- */

byte listed = PRESENT;     /* on the list of its bus */
byte registered = PRESENT; /* device_is_registered() */
byte in_proc = PRESENT;    /* has entered /proc/bus/pci: its resources are assigned, a driver may come */
byte dying;                /* pci_destroy_dev() is at it */
byte generation;           /* the counter of this tree */

/* Not in the kernel, for the assertions: between the notifications that it was added and that it leaves; being reset. */
byte known = PRESENT;
byte resetting;
byte running;

inline begin_reset(functions)
{
	d_step { assert((resetting & (functions)) == 0); resetting = resetting | (functions) }
}

inline end_reset(functions)
{
	resetting = resetting & ~(functions)
}

/* pci_setup_device(): the slot that it is in; pci_device_add(): on the list, registered, announced. */
inline enumerate(f)
{
	take(slot_mutex);
	give(slot_mutex);
	down_write(bus_sem);
	d_step { listed = listed | BIT(f); dying = dying & ~BIT(f) }
	up_write(bus_sem);
	registered = registered | BIT(f);
	d_step { known = known | BIT(f); generation++ }
}

/* pci_bus_add_device(), with a driver that does nothing in probe(). */
inline bind(f)
{
	in_proc = in_proc | BIT(f);
	take(device[f]);
	give(device[f])
}

/* pci_stop_dev(): the driver leaves, then the entry in /proc. */
inline stop(f)
{
	take(device[f]);
	give(device[f]);
	in_proc = in_proc & ~BIT(f)
}

/* What the module's notifier does when a function leaves. */
inline notify(f)
{
	down_write(topology);
	d_step { known = known & ~BIT(f); generation++ }
	up_write(topology)
}

/* pci_destroy_dev(), most of it device_del(): the device lock is taken for a moment only, and before anybody is notified. */
inline destroy(f)
{
	if
	:: atomic { listed & BIT(f) && !(dying & BIT(f)) -> dying = dying | BIT(f) }
		take(device[f]);
		give(device[f]);
		notify(f); /* DEL_DEVICE */
		notify(f); /* REMOVED_DEVICE */
		registered = registered & ~BIT(f);
		down_write(bus_sem);
		listed = listed & ~BIT(f);
		up_write(bus_sem)
	:: else
	fi
}

inline remove_vf()
{
	if
	:: listed & BIT(VF) -> stop(VF); destroy(VF)
	:: else
	fi
}

/* The PF's driver takes its VFs away in remove(), with the PF locked. */
inline stop_pf()
{
	take(device[PF]);
	remove_vf();
	give(device[PF]);
	in_proc = in_proc & ~BIT(PF)
}

/* ---- the kernel without the module ---- */

/* The hardware part of a reset, as pci_bridge_secondary_bus_reset() and pciehp_reset_slot() do it. */
inline secondary_reset(kind)
{
	if
	:: kind == SLOT -> down_write(reset_lock)
	:: else
	fi;
	if
	:: kind != FUNC -> down_read(bus_sem); up_read(bus_sem)
	:: else
	fi;
	if
	:: kind == SLOT -> up_write(reset_lock)
	:: else
	fi
}

/* pci_reset_function(): since 6.10 the bridge first. */
proctype core(byte target; byte kind)
{
	lock_both(BRIDGE);
	lock_both(target);
	begin_reset(BIT(target));
	secondary_reset(kind);
	end_reset(BIT(target));
	unlock_both(target);
	unlock_both(BRIDGE);
	running--
}

/* The same up to 6.9. */
proctype core61(byte target; byte kind)
{
	lock_both(target);
	begin_reset(BIT(target));
	secondary_reset(kind);
	end_reset(BIT(target));
	unlock_both(target);
	running--
}

#define HELD (how == PROBE || how == FOUND)

/* The driver core calls probe(), with or without a rescan around it that finds the function; to "out" if it finds none. */
inline enter_probe()
{
	if
	:: how == FOUND ->
		take(rescan);
		if
		:: (listed & BIT(BRIDGE)) && !(listed & BIT(target)) -> enumerate(target)
		:: else -> give(rescan); goto out
		fi;
		in_proc = in_proc | BIT(target)
	:: else
	fi;
	if
	:: HELD -> take(device[target])
	:: else
	fi
}

inline leave_probe()
{
	if
	:: HELD -> give(device[target])
	:: else
	fi;
	if
	:: how == FOUND -> give(rescan)
	:: else
	fi
}

/* A reset of all below the port, whose locks are held. */
inline reset_below(kind)
{
	begin_reset(BELOW);
	secondary_reset(kind);
	end_reset(BELOW);
	unlock_both(VF);
	unlock_both(OTHER);
	unlock_both(PF);
	unlock_both(BRIDGE)
}

#define FREE_BOTH(f) (device[f] == 0 && config[f] == 0)

inline own_both(f)
{
	device[f] = _pid;
	config[f] = _pid
}

/* pci_reset_bus(): tries all locks, or gives up. */
proctype core_bus(byte kind)
{
	atomic {
		if
		:: FREE_BOTH(BRIDGE) && FREE_BOTH(PF) && FREE_BOTH(OTHER) && FREE_BOTH(VF) ->
			own_both(BRIDGE);
			own_both(PF);
			own_both(OTHER);
			own_both(VF)
		:: else -> goto out
		fi
	}
	reset_below(kind);
out:
	running--
}

/* pci_reset_function_locked(), called by a driver in probe() */
proctype core_probe(byte target; byte kind; byte how)
{
	enter_probe();
	secondary_reset(kind);
	leave_probe();
out:
	running--
}

/* A driver's probe() that calls pci_disable_link_state(), as many do. */
proctype driver_probe(byte target)
{
	take(device[target]);
	down_read(bus_sem);
	up_read(bus_sem);
	give(device[target]);
	running--
}

/* sriov_numvfs_store(): makes the VF, or takes it away. */
proctype sriov()
{
	take(device[PF]);
	take(rescan);
	if
	:: listed & BIT(VF) -> remove_vf()
	:: else ->
		take(config[PF]);
		give(config[PF]);
		enumerate(VF);
		bind(VF)
	fi;
	give(rescan);
	give(device[PF]);
	running--
}

/* unbind_store() of the PF's driver */
proctype unbind_pf()
{
	take(device[PF]);
	remove_vf();
	give(device[PF]);
	running--
}

inline remove_below()
{
	remove_vf();
	stop(OTHER);
	stop_pf();
	destroy(PF);
	destroy(OTHER)
}

/* remove_store(): a function, the PF with its VF, or the port with all below it. */
proctype remove(byte target)
{
	take(rescan);
	if
	:: target == OTHER -> stop(OTHER); destroy(OTHER)
	:: target == PF -> stop_pf(); destroy(PF)
	:: target == BRIDGE ->
		remove_below();
		stop(BRIDGE);
		destroy(BRIDGE)
	fi;
	give(rescan);
	running--
}

/* rescan_store() finds a function. */
proctype rescan_bus(byte target)
{
	take(rescan);
	if
	:: (listed & BIT(BRIDGE)) && !(listed & BIT(target)) -> enumerate(target); bind(target)
	:: else
	fi;
	give(rescan);
	running--
}

/* pciehp_ist(): a card was put in, pciehp_configure_device(). */
proctype pciehp_add()
{
	down_read(reset_lock);
	take(rescan);
	if
	:: (listed & BIT(BRIDGE)) && !(listed & BIT(OTHER)) ->
		enumerate(OTHER);
		up_read(reset_lock);
		bind(OTHER);
		down_read(reset_lock)
	:: else
	fi;
	give(rescan);
	up_read(reset_lock);
	running--
}

/* pciehp_ist(): the card is gone, pciehp_unconfigure_device(). */
proctype pciehp_remove()
{
	down_read(reset_lock);
	down_read(bus_sem); /* pci_dev_set_disconnected() of all */
	up_read(bus_sem);
	take(rescan);
	if
	:: listed & BIT(OTHER) ->
		up_read(reset_lock);
		stop(OTHER);
		destroy(OTHER);
		down_read(reset_lock)
	:: else
	fi;
	give(rescan);
	up_read(reset_lock);
	running--
}

inline visit(f)
{
	if
	:: listed & BIT(f) -> take(device[f]); give(device[f])
	:: else
	fi
}

/* pcie_do_recovery(): asks every driver, in pci_walk_bus(). */
inline ask_drivers()
{
	down_read(bus_sem);
	visit(PF);
	visit(OTHER);
	visit(VF);
	up_read(bus_sem)
}

proctype aer()
{
	ask_drivers();
	running--
}

/* The port has contained an error: nothing below answers before dpc_reset_link(), for which the drivers are asked first. */
bool cut_off;

proctype dpc()
{
	cut_off = true;
	ask_drivers();
	cut_off = false;
	down_read(bus_sem);
	up_read(bus_sem);
	ask_drivers();
	running--
}

/* ... and pci_bus_error_reset(), which waits for all locks from the top down. */
proctype aer_reset(byte kind)
{
	if
	:: kind == SLOT -> take(slot_mutex)
	:: else
	fi;
	lock_both(BRIDGE);
	lock_both(PF);
	lock_both(OTHER);
	lock_both(VF);
	reset_below(kind);
	if
	:: kind == SLOT -> give(slot_mutex)
	:: else
	fi;
	running--
}

/* ---- the kernel with the patches in in-tree/series ---- */

/* For the assertion that a driver in probe() never gets its reset, which must fail. */
bool was_reset;

/* The lock of the bridge, for a reset that it performs, before that of the function. Given back before waiting for the function. */
inline lock_bridge_first(f)
{
	do
	:: lock_both(BRIDGE);
		atomic {
			if
			:: FREE_BOTH(f) -> own_both(f); break
			:: else
			fi
		}
#ifndef KEEP_BRIDGE
		unlock_both(BRIDGE);
#endif
		lock_both(f);
#ifdef KEEP_BRIDGE
		break
#else
		unlock_both(f)
#endif
	od
}

inline lock_if_found(f)
{
	if
	:: found & BIT(f) -> lock_both(f)
	:: else
	fi
}

inline unlock_if_found(f)
{
	if
	:: found & BIT(f) -> unlock_both(f)
	:: else
	fi
}

/* A PF's VFs are locked after it, as far as nobody else has them. */
inline try_vf()
{
#ifdef WAIT_FOR_VF
	if
	:: target == PF && kind == FUNC -> found = listed & BIT(VF)
	:: else
	fi;
	lock_if_found(VF)
#else
	atomic {
		if
		:: target == PF && kind == FUNC && listed & BIT(VF) && FREE_BOTH(VF) -> own_both(VF); found = BIT(VF)
		:: else
		fi
	}
#endif
}

/* A lock of a driver, such as RTNL, which its probe() takes, too. */
byte outer;

/* Called with the lock of a driver held, as sfc does. */
proctype series_inside(byte target)
{
	byte found, kind = FUNC;

	take(outer);
	lock_both(target);
	try_vf();
	begin_reset(BIT(target) | found);
	end_reset(BIT(target) | found);
	unlock_if_found(VF);
	unlock_both(target);
	give(outer);
	running--
}

proctype outer_in_probe(byte target)
{
	take(device[target]);
	take(outer);
	give(outer);
	give(device[target]);
	running--
}

/* pci_reset_function_types(): looks at the methods with the function locked, and then locks the bridge first if it needs that. */
proctype series(byte target; byte kind)
{
	byte found;

	lock_both(target);
	if
	:: kind == FUNC
	:: else -> unlock_both(target); lock_bridge_first(target)
	fi;
	try_vf();
	begin_reset(BIT(target) | found);
	secondary_reset(kind);
	end_reset(BIT(target) | found);
	unlock_if_found(VF);
	unlock_both(target);
	if
	:: kind == FUNC
	:: else -> unlock_both(BRIDGE)
	fi;
	running--
}

/* pci_reset_function_types_locked(), called by a driver in probe(): tries for the bridge, and gives up. */
proctype series_probe(byte target; byte kind; byte how)
{
	byte found;

	enter_probe();
	if
	:: kind == FUNC -> skip
	:: else ->
#ifdef WAIT_FOR_BRIDGE
		lock_both(BRIDGE)
#else
		atomic {
			if
			:: FREE_BOTH(BRIDGE) -> own_both(BRIDGE)
			:: else -> goto busy
			fi
		}
#endif
	fi;
	take(config[target]);
	try_vf();
	begin_reset(BIT(target) | found);
	secondary_reset(kind);
	end_reset(BIT(target) | found);
#ifdef NEVER_DONE
	was_reset = true;
	assert(!was_reset);
#endif
	unlock_if_found(VF);
	give(config[target]);
	if
	:: kind == FUNC
	:: else -> unlock_both(BRIDGE)
	fi;
busy:
	leave_probe();
out:
	running--
}

#define AVAILABLE(f) (!(found & BIT(f)) || FREE_BOTH(f))

inline own_if_found(f)
{
	if
	:: found & BIT(f) -> own_both(f)
	:: else
	fi
}

/* pci_reset_bus_types_locked(), called by a driver in probe(): has its device lock, and tries for all other locks at once. */
proctype series_bus_probe(byte target; byte kind; byte how)
{
	byte found;

	enter_probe();
	down_read(bus_sem);
	found = listed & BELOW & ~BIT(target);
	up_read(bus_sem);
	atomic {
		if
		:: config[target] == 0 && FREE_BOTH(BRIDGE) && AVAILABLE(PF) && AVAILABLE(OTHER) && AVAILABLE(VF) ->
			config[target] = _pid;
			own_both(BRIDGE);
			own_if_found(PF);
			own_if_found(OTHER);
			own_if_found(VF)
		:: else -> goto busy
		fi
	}
	begin_reset(BIT(target) | found);
	secondary_reset(kind);
	end_reset(BIT(target) | found);
#ifdef NEVER_DONE
	was_reset = true;
	assert(!was_reset);
#endif
	unlock_if_found(VF);
	unlock_if_found(OTHER);
	unlock_if_found(PF);
	unlock_both(BRIDGE);
	give(config[target]);
busy:
	leave_probe();
out:
	running--
}

/* The hotplug driver of the slot: who resets the slot counts as a user of it. */
byte hotplug_users;
bool hotplug_gone, hotplug_freed;

/* pci_slot_get_hotplug(): under a spinlock, as error recovery calls drivers that reset with bus_sem held. */
inline get_hotplug(is_there)
{
#ifdef USERS_BY_MUTEX
	take(slot_mutex);
#endif
	d_step {
		if
		:: hotplug_gone -> is_there = false
		:: else -> is_there = true; hotplug_users++
		fi
	}
#ifdef USERS_BY_MUTEX
	give(slot_mutex);
#endif
}

/* report_resume() in pci_walk_bus(): the driver resets its function, and its slot is probed. */
proctype series_resume()
{
	bool is_there;

	down_read(bus_sem);
	take(device[PF]);
	get_hotplug(is_there);
	if
	:: is_there -> hotplug_users--
	:: else
	fi;
	give(device[PF]);
	up_read(bus_sem);
	running--
}

/* pci_create_slot() */
proctype create_slot()
{
	take(slot_mutex);
	down_read(bus_sem);
	up_read(bus_sem);
	give(slot_mutex);
	running--
}

/* unbind_store() of the service pciehp: pci_hp_destroy() waits for the users. */
proctype unbind_pciehp()
{
	hotplug_gone = true;
#ifndef NO_USERS
	hotplug_users == 0;
#endif
	hotplug_freed = true;
	running--
}

/* pci_bus_error_reset(): finds the functions once, without pci_slot_mutex over the reset. */
proctype series_aer(byte kind)
{
	byte found;
	bool is_there;

	if
	:: kind == SLOT -> take(slot_mutex); give(slot_mutex)
	:: else
	fi;
	down_read(bus_sem);
	found = listed & BELOW;
	up_read(bus_sem);
	lock_both(BRIDGE);
	lock_if_found(PF);
	lock_if_found(OTHER);
	lock_if_found(VF);
	if
	:: kind == SLOT -> get_hotplug(is_there)
	:: else -> is_there = true
	fi;
	if
	:: is_there ->
		begin_reset(found);
		secondary_reset(kind);
		end_reset(found);
		if
		:: kind == SLOT -> assert(!hotplug_freed); hotplug_users--
		:: else
		fi
	:: else
	fi;
	unlock_if_found(VF);
	unlock_if_found(OTHER);
	unlock_if_found(PF);
	unlock_both(BRIDGE);
	running--
}

/* A driver in probe() that waits for the config access of its bridge, as mlxsw of 7.3 does. */
proctype waits_in_probe(byte target)
{
	take(device[target]);
	take(config[BRIDGE]);
	secondary_reset(BUS);
	give(config[BRIDGE]);
	give(device[target]);
	running--
}

/* A driver in probe() that asks for its own device lock, as hfi1 did in 2018. */
proctype asks_for_own_lock(byte target)
{
	take(device[target]);
	lock_both(BRIDGE);
	lock_both(target);
	unlock_both(target);
	unlock_both(BRIDGE);
	give(device[target]);
	running--
}

/* ---- a card that is pulled out of its slot; OTHER is all that is on it ---- */

#ifdef SLOT_EVENTS
bool card = true; /* it is in the slot */
bool latched;     /* Slot Status has an event */
bool ignoring;    /* ignore_hotplug of the port */
bool asked;       /* pciehp has been asked to disable the slot */
bool noted;       /* there was a card when the reset began */
bool handed;      /* the worker will let the port hear again */

/* A card that is gone when the reset begins counts too: it was there when the functions were saved. */
#ifdef ONLY_IF_NOTED
#define NOTICED (noted && !card)
#else
#define NOTICED (!card)
#endif
#define is_gone ((listed & BIT(OTHER)) == 0)

ltl acted { [] (!card -> <> is_gone) }

inline slot_disable()
{
	down_read(reset_lock);
	take(rescan);
	if
	:: listed & BIT(OTHER) ->
		up_read(reset_lock);
		stop(OTHER);
		destroy(OTHER)
	:: else -> up_read(reset_lock)
	fi;
	give(rescan)
}
#endif

#ifdef SLOT_EVENTS
/* hush(): pciehp drops events from here on, and the reset itself causes some. */
inline slot_hush()
{
	d_step { noted = card; ignoring = true }
	latched = true
}

/* unhush(): what is latched is cleared, events are heard again, and then the slot is looked at. */
inline slot_hear()
{
#ifdef LOOK_TOO_EARLY
	asked = asked || NOTICED;
#endif
	latched = false;
	ignoring = false;
#if !defined(NO_LOOK) && !defined(LOOK_TOO_EARLY)
	/* pcireset_hotplug_check(), pcireset_hotplug_tell() */
	asked = asked || NOTICED
#endif
}

/* end_quiet(): or the port stays as it is until the worker has done with what is late. */
inline slot_end()
{
	if
	:: slot_hear()
	:: handed = true
	fi
}
#endif

/* Somebody pulls the card. */
proctype pull()
{
	card = false;
	latched = true;
	running--
}

/* pciehp_isr(), which takes events and drops them while they are ignored, and pciehp_ist(). */
proctype slot_events()
{
	bool heard;

	running--;
end:
	do
	:: atomic { latched -> latched = false; heard = !ignoring }
		if
		:: heard && !card -> slot_disable()
		:: else
		fi
	:: asked -> asked = false; slot_disable()
	od
}

/* late_work() to late_end_quiet(): what is late is back, or is not waited for any longer. */
proctype slot_worker()
{
	running--;
end:
	do
	:: handed ->
		handed = false;
		take(device[BRIDGE]);
		slot_hear();
		give(device[BRIDGE])
	od
}

/* ---- the module ---- */

#define OWN(f) (HELD && (f) == target)
#define REACH  (kind == FUNC -> (target == PF -> BIT(PF) | BIT(VF) : BIT(target)) : BELOW)
#ifdef SKIP_VFS
#define WANTED (kind == FUNC -> BIT(target) : members | BIT(BRIDGE))
#else
#define WANTED (kind == FUNC -> members : members | BIT(BRIDGE))
#endif

/* Who may hold a device lock goes through a list that needs no lock, and not through the buses. */
#ifdef PLAN_WALKS
#define WALKS true
#else
#define WALKS (how == FREE)
#endif

inline walk_begin()
{
	if
	:: WALKS -> down_read(bus_sem)
	:: else
	fi
}

inline walk_end()
{
	if
	:: WALKS -> up_read(bus_sem)
	:: else
	fi
}

/* pcireset_plan_make(): the count first, then the members, with pcireset_topology held. Nothing if the function is gone. */
inline plan()
{
#ifndef NO_TOPOLOGY
	down_read(topology);
#endif
	d_step { members = 0; counted = generation }
	if
	:: registered & BIT(target) ->
		walk_begin();
		members = members | (listed & registered & REACH & BIT(PF));
		members = members | (listed & registered & REACH & BIT(OTHER));
		members = members | (listed & registered & REACH & BIT(VF));
		/* bus->self, which no reference keeps */
		assert(registered & BIT(BRIDGE));
		walk_end()
	:: else
	fi;
#ifndef NO_TOPOLOGY
	up_read(topology)
#endif
}

inline try_device(f)
{
	atomic {
		if
#ifdef NO_LOCKED_RULE
		:: OWN(f) -> device[f] == 0 -> device[f] = _pid; locked = locked | BIT(f)
#else
		:: OWN(f)
#endif
#ifdef WAIT_FOR_OTHERS
		:: !OWN(f) -> device[f] == 0 -> device[f] = _pid; locked = locked | BIT(f)
#else
		:: !OWN(f) && device[f] == 0 -> device[f] = _pid; locked = locked | BIT(f)
		:: !OWN(f) && device[f] != 0 -> failed = true
#endif
		fi
	}
}

inline try_config(f)
{
	atomic {
		if
		:: !failed && config[f] == 0 -> config[f] = _pid; blocked = blocked | BIT(f)
		:: !failed && config[f] != 0 -> failed = true
		:: failed
		fi
	}
}

/* try_all(): the bridge, then the members. */
inline try_all()
{
	f = 0;
	failed = false;
	do
	:: f == END || failed -> break
	:: else ->
		if
		:: WANTED & BIT(f) -> try_device(f); try_config(f)
		:: else
		fi;
		f++
	od
}

#ifdef FORGET_UNLOCK
#define UNLOCKS(f) (locked & blocked & BIT(f))
#else
#define UNLOCKS(f) (locked & BIT(f))
#endif

inline unlock_one(f)
{
	d_step {
		if
		:: UNLOCKS(f) -> assert(device[f] == _pid); device[f] = 0
		:: else
		fi;
		if
		:: blocked & BIT(f) -> assert(config[f] == _pid); config[f] = 0
		:: else
		fi;
		blocked = blocked & ~BIT(f);
		locked = locked & ~BIT(f)
	}
}

inline unlock_all()
{
	f = END;
	do
	:: f == 0 -> break
	:: else -> f--; unlock_one(f)
	od
}

/* pcireset_lock(): tries, and waits with empty hands, a bounded number of times. */
inline lock_all()
{
	round = 0;
	do
	:: try_all();
		if
		:: !failed || how == TRY || round == ROUNDS -> break
		:: else
		fi;
#ifndef KEEP_LOCKS
		unlock_all();
#endif
		assert(locked == 0 && blocked == 0);
#ifndef NO_BOUND
		round++
#endif
	od
}

/* The count and the members under the locks: execute() and pcireset_plan_judge(). A caller from probe() does not look at /proc. */
inline judge()
{
	d_step {
#ifndef NO_GENERATION
		moved = (generation != counted);
#endif
		assert(moved || (known & REACH & ~members) == 0)
	}
#ifndef NO_PROC
	failed = failed || (!HELD && (members & ~in_proc & BIT(PF)));
	failed = failed || (!HELD && (members & ~in_proc & BIT(OTHER)));
	failed = failed || (!HELD && (members & ~in_proc & BIT(VF)))
#endif
}

#ifdef NOBODY_LEAVES
#define NOBODY_LEFT ((members & ~known) == 0)
#else
#define NOBODY_LEFT (HELD || (members & ~known) == 0)
#endif
#ifdef NOBODY_COMES
#define NOBODY_CAME ((known & REACH & ~members) == 0)
#else
#define NOBODY_CAME true
#endif

inline reset_members()
{
	begin_reset(members);
#ifdef SLOT_EVENTS
	slot_hush();
#endif
	assert(NOBODY_LEFT);
#ifdef HOLD_RESCAN
	take(rescan);
#endif
#ifdef WALK_LOCKED
	down_read(bus_sem);
	up_read(bus_sem);
#endif
	secondary_reset(kind);
#ifdef HOLD_RESCAN
	give(rescan);
#endif
#ifdef WAIT_CUT_OFF
	!cut_off;
#endif
	assert(NOBODY_LEFT);
	assert(NOBODY_CAME);
#ifdef SLOT_EVENTS
	slot_end();
#endif
	end_reset(members)
}

/* claim_vfio_set(): OTHER belongs to VFIO. The lock of its set is only tried, and nobody may have OTHER open. */
inline claim()
{
	if
	:: !failed && !moved ->
		atomic {
			if
			:: vfio_set == 0 && users == 0 -> vfio_set = _pid
			:: else -> failed = true
			fi
		}
	:: else
	fi
}

/* pcireset_claim_end(): nobody could open OTHER meanwhile. */
inline claim_end()
{
	if
	:: vfio_set == _pid -> assert(users == 0); give(vfio_set)
	:: else
	fi
}

/* execute(): one plan. It is done, or refused, or something moved. */
inline execute()
{
	lock_all();
	if
	:: !failed -> judge()
	:: else
	fi;
#ifdef VFIO
	claim();
#endif
	if
	:: !failed && !moved -> reset_members(); done = true
	:: else
	fi;
#ifdef VFIO
	claim_end();
#endif
	unlock_all();
#ifdef ATTEND
	/* pcireset_attend_begin() to pcireset_attend_end(): somebody is late, and waited for without locks. */
	if
	:: done -> lock_all(); unlock_all()
	:: else
	fi
#endif
}

/* pcireset_run_like() */
proctype ours(byte target; byte kind; byte how)
{
	byte members, counted, locked, blocked, f, round, plans;
	bool failed, moved, done;

	enter_probe();
	do
	:: moved = false;
		plan();
		if
		:: members & BIT(target) -> execute()
		:: else
		fi;
		if
		:: moved && plans < PLANS -> plans++
		:: else -> break
		fi
	od;
#ifdef NEVER_DONE
	assert(!done);
#endif
	leave_probe();
out:
	running--
}

#ifdef LATE_NO_TOPOLOGY
#define LATE_LOOKS  skip
#define LATE_LOOKED skip
#else
#define LATE_LOOKS  down_read(topology)
#define LATE_LOOKED up_read(topology)
#endif

/* pcireset_late_forget() says when a function is not there any more. */
inline late_access(f)
{
	LATE_LOOKS;
	if
	:: known & BIT(f) ->
		assert(registered & BIT(f));
		assert(registered & BIT(f))
	:: else
	fi;
	LATE_LOOKED
}

/* late_lock(): waits for VFIO's lock between the two others. A function of VFIO is not restored while it is open. */
inline late_lock(f)
{
#ifdef LATE_SET_FIRST
	take(vfio_set);
#endif
	take(device[f]);
#ifdef LATE_SET_LAST
	take(config[f]);
#endif
#ifndef LATE_SET_FIRST
	assert(config[f] != _pid);
	take(vfio_set);
#endif
#ifndef LATE_SET_LAST
	take(config[f])
#endif
}

/* late_try_restore() of a function whose driver belongs to VFIO. It is tried again later if the function is open. */
proctype late_vfio(byte target)
{
	late_lock(target);
	if
	:: users == 0 ->
		begin_reset(BIT(target));
		assert(users == 0);
		end_reset(BIT(target))
	:: else
	fi;
	give(config[target]);
	give(vfio_set);
	give(device[target]);
	running--
}

/* The reset that VFIO does when a function is opened or closed: pci_try_reset_function(). It gives up instead of waiting. */
inline vfio_reset(f)
{
	atomic {
		if
		:: FREE_BOTH(f) -> own_both(f); reset = true
		:: else
		fi
	}
	if
	:: reset -> begin_reset(BIT(f)); end_reset(BIT(f)); unlock_both(f); reset = false
	:: else
	fi
}

/* vfio_df_open() and vfio_df_close(), vfio_main.c: with the lock of the set. */
proctype vfio_user(byte target)
{
	bool reset;

	take(vfio_set);
	vfio_reset(target);
	users++;
	give(vfio_set);
	take(vfio_set);
	users--;
	vfio_reset(target);
	give(vfio_set);
	running--
}

/* unbind_store() of vfio-pci: vfio_unregister_group_dev() waits for the users, with the device locked. */
proctype vfio_unbind(byte target)
{
	take(device[target]);
	users == 0;
	give(device[target]);
	running--
}

/* late_work(): looks at a function, restores it under its own locks, and lets its port hear again. */
proctype late(byte target)
{
	late_access(target);
	lock_both(target);
	begin_reset(BIT(target));
	late_access(target);
	end_reset(BIT(target));
#ifndef LATE_KEEPS
	unlock_both(target);
#endif
	take(device[BRIDGE]);
	late_access(BRIDGE);
	give(device[BRIDGE]);
#ifdef LATE_KEEPS
	unlock_both(target);
#endif
	running--
}

/* lock_bridge() of pcireset_raw_bus(), and whoever else takes a config access lock alone. */
proctype config_user(byte target)
{
	take(config[target]);
	give(config[target]);
	running--
}

/* ---- at the end nobody holds anything ---- */

inline all_free()
{
	d_step {
		assert(vfio_set == 0 && users == 0 && outer == 0 && hotplug_users == 0);
		assert(rescan == 0 && slot_mutex == 0 && reset_lock.writer == 0 && bus_sem.writer == 0 && topology.writer == 0);
		assert(reset_lock.readers == 0 && bus_sem.readers == 0 && topology.readers == 0);
		assert(device[BRIDGE] == 0 && device[PF] == 0 && device[OTHER] == 0 && device[VF] == 0);
		assert(config[BRIDGE] == 0 && config[PF] == 0 && config[OTHER] == 0 && config[VF] == 0)
	}
}

init {
	atomic { START; running = _nr_pr - 1 }
	running == 0;
#ifndef SLOT_EVENTS
	all_free()
#endif
}
