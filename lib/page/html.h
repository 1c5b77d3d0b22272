/* Text inside HTML: what a page may hold, whatever the bytes were. */
#ifndef CP_HTML_H
#define CP_HTML_H

#include <stddef.h>

#include "base/mem.h"

/* Append as text or as an attribute's value in double quotes: & < > " ' escaped, U+FFFD for what is not UTF-8, control characters shown as U+2400 and on. */
void cp_html_text(struct cp_buf *, const char *s);

/* The same cleaning without escapes, for gnuplot; of more than `width` characters (0: any number) the middle is left out. */
void cp_html_plain(struct cp_buf *, const char *s, size_t width);

/* A name for an anchor or a file: letters and digits as they are, anything else '-', never empty. */
void cp_html_name(struct cp_buf *, const char *s);

#endif
