/* A split that files of row numbers tell: what CP_SPLIT_ROWS is made of (split.h).
 *
 * A file is lines of a row's number, a tab and the name of a part; or, given as NAME=FILE, lines of numbers of rows that go to part NAME.  A
 * number stands once.  16 bytes of memory a line. */
#ifndef CP_SPLITROWS_H
#define CP_SPLITROWS_H

#include <stdint.h>

#include "base/err.h"
#include "base/opts.h"

struct cp_splitrows;

/* Reads the files.  NULL and a sentence that names file and line. */
struct cp_splitrows *cp_splitrows_read(const struct cp_opt_list *files, const char *const *name, int n_parts, struct cp_err *);
void cp_splitrows_free(struct cp_splitrows *);

/* The part of a row, 0 where no file names it; -1 and a sentence where it was asked for before. */
int cp_splitrows_part(struct cp_splitrows *, uint64_t row, struct cp_err *);

/* 0 if every row that is named was asked for; else -1. */
int cp_splitrows_done(const struct cp_splitrows *, struct cp_err *);
void cp_splitrows_digest(const struct cp_splitrows *, char hex[33]);	/* of what the files said */
uint64_t cp_splitrows_count(const struct cp_splitrows *);

#endif
