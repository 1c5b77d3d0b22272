#!/bin/sh
# What a run is for (CP_TAGS), on which processor and from which source it ran; and ledgers of the version before this was kept.
. "$(dirname "$0")/test-lib.sh"
command -v sqlite3 >/dev/null || skip_all 'sqlite3 is not installed'

sql() { sqlite3 "$CP_LEDGER" "$1"; }
is() { test "$(sql "$1")" = "$2" || { echo "$1: '$(sql "$1")', expected '$2'"; return 1; }; }
printf '1\t0.9\n0\t0.1\n0\t0.95\n1\t0.4\n' >four.tsv

test_that 'tags are kept, whole numbers as numbers, and stand in the views' '
	CP_TAGS=scale=small,data=x-time,model=dcnv2,plm=,variant=k07,way=with-plm,seed=12 cp-auc -q --split test four.tsv >/dev/null
	is "select group_concat(name || \"=\" || value || \":\" || typeof(value), \" \") from tags" \
		"data=x-time:text model=dcnv2:text plm=:text scale=small:text seed=12:integer variant=k07:text way=with-plm:text"
	is "select scale, data, model, plm, variant, way, seed, split, stratum, run, auc, n from cells" "small|x-time|dcnv2||k07|with-plm|12|test||1|0.5|4"
	cp-ledger -q show 1 >shown
	grep "^way	with-plm$" shown
'

test_that 'a tag need not be ASCII' '
	CP_LEDGER=$TRASH/utf8.db
	CP_TAGS="data=películas,seed=1,größe=x,y=é" cp-auc -q --ledger utf8.db --split test four.tsv >/dev/null
	is "select group_concat(name || \"=\" || value || \":\" || typeof(value), \" \") from tags" \
		"data=películas:text größe=x:text seed=1:integer y=é:text"
'

test_that 'no tags, no cell; what is no tag is refused before anything runs' '
	cp-auc -q four.tsv >/dev/null
	is "select count(*) from cells" 1
	for bad in way =x a=1,b ; do
		CP_TAGS=$bad fails_with 1 cp-auc four.tsv
		grep "is not NAME=VALUE" fails_with.err
	done
	is "select count(*) from runs" 2
'

test_that 'processor and source are in the row' '
	is "select source from runs where id = 1" "$(cp-auc --version | sed -n "s/^source: //p")"
	name=$(sed -n "s/^model name[^:]*: //p" /proc/cpuinfo | head -n 1)
	is "select coalesce(cpu, \"\") from runs where id = 1" "$name"
'

test_that 'where a repetition has other bytes, what else was another is told' '
	cp-auc -q --json four.tsv >/dev/null
	id=$(sql "select max(id) from runs")
	sql "update outputs set digest = \"0000\" where run = $id"
	sql "update runs set cpu = \"another one\", source = \"0123-changed\" where id = $id"
	fails_with 1 cp-ledger -q rerun $id >found
	cat found
	grep "^cpu	another one	" found
	grep "^source	0123-changed	" found
	! grep "^version" found || exit 1
	is "select cpu_a from disagreements where a = $id" "another one"
	cp-ledger -q diff $id $(($id + 1)) | grep "^cpu	another one"
'

test_that 'tags go with export and import' '
	cp-ledger -q export -o text.sql
	cp-ledger -q --ledger other.db import text.sql
	test "$(sqlite3 other.db "select auc from cells where way = \"with-plm\"")" = 0.5
	cp-ledger -q --ledger other.db export | cmp - text.sql
'

# The ledger in the repository is as old as it may be: its text is of version 1 until it is written anew.
old_ledger() {
	cat <<-'END'
	PRAGMA application_id = 1129335879;
	PRAGMA user_version = 1;
	BEGIN;
	CREATE TABLE runs(id INTEGER PRIMARY KEY, uid TEXT NOT NULL UNIQUE, tool TEXT NOT NULL, version TEXT, build TEXT, argv TEXT NOT NULL, cwd TEXT,
	  seed, threads INTEGER, blas TEXT, host TEXT, boot TEXT, pidns INTEGER, pid INTEGER, born INTEGER, rerun_of TEXT, recipe TEXT, started TEXT NOT NULL,
	  ended TEXT, wall_s REAL, cpu_s REAL, peak_mb REAL, status TEXT NOT NULL, exit INTEGER, why TEXT);
	CREATE TABLE params(run INTEGER NOT NULL, name TEXT NOT NULL, value TEXT, given INTEGER NOT NULL, content INTEGER NOT NULL, PRIMARY KEY (run, name));
	CREATE TABLE inputs(run INTEGER NOT NULL, n INTEGER NOT NULL, role TEXT NOT NULL, path TEXT, via TEXT NOT NULL, digest TEXT, content TEXT,
	  rows INTEGER, bytes INTEGER, PRIMARY KEY (run, n));
	CREATE TABLE outputs(run INTEGER NOT NULL, n INTEGER NOT NULL, role TEXT NOT NULL, path TEXT, via TEXT NOT NULL, digest TEXT, content TEXT,
	  rows INTEGER, bytes INTEGER, PRIMARY KEY (run, n));
	CREATE TABLE metrics(run INTEGER NOT NULL, split TEXT NOT NULL, stratum TEXT NOT NULL, epoch INTEGER NOT NULL, key TEXT NOT NULL, value REAL,
	  PRIMARY KEY (run, split, stratum, epoch, key));
	CREATE TABLE comparisons(run INTEGER NOT NULL, n INTEGER NOT NULL, method TEXT NOT NULL, split TEXT NOT NULL, stratum TEXT NOT NULL, key TEXT NOT NULL,
	  a TEXT, b TEXT, value_a REAL, value_b REAL, diff REAL, se REAL, statistic REAL, p REAL, rows INTEGER, PRIMARY KEY (run, n));
	INSERT INTO runs(id, uid, tool, argv, seed, started, status) VALUES (7, '0123456789abcdef', 'cp-auc', 'cp-auc', NULL, '2026', 'done'),
	  (8, '1123456789abcdef', 'cp-auc', 'cp-auc', NULL, '2026', 'done');
	INSERT INTO inputs VALUES (7, 1, 'scores', 'ml-1m-time/made/dcnv2.bf16-3/ctr.tsv', 'file', 'aa', NULL, 9, 9), (8, 1, 'scores', 'x/made/rows.tsv', 'file', 'bb', NULL, 9, 9);
	INSERT INTO outputs VALUES (7, 1, 'report', 'ml-1m-time/made/dcnv2.bf16-3/ctr.auc', 'file', 'cc', NULL, NULL, 9), (8, 1, 'report', 'x/made/rows.auc', 'file', 'dd', NULL, NULL, 9);
	INSERT INTO metrics VALUES (7, 'test', '', -1, 'auc', 0.75), (8, 'test', '', -1, 'auc', 0.25);
	COMMIT;
	END
}

test_that 'a ledger of version 1, as text and as a file, gets its cells from the paths of its grids' '
	old_ledger >old.sql
	cp-ledger -q --ledger from-text.db import old.sql
	sqlite3 from-file.db <old.sql
	cp-ledger -q --ledger from-file.db ls >/dev/null
	for db in from-text.db from-file.db; do
		test "$(sqlite3 $db "select scale, data, model, variant, way, seed, run, auc from cells")" = "|ml-1m-time|dcnv2|bf16|ctr|3|7|0.75"
		test "$(sqlite3 $db "select count(*) from runs")" = 2
	done
'

test_that 'a tag that is none is told of as such' '
	fails_with 1 env CP_TAGS=model=x,seed cp-auc -q four.tsv
	grep "^cp-auc: CP_TAGS: .seed. is not NAME=VALUE$" fails_with.err
'

test_that 'views of another program are made anew, without another version, and our own are left' '
	cp-ledger -q --ledger views.db import old.sql
	schema() { sqlite3 views.db "select name, sql from sqlite_master order by name"; }
	schema >before
	sqlite3 views.db "drop view trainings; create view trainings as select 1 as run; drop view parts"
	cp-ledger -q --ledger views.db ls >/dev/null
	schema | diff before -
	test "$(sqlite3 views.db "pragma user_version")" = 2
	at=$(sqlite3 views.db "pragma schema_version")
	cp-ledger -q --ledger views.db ls >/dev/null
	test "$(sqlite3 views.db "pragma schema_version")" = $at
'

test_that 'the ledger of the repository comes in, and its tables are there' '
	cp-ledger -q --ledger ours.db import "$TOP/results/ledger.sql"
	test "$(sqlite3 ours.db "select count(*) > 8 from table2 where data = \"ml-1m-time\"")" = 1
'

test_done
