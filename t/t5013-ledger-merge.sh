#!/bin/sh
# Ledgers of several machines become one: files and exports, each run once.
. "$(dirname "$0")/test-lib.sh"
command -v sqlite3 >/dev/null || skip_all 'sqlite3 is not installed'

printf '1\t0.9\n0\t0.1\n0\t0.95\n1\t0.4\n' >four.tsv
count() { sqlite3 "$1" 'select count(*) from runs'; }
for place in a b; do
	for i in 1 2; do CP_TAGS=way=ctr,model=$place,seed=$i cp-auc -q --ledger $place.db --split $place four.tsv >/dev/null; done
done
cp-ledger -q --ledger b.db export -o b.sql

test_that 'two files and the text of one of them: every run once, with its tags, figures and folder' '
	cp-ledger -q --ledger all.db merge a.db b.sql b.db >said
	cat said
	printf "2 new runs\n2 new runs\n0 new runs\n" | diff - said
	test "$(count all.db)" = 4
	test "$(sqlite3 all.db "select count(*), count(distinct uid), count(distinct model) from cells join runs on id = run")" = "4|4|2"
	test "$(sqlite3 all.db "select distinct split from metrics where run in (select run from tags where value = \"b\")")" = b
	test "$(sqlite3 all.db "select count(*) from runs where cwd = \"$TRASH\" and host is not null")" = 2
	cp-ledger -q --ledger all.db merge a.db b.db a.db
	test "$(count all.db)" = 4
'

test_that 'of a cell that two ledgers have the later run counts, whichever was merged first' '
	printf "1\t0.9\n0\t0.1\n0\t0.05\n1\t0.4\n" >better.tsv
	again() { CP_TAGS=way=ctr,model=m,seed=1 cp-auc -q --ledger $1.db --split test $2 >/dev/null; }
	again old four.tsv
	sleep 0.01
	again new better.tsv
	cp-ledger -q --ledger first.db merge old.db new.db
	cp-ledger -q --ledger second.db merge new.db old.db
	test "$(sqlite3 first.db "select auc from cells")" = 1.0
	test "$(sqlite3 second.db "select auc from cells")" = 1.0
	test "$(sqlite3 second.db "select auc, seeds from averages")" = "1.0|1"
'

test_that 'a text may come by a pipe, a ledger may not' '
	cp-ledger -q --ledger piped.db import <b.sql | grep -x "2 new runs"
	cp-ledger -q --ledger piped.db merge - <b.sql | grep -x "0 new runs"
	mkfifo pipe
	cp-ledger -q --ledger a.db export >pipe &
	cp-ledger -q --ledger piped.db merge pipe | grep -x "2 new runs"
	wait
	fails_with 1 cp-ledger --ledger piped.db import <a.db
	grep "standard input: a ledger itself, of which only a file can be read" fails_with.err
'

test_that 'what is merged is only read' '
	sqlite3 a.db "pragma wal_checkpoint(truncate)" >/dev/null
	cp a.db before
	chmod a-w a.db
	cp-ledger -q --ledger other.db merge a.db >/dev/null
	cmp a.db before
'

if test "$(id -u)" = 0 && command -v setpriv >/dev/null; then
	as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
else
	as_nobody() { "$@"; }
fi
test_that 'a ledger that may only be read is read' '
	mkdir "shelf?#1"
	sqlite3 a.db "pragma wal_checkpoint(truncate)" >/dev/null
	cp a.db "shelf?#1/a.db"
	cp -r "$CP_BIN" tools
	chmod -R a+rX . "shelf?#1" tools
	chmod 444 "shelf?#1/a.db"
	chmod 555 "shelf?#1"
	test "$(as_nobody tools/cp-ledger -q --ledger "shelf?#1/a.db" ls | wc -l)" = "$(cp-ledger -q --ledger a.db ls | wc -l)"
	as_nobody tools/cp-ledger -q --ledger "shelf?#1/a.db" show 1 | grep "^tool	cp-auc"
	as_nobody tools/cp-ledger -q --ledger "shelf?#1/a.db" export >shelf.sql
	cp-ledger -q --ledger a.db export | cmp - shelf.sql
	test "$(ls "shelf?#1")" = a.db
	fails_with 1 as_nobody tools/cp-auc -q --ledger "shelf?#1/a.db" four.tsv
	chmod 755 "shelf?#1"
'

test_that 'a run that is still running elsewhere waits for the next merge' '
	sqlite3 b.db "update runs set status = \"running\", host = \"elsewhere\" where id = 2"
	cp-ledger -q --ledger third.db merge b.db | grep "^1 new"
	sqlite3 b.db "update runs set status = \"done\" where id = 2"
	cp-ledger -q --ledger third.db merge b.db | grep "^1 new"
'

test_that 'a ledger of an older version is merged; of a later one, or another program, it is refused' '
	cp b.db later.db
	sqlite3 later.db "pragma user_version = 99"
	fails_with 1 cp-ledger --ledger x.db merge later.db
	grep "version 99" fails_with.err
	sqlite3 foreign.db "create table t(x)"
	fails_with 1 cp-ledger --ledger x.db merge foreign.db
	grep "another program" fails_with.err
	fails_with 1 cp-ledger --ledger x.db merge four.tsv
	fails_with 1 cp-ledger --ledger x.db merge /dev/null
	fails_with 1 cp-ledger --ledger x.db merge not-there.db
	fails_with 2 cp-ledger --ledger x.db merge
	head -c 5000 b.db >cut.db
	fails_with 1 cp-ledger --ledger x.db merge cut.db
	test ! -e x.db
'

test_done
