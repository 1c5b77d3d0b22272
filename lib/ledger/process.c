#include "ledger/process.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* Field 22 of /proc/PID/stat; the second field is a name in parentheses that may hold anything, so counting starts behind its end.  The third is
 * Z of a process that has died and whose parent has not asked for it yet. */
static int64_t born_at(int64_t pid, int *dead)
{
	char path[64], stat[1024];
	snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
	*dead = 0;
	if (!cp_read_small(path, stat, sizeof stat))
		return 0;
	char *p = strrchr(stat, ')');
	*dead = p && p[1] && p[2] == 'Z';
	for (int field = 2; p && field < 22; field++) {
		p = strchr(p + 1, ' ');
	}
	return p ? strtoll(p + 1, NULL, 10) : 0;
}

void cp_process_self(struct cp_process *p)
{
	struct stat st;
	int dead;
	memset(p, 0, sizeof *p);
	if (gethostname(p->host, sizeof p->host - 1) < 0)
		strcpy(p->host, "unknown");
	cp_read_small("/proc/sys/kernel/random/boot_id", p->boot, sizeof p->boot);
	p->boot[strcspn(p->boot, "\n")] = 0;
	p->pidns = stat("/proc/self/ns/pid", &st) < 0 ? 0 : (int64_t)st.st_ino;
	p->pid = getpid();
	p->born = born_at(p->pid, &dead);
}

int cp_process_gone(const struct cp_process *p, const struct cp_process *self)
{
	if (strcmp(p->boot, self->boot))
		return !strcmp(p->host, self->host);	/* this machine has been started anew since */
	if (p->pidns != self->pidns)
		return 0;
	int dead;
	int64_t born = born_at(p->pid, &dead);
	if (born)
		return dead || (p->born && born != p->born);
	return kill((pid_t)p->pid, 0) < 0 && errno == ESRCH;
}

void cp_process_cpu(char name[128])
{
	char info[4096];
	*name = 0;
	cp_read_small("/proc/cpuinfo", info, sizeof info);
	const char *p = strstr(info, "model name");
	p = p ? strchr(p, ':') : NULL;
	if (p)
		snprintf(name, 128, "%.*s", (int)strcspn(p + 2, "\n"), p + 2);
}
