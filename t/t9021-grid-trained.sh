#!/bin/sh
# A small grid with the tools themselves: the chain from CSV to the table of figures and runs.
. "$(dirname "$0")/test-lib.sh"
unset MAKEFLAGS MFLAGS MAKELEVEL
command -v sqlite3 >/dev/null || skip_all 'sqlite3 is not installed'

awk 'BEGIN {
	print "label,timestamp,User,Title,Genre"
	for (i = 0; i < 600; i++)
		printf "%d,%d,u%d,The Film part %d,%s\n", (i * 7 % 11) < 3 + i % 3 * 3, 1000 + i, i % 17, i % 29, i % 3 ? "Drama" : "Comedy"
}' >rows.csv
cp-textify -q rows.csv | cp-split -q --by time -o rows
mkdir grid
cat >grid/grid <<END
data         := $TRASH/rows
models       := dnn
ways         := ctr without-plm with-plm
seeds        := 1 2
plm          := scratch:layers=1,hidden=16,heads=2,ffn=32,positions=64
ctr          := --epochs 1 --set hidden=16
pretrain     := --epochs 1 --set hidden=16
finetune     := --epochs 1
finetune-plm := --epochs 1
END
grid() {
	for what in all table; do	# what `all` says of its steps is no part of the table
		make -s -C "$TOP/experiments" -f grid.mk CP_BIN="$CP_BIN" grid="$TRASH/grid" ledger="$TRASH/l.db" $what >$what.out || return
	done
	cat table.out
}
runs() { sqlite3 l.db 'SELECT count(*) FROM runs'; }

test_that 'a line a cell with figures and runs, and the means of the seeds' '
	grid >table 2>log || { cat log; exit 1; }
	cat table
	test "$(grep -cE "^\| dnn +\| [a-z-]+ +\| [12] +\| 0\.[0-9]{4} \| [01]\.[0-9]{4} +\| [0-9]+ +\| [0-9]+ +\| [0-9]+ +\|$" table)" = 6
	test "$(grep -cE "^\| dnn +\| [a-z-]+ +\| 2 +\| 0\.[0-9]{4} +\| 0\.[0-9]{4} +\| [01]\.[0-9]{4} +\| [+-][0-9.]+ % +\|$" table)" = 3
	test "$(runs)" = 22
'

test_that 'the attention that a kept language model pays to its prompts is in the ledger with its cell' '
	cat grid/made/dnn-2/with-plm.attention
	sqlite3 -separator "	" l.db "SELECT 1, printf(\"%.6f\", p.value), printf(\"%.6f\", e.value) FROM tagged t JOIN metrics p USING (run) JOIN metrics e USING (run, stratum)
		WHERE p.key = \"attention\" AND e.key = \"attention_even\" AND t.model = \"dnn\" AND t.way = \"with-plm\" AND t.seed = 2" |
		diff grid/made/dnn-2/with-plm.attention -
'

test_that 'the figures are those of the scores' '
	auc=$(cp-auc -q --no-ledger grid/made/dnn-2/with-plm.tsv | awk "\$1 == \"auc\" { printf \"%.4f\", \$2 }")
	grep -E "^\| dnn +\| with-plm +\| 2 +\| $auc " table
'

test_that 'the runs of a line are those that made it' '
	run=$(grep -E "^\| dnn +\| with-plm +\| 2 " table | tail -n 1 | cut -d"|" -f7)
	cp-ledger show -q --ledger l.db $run >shown
	cat shown
	grep -- "--with-plm" shown
	grep "dnn-2/with-plm.cpm" shown
'

test_that 'asked again, nothing runs, and the table is the same' '
	grid >again 2>log
	test "$(runs)" = 22
	cmp table again
'

test_that 'scores that others were compared with keep their own figures' '
	cp-auc -q --ledger l.db --split test --against "$TRASH/grid/made/dnn-1/ctr.tsv" "$TRASH/grid/made/dnn-1/with-plm.tsv" >compared
	grid >again 2>log
	grep -E "^\| dnn +\| ctr +\| 1 " table >before
	test -s before
	grep -E "^\| dnn +\| ctr +\| 1 " again | diff before -
'

test_that 'scores that the ledger does not know are not shown as if it did' '
	rm l.db*
	got=0
	grid >table 2>log || got=$?
	test $got -ne 0
	cat log
'

test_done
