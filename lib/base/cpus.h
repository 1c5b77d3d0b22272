/* How many processors this process may use, by its affinity and its cgroup's quota of time; at least 1. */
#ifndef CP_CPUS_H
#define CP_CPUS_H

int cp_cpu_count(void);

#endif
