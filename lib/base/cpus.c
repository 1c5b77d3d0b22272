/* How many processors: those of the affinity mask, and no more than the cgroup's quota pays for (a container's --cpus=2 leaves 64 processors in the
 * mask, and 64 threads that wait for one another on the time of 2 are slower than 2). */
#include "base/cpus.h"

#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

/* Processors that the folder's cpu.max, "QUOTA PERIOD" in microseconds or "max PERIOD", pays for; INFINITY: all. */
static double quota_of(const char *folder)
{
	char path[4300], text[128];
	long long quota, period;
	snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", folder);
	cp_read_small(path, text, sizeof text);
	return sscanf(text, "%lld %lld", &quota, &period) == 2 && period > 0 ? (double)quota / (double)period : INFINITY;
}

/* The least of the process's cgroup (version 2, the line "0::/FOLDER") and those above it. */
static double quota(void)
{
	char text[4200];
	double least = INFINITY;
	cp_read_small("/proc/self/cgroup", text, sizeof text);
	char *folder = strstr(text, "0::/");
	if (!folder)
		return least;
	folder += strlen("0::");
	for (char *end = folder + strcspn(folder, "\n"); end; end = strrchr(folder, '/')) {
		*end = 0;
		least = fmin(least, quota_of(folder));
	}
	return least;
}

int cp_cpu_count(void)
{
	cpu_set_t set;
	long n = sched_getaffinity(0, sizeof set, &set) ? sysconf(_SC_NPROCESSORS_ONLN) : CPU_COUNT(&set);
	double most = ceil(quota());
	n = n > most ? (long)most : n;
	return n > 0 ? (int)n : 1;
}
