/* SPDX-License-Identifier: GPL-2.0-only */
/* Findings about the whole machine: the module, the kernel, and the port services. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "doctor.h"

#define LOCKDOWN    "sys/kernel/security/lockdown"
#define SECURE_BOOT "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"

static bool is_any(const char *name)
{
	return *name;
}

/* A driver's directory has a link such as "0000:00:1c.0:pcie004" for each port. */
static bool is_port(const char *name)
{
	return strstr(name, ":pcie");
}

static size_t count_ports(struct doctor *doctor, const char *service)
{
	char *directory = text("sys/bus/pci_express/drivers/%s", service);
	size_t nr = doctor_count_entries(doctor, directory, is_port);

	free(directory);
	return nr;
}

/* ---- the module */

static bool module_is_there(struct doctor *doctor)
{
	return doctor_has_file(doctor, "sys/module/pcireset");
}

/* Does modules.dep list the module? */
static bool is_listed(FILE *modules)
{
	char *line = NULL;
	size_t room = 0;
	bool found = false;

	while (!found && getline(&line, &room, modules) >= 0) {
		line[strcspn(line, ":")] = '\0';
		found = strstr(line, "/pcireset.ko");
	}
	if (!found && !feof(modules))
		process_abort("cannot read modules.dep");
	free(line);
	return found;
}

/* After a kernel upgrade it may be missing. Return true if that is unknown. */
static bool module_is_installed(struct doctor *doctor, char release[128])
{
	char path[PATH_MAX], *file;
	bool found = true;
	FILE *modules;

	if (!doctor_read(doctor, "proc/sys/kernel/osrelease", release, 128) || strchr(release, '/'))
		return true;
	file = text("lib/modules/%s/modules.dep", release);
	doctor_path(doctor, path, file);
	free(file);
	modules = fopen(path, "re");
	if (modules) {
		found = is_listed(modules);
		fclose(modules);
	} else {
		doctor_check_absent(doctor, path);
	}
	return found;
}

static void check_loadable(struct doctor *doctor)
{
	static const char missed[] = "only single functions can be reset, with little "
				     "verification";
	struct finding *f;
	char release[128];

	if (module_is_installed(doctor, release)) {
		doctor_todo(doctor, "module", text("not loaded: %s", missed), "modprobe pcireset");
		return;
	}
	f = doctor_add(doctor, "module", VERDICT_TODO,
		       text("not installed for kernel %s: %s", release, missed));
	f->todo =
		text("apt install linux-headers-%s, dkms autoinstall, modprobe pcireset", release);
}

static void check_module(struct doctor *doctor)
{
	char version[64], taint[64];
	int r;

	if (!module_is_there(doctor)) {
		check_loadable(doctor);
		return;
	}
	doctor_read(doctor, "sys/module/pcireset/version", version, sizeof(version));
	if (strcmp(version, VERSION)) {
		doctor_todo(doctor, "module",
			    text("version %s is loaded, but this is pcireset %s", version, VERSION),
			    "modprobe -r pcireset && modprobe pcireset; if the version is "
			    "still different, reinstall the module");
		return;
	}
	doctor_read(doctor, "sys/module/pcireset/taint", taint, sizeof(taint));
	doctor_add(doctor, "module", VERDICT_OK,
		   text("version %s is loaded%s", version,
			strchr(taint, 'E') ? ", without a signature" : ""));
	r = pcireset_ctx_check_reset(doctor->machine.ctx);
	if (r < 0 && r != -EROFS)
		doctor_note(doctor, "permission",
			    text("%s", pcireset_ctx_get_errmsg(doctor->machine.ctx)),
			    "run it as root");
}

static void check_lockdown(struct doctor *doctor)
{
	char modes[128], *mode, *end;

	if (!doctor_is_mounted(doctor, "lockdown", "sys/kernel/security"))
		return;
	doctor_read(doctor, LOCKDOWN, modes, sizeof(modes));
	mode = strchr(modes, '[');
	end = mode ? strchr(mode, ']') : NULL;
	if (!end) {
		doctor_add(doctor, "lockdown", VERDICT_OK, text("not available in this kernel"));
		return;
	}
	*end = '\0';
	if (!strcmp(mode + 1, "none"))
		doctor_add(doctor, "lockdown", VERDICT_OK, text("none"));
	else
		doctor_note(doctor, "lockdown",
			    text("%s: the kernel loads only modules with a trusted signature; "
				 "without the module, no reset can be proven",
				 mode + 1),
			    module_is_there(doctor) ? "nothing; the module is loaded" :
						      "enroll the key of DKMS: mokutil --import "
						      "/var/lib/dkms/mok.pub, then reboot");
}

/* Four bytes of attributes precede the value (UEFI 2.10, sec 3.3). */
static void check_secure_boot(struct doctor *doctor)
{
	char state[8] = { 0 };
	size_t len;

	if (!doctor_is_mounted(doctor, "secure-boot", "sys/firmware/efi/efivars"))
		return;
	len = doctor_read(doctor, SECURE_BOOT, state, sizeof(state));
	if (len < 5 || state[4] != 1)
		doctor_add(doctor, "secure-boot", VERDICT_OK, text("off or unavailable"));
	else if (module_is_there(doctor))
		doctor_add(doctor, "secure-boot", VERDICT_OK, text("on, and the module is loaded"));
	else
		doctor_todo(doctor, "secure-boot", text("on: the module's key must be enrolled"),
			    "mokutil --import /var/lib/dkms/mok.pub, then reboot");
}

/* ---- port services */

/* All slots, those of acpiphp, and those of drivers other than pciehp. */
struct slots {
	size_t nr, nr_acpi, nr_other;
};

static void read_slots(struct doctor *doctor, struct slots *slots)
{
	char path[PATH_MAX], driver[PATH_MAX];
	struct dirent *de;
	DIR *dir;

	doctor_path(doctor, path, "sys/bus/pci/slots");
	dir = opendir(path);
	if (!dir) {
		doctor_check_absent(doctor, path);
		return;
	}
	while ((errno = 0, de = readdir(dir))) {
		char *link = text("%s/module", de->d_name);
		ssize_t len = readlinkat(dirfd(dir), link, driver, sizeof(driver) - 1);
		const char *base;

		if (len < 0 && de->d_name[0] != '.')
			doctor_check_absent(doctor, link);
		free(link);
		if (de->d_name[0] == '.')
			continue;
		driver[len > 0 ? len : 0] = '\0';
		base = strrchr(driver, '/');
		if (base && !strcmp(base, "/acpiphp"))
			slots->nr_acpi++;
		else if (base && strcmp(base, "/pciehp"))
			slots->nr_other++;
		slots->nr++;
	}
	if (errno)
		doctor_check_absent(doctor, path);
	closedir(dir);
}

static void note_slots(struct doctor *doctor, size_t nr, const char *whose)
{
	if (nr)
		doctor_note(doctor, "hotplug",
			    text("%zu slot%s %s: type slot is unsupported there", nr,
				 nr == 1 ? "" : "s", whose),
			    "use --type bus there");
}

static void check_hotplug(struct doctor *doctor)
{
	size_t ports = count_ports(doctor, "pciehp");
	struct slots slots = { 0 };

	read_slots(doctor, &slots);
	if (ports)
		doctor_add(doctor, "hotplug", VERDICT_OK,
			   text("pciehp manages the slots of %zu port%s", ports,
				ports == 1 ? "" : "s"));
	note_slots(doctor, slots.nr_acpi, "managed by ACPI (acpiphp)");
	note_slots(doctor, slots.nr_other, "managed by a driver other than pciehp");
	if (!ports && !slots.nr_acpi && !slots.nr_other)
		note_slots(doctor, slots.nr, "named by firmware, without a hotplug driver");
	if (!ports && !slots.nr)
		doctor_add(doctor, "hotplug", VERDICT_OK, text("no hotplug slots"));
}

static void check_service(struct doctor *doctor, const char *check, const char *none,
			  const char *todo)
{
	size_t ports = count_ports(doctor, check);

	if (ports)
		doctor_add(doctor, check, VERDICT_OK,
			   text("the kernel handles it on %zu port%s", ports,
				ports == 1 ? "" : "s"));
	else
		doctor_note(doctor, check, text("%s", none), todo);
}

static void check_aer(struct doctor *doctor)
{
	check_service(doctor, "aer",
		      "the kernel handles it on no port: if firmware does, it may report the "
		      "errors that a reset causes",
		      "dmesg | grep _OSC (lists the services that firmware keeps)");
}

static void check_dpc(struct doctor *doctor)
{
	check_service(doctor, "dpc",
		      "the kernel handles it on no port: a failing device is not contained, or "
		      "firmware does it",
		      "nothing; if you need DPC, check _OSC: dmesg | grep _OSC");
}

static void check_iommu(struct doctor *doctor)
{
	size_t nr = doctor_count_entries(doctor, "sys/class/iommu", is_any);

	if (nr)
		doctor_add(doctor, "iommu", VERDICT_OK, text("%zu", nr));
	else
		doctor_note(doctor, "iommu",
			    text("none: VFIO can assign devices only in its unsafe no-IOMMU "
				 "mode"),
			    "for VFIO: enable it in the firmware setup; on Intel, also boot "
			    "with intel_iommu=on");
}

/* The files that a recording may lack. It always has the slots and the ports of pciehp. */
static const struct {
	const char *name, *file;
	void (*run)(struct doctor *doctor);
} checks[] = {
	{ "module", "sys/module/pcireset", check_module },
	{ "lockdown", LOCKDOWN, check_lockdown },
	{ "secure-boot", SECURE_BOOT, check_secure_boot },
	{ "hotplug", NULL, check_hotplug },
	{ "aer", "sys/bus/pci_express/drivers/aer", check_aer },
	{ "dpc", "sys/bus/pci_express/drivers/dpc", check_dpc },
	{ "iommu", "sys/class/iommu", check_iommu },
};

void doctor_check_machine(struct doctor *doctor)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++)
		if (!checks[i].file || doctor_knows(doctor, checks[i].name, checks[i].file))
			doctor_run(doctor, checks[i].name, checks[i].run);
}
