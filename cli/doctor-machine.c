/* SPDX-License-Identifier: GPL-2.0-only */
/* What doctor looks at that is not about one function: the module, and what the kernel may and has. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "doctor.h"

static void path_of(const struct doctor *doctor, char path[PATH_MAX], const char *file)
{
	const char *root = doctor->req->sysroot;

	if (snprintf(path, PATH_MAX, "%s/%s", root ? root : "", file) >= PATH_MAX)
		path[0] = '\0';
}

static bool is_there(const struct doctor *doctor, const char *file)
{
	char path[PATH_MAX];

	path_of(doctor, path, file);
	return !access(path, F_OK);
}

size_t doctor_read(const struct doctor *doctor, const char *file, char *buf, size_t size)
{
	char path[PATH_MAX];
	size_t len = 0;
	FILE *f;

	path_of(doctor, path, file);
	f = fopen(path, "re");
	if (f) {
		len = fread(buf, 1, size - 1, f);
		fclose(f);
	}
	buf[len] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return len;
}

static size_t count_entries(const struct doctor *doctor, const char *directory,
			    bool (*counts)(const char *name))
{
	char path[PATH_MAX];
	struct dirent *de;
	size_t nr = 0;
	DIR *dir;

	path_of(doctor, path, directory);
	dir = opendir(path);
	if (!dir)
		return 0;
	while ((de = readdir(dir)))
		nr += de->d_name[0] != '.' && counts(de->d_name);
	closedir(dir);
	return nr;
}

static bool is_any(const char *name)
{
	return *name;
}

/* A driver's directory has a link such as "0000:00:1c.0:pcie004" for each port. */
static bool is_port(const char *name)
{
	return strstr(name, ":pcie");
}

static size_t count_ports(const struct doctor *doctor, const char *service)
{
	char *directory = text("sys/bus/pci_express/drivers/%s", service);
	size_t nr = count_entries(doctor, directory, is_port);

	free(directory);
	return nr;
}

/* ---- the module */

static bool module_is_there(const struct doctor *doctor)
{
	return is_there(doctor, "sys/module/pcireset");
}

static void check_module(struct doctor *doctor)
{
	char version[64], taint[64];
	int r;

	if (!module_is_there(doctor)) {
		doctor_todo(doctor, "module",
			    text("not loaded: only single functions can be reset, and little "
				 "of that verified"),
			    "modprobe pcireset");
		return;
	}
	doctor_read(doctor, "sys/module/pcireset/version", version, sizeof(version));
	if (strcmp(version, VERSION)) {
		doctor_todo(doctor, "module",
			    text("version %s is loaded, and this is %s", version, VERSION),
			    "modprobe -r pcireset && modprobe pcireset; if that is no other, "
			    "install it again");
		return;
	}
	doctor_read(doctor, "sys/module/pcireset/taint", taint, sizeof(taint));
	doctor_add(doctor, "module", VERDICT_OK,
		   text("version %s is loaded%s", version,
			strchr(taint, 'E') ? ", without a signature" : ""));
	r = pcireset_ctx_check_reset(doctor->machine.ctx);
	if (r < 0 && r != -EROFS)
		doctor_add(doctor, "permission", VERDICT_NOTE,
			   text("%s", pcireset_ctx_get_errmsg(doctor->machine.ctx)));
}

static void check_lockdown(struct doctor *doctor)
{
	char modes[128], *mode, *end;

	doctor_read(doctor, "sys/kernel/security/lockdown", modes, sizeof(modes));
	mode = strchr(modes, '[');
	end = mode ? strchr(mode, ']') : NULL;
	if (!end) {
		doctor_add(doctor, "lockdown", VERDICT_OK, text("the kernel shows none"));
		return;
	}
	*end = '\0';
	if (!strcmp(mode + 1, "none"))
		doctor_add(doctor, "lockdown", VERDICT_OK, text("none"));
	else
		doctor_add(doctor, "lockdown", VERDICT_NOTE,
			   text("%s: the kernel loads the module only with a signature that it "
				"trusts, and without the module no reset can be proven",
				mode + 1));
}

/* Four bytes of attributes come before the one that counts (UEFI 2.10, sec 3.3). */
static void check_secure_boot(struct doctor *doctor)
{
	char state[8] = { 0 };
	size_t len;

	len = doctor_read(
		doctor, "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c",
		state, sizeof(state));
	if (len < 5 || state[4] != 1)
		doctor_add(doctor, "secure-boot", VERDICT_OK, text("off, or there is none"));
	else if (module_is_there(doctor))
		doctor_add(doctor, "secure-boot", VERDICT_OK,
			   text("on, and the module is loaded all the same"));
	else
		doctor_todo(doctor, "secure-boot",
			    text("on: the kernel wants the module's key to be enrolled"),
			    "mokutil --import /var/lib/dkms/mok.pub, then boot");
}

/* ---- who has the ports */

static void check_hotplug(struct doctor *doctor)
{
	size_t ports = count_ports(doctor, "pciehp");
	size_t slots = count_entries(doctor, "sys/bus/pci/slots", is_any);

	if (ports)
		doctor_add(doctor, "hotplug", VERDICT_OK,
			   text("the kernel itself has the slots of %zu port%s", ports,
				ports == 1 ? "" : "s"));
	else if (slots)
		doctor_add(doctor, "hotplug", VERDICT_NOTE,
			   text("%zu of firmware or of another driver than pciehp: none can be "
				"reset as a slot",
				slots));
	else
		doctor_add(doctor, "hotplug", VERDICT_OK, text("there are no slots"));
}

static void check_errors(struct doctor *doctor)
{
	static const struct {
		const char *check, *none;
	} rows[] = {
		{ "aer", "the kernel has it on no port: where firmware has it, that may take a "
			 "reset's own errors for real" },
		{ "dpc",
		  "the kernel has it on no port: what fails is not cut off, or by firmware" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t ports = count_ports(doctor, rows[i].check);

		if (ports)
			doctor_add(doctor, rows[i].check, VERDICT_OK,
				   text("the kernel has it on %zu port%s", ports,
					ports == 1 ? "" : "s"));
		else
			doctor_add(doctor, rows[i].check, VERDICT_NOTE, text("%s", rows[i].none));
	}
}

static void check_iommu(struct doctor *doctor)
{
	size_t nr = count_entries(doctor, "sys/class/iommu", is_any);

	if (nr)
		doctor_add(doctor, "iommu", VERDICT_OK, text("%zu", nr));
	else
		doctor_add(doctor, "iommu", VERDICT_NOTE,
			   text("none: VFIO gives no device away, or only in its unsafe mode"));
}

void doctor_check_machine(struct doctor *doctor)
{
	check_module(doctor);
	check_lockdown(doctor);
	check_secure_boot(doctor);
	check_hotplug(doctor);
	check_errors(doctor);
	check_iommu(doctor);
}
