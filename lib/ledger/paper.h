/* A table of the paper as text, from the view of that name (schema.h): a line an entry, with the paper's own figures beside ours. */
#ifndef CP_LEDGER_PAPER_H
#define CP_LEDGER_PAPER_H

#include <sqlite3.h>

#include "base/err.h"
#include "base/mem.h"

/* text: columns of even width, the best in **stars**; terminal: the same, the best in bold; markdown; tsv: the view's columns as they are. */
#define CP_PAPER_FORMS "text|terminal|markdown|tsv"	/* in the order of the enum below */
enum cp_paper_form { CP_PAPER_TEXT, CP_PAPER_TERMINAL, CP_PAPER_MARKDOWN, CP_PAPER_TSV };

struct cp_paper {
	int number;			/* 2 to 6; 0: all of them */
	const char *scale, *data;	/* NULL: any */
	enum cp_paper_form form;
};

extern const char cp_paper_notes[];	/* what the columns of the text are */

int cp_ledger_paper(sqlite3 *, const struct cp_paper *, struct cp_buf *, struct cp_err *);

#endif
