/* How many processors: those of the affinity mask, and no more than the cgroup's quota pays for (a container's --cpus=2 leaves 64 processors in the
 * mask, and 64 threads that wait for one another on the time of 2 are slower than 2). */
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/team.h"

/* One line of a small file, without its end; 0 where there is none. */
static int first_line(const char *path, const char *begin, char *line, int size)
{
	FILE *f = fopen(path, "r");
	int found = 0;
	while (f && !found && fgets(line, size, f))
		found = !strncmp(line, begin, strlen(begin));
	if (f)
		fclose(f);
	line[found ? strcspn(line, "\n") : 0] = 0;
	return found;
}

/* Processors that the folder's cpu.max, "QUOTA PERIOD" in microseconds or "max PERIOD", pays for; INFINITY: all. */
static double quota_of(const char *folder)
{
	char path[4300], line[128];
	long long quota, period;
	snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", folder);
	return first_line(path, "", line, sizeof line) && sscanf(line, "%lld %lld", &quota, &period) == 2 && period > 0 ? (double)quota / (double)period : INFINITY;
}

/* The least of the process's cgroup (version 2) and those above it. */
static double quota(void)
{
	char line[4200] = "";
	double least = INFINITY;
	if (!first_line("/proc/self/cgroup", "0::/", line, sizeof line))
		return least;
	for (char *folder = line + 3, *end = folder + strlen(folder); end; end = strrchr(folder, '/')) {
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
