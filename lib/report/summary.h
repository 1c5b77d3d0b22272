/* From counts to figures, at the end.  For lib/report alone. */
#ifndef CP_SUMMARY_H
#define CP_SUMMARY_H

#include "report/profile.h"

/* One split alone is counted in two halves, so that one can judge what the other says. */
static inline int cp_profile_slots(const struct cp_profile *p)
{
	return p->opts.n_splits > 1 ? p->opts.n_splits : 2;
}

static inline struct cp_count cp_split_count(const struct cp_profile *p, const struct cp_count *c, int split)
{
	return p->opts.n_splits > 1 ? c[split] : (struct cp_count){ c[0].n + c[1].n, c[0].pos + c[1].pos };
}

#endif
