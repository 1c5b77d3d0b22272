/* The SQL of a ledger lies in files of its own; make turns each into a string of C (NAME.sql.h). */
#include "ledger/schema.h"

const char *const cp_ledger_migrations[CP_LEDGER_SCHEMA] = {
#include "ledger/version1.sql.h"
	,
#include "ledger/version2.sql.h"
};

const char cp_ledger_views[] =
#include "ledger/views.sql.h"
;

const char cp_ledger_queries[] =
#include "ledger/queries.sql.h"
;

#define TABLE(n) "DROP VIEW IF EXISTS table" n ";\nCREATE VIEW table" n " AS\n" \
	"  SELECT scale, data, place, block, line, seeds, auc, auc_sd, logloss, logloss_sd, n, best, base, impr, p, delong_p, better,\n" \
	"      paper_auc, paper_logloss, paper_impr, runs FROM tables WHERE tab = " n ";\n"

const char cp_ledger_tables[] =
#include "ledger/tables.sql.h"
	TABLE("2") TABLE("3") TABLE("4") TABLE("5") TABLE("6");
