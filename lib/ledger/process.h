/* Which process a row belongs to, and whether it still lives.
 *
 * A pid alone is reused; pid and start time within one boot of one kernel (and one pid namespace, where there are containers) are not. */
#ifndef CP_LEDGER_PROCESS_H
#define CP_LEDGER_PROCESS_H

#include <stdint.h>

struct cp_process {
	char host[256], boot[64];	/* host name; the kernel's boot id, "" where there is none */
	int64_t pidns;			/* the pid namespace's inode, 0 unknown */
	int64_t pid, born;		/* born: clock ticks after boot, 0 unknown */
};

void cp_process_self(struct cp_process *);

/* 1 if `p` is known to be gone, seen from `self`; 0 if it lives or cannot be seen from here. */
int cp_process_gone(const struct cp_process *p, const struct cp_process *self);

/* The processor's name, "" where the kernel does not tell. */
void cp_process_cpu(char name[128]);

#endif
