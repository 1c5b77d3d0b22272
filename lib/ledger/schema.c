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

const char cp_ledger_tables[] =
#include "ledger/tables.sql.h"
;
