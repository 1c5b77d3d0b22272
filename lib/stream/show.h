/* A stream told to a person: columns, provenance, totals. */
#ifndef CP_SHOW_H
#define CP_SHOW_H

#include "stream/stream.h"

/* Reads r to its end (nothing is decoded, everything checked) and appends the account. */
int cp_stream_show(struct cp_reader *r, struct cp_buf *, struct cp_err *);

#endif
