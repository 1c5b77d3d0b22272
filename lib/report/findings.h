/* What a profile gives reason to say: one plain sentence each, with what to do about it.
 *
 * A warning is about something that makes training or its judgement go wrong; a note is worth knowing.  A code is a stable word for scripts:
 *
 *     warnings  no-rows no-label labels one-class constant row-id leak leak-values missing infinite weights weight-zero cut empty-text unseen
 *               shared-rows collisions bad-rows label-without-time
 *     notes     label-rate label-rate-by-time time-overlap time-unit unseen-some missing-some copies torn few-positives wide-number
 *               looks-number looks-list expected-collisions no-field
 */
#ifndef CP_FINDINGS_H
#define CP_FINDINGS_H

#include "report/profile.h"

struct cp_finding {
	int warns;
	const char *code;
	const char *column, *split;	/* what it is about, of the profile; NULL: none */
	char *text;
};

struct cp_findings {
	struct cp_finding *v;
	size_t n, n_warnings;
};

struct cp_findings_opts {
	int64_t max_tokens;		/* a model's positions; -1: not said */
};

void cp_findings_make(struct cp_findings *, const struct cp_profile *, const struct cp_findings_opts *);
void cp_findings_release(struct cp_findings *);

#endif
