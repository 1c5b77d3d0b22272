/* A profile and its findings, told: as text of at most 100 columns for a person, as one JSON object for a script (cp-validate(1) has the
 * keys).  Both append. */
#ifndef CP_REPORT_SHOW_H
#define CP_REPORT_SHOW_H

#include "report/findings.h"

void cp_report_text(const struct cp_profile *, const struct cp_findings *, struct cp_buf *);
int cp_report_json(const struct cp_profile *, const struct cp_findings *, struct cp_buf *, struct cp_err *);

#endif
