#!/bin/sh
# What led to a run, and what was made of it.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"
command -v sqlite3 >/dev/null || skip_all 'sqlite3 is not installed'

make_rows || skip_all 'the rows could not be made'
pretrain --epochs 1 --train train.cps -o pre.cpm		# run 1
finetune --init pre.cpm --epochs 1 --train train.cps --valid valid.cps -o m.cpm	# run 2
cp-predict -q -m m.cpm -o m.tsv test.cps			# run 3
cp-auc -q --split test -o m.auc m.tsv				# run 4
cp-train -q --stage ctr --model lr --epochs 1 --train train.cps -o lr.cpm		# run 5, of no concern

test_that 'lines: each run below what it made, back to the rows, and what made those' '
	cp-ledger -q trace 4 >lines
	cat lines
	sed -n 1p lines | grep "^run 4: cp-auc .*test auc 0\.[0-9]*, test logloss"
	sed -n 2p lines | grep "^  scores m.tsv "
	sed -n 3p lines | grep "^    run 3: cp-predict "
	grep "^      model m.cpm " lines
	grep "^        run 2: cp-train .*--stage finetune" lines
	grep "^          init pre.cpm " lines
	grep "^            run 1: cp-train .*--stage pretrain" lines
	grep "^              train train.cps .*, 600 rows, made by cp-textify -> cp-mask$" lines
	! grep "run 5" lines || exit 1
	! grep "^read by" lines || exit 1
'

test_that 'forward: what read it, and what read that' '
	cp-ledger -q trace 1 >lines
	cat lines
	sed "1,/^read by$/d" lines | cut -d: -f1 >after
	printf "  run 2\n    run 3\n      run 4\n" | diff - after
'

test_that 'rows that have changed since are not asked what made them' '
	cp train.cps keep
	cp valid.cps train.cps
	cp-ledger -q trace 1 >lines
	mv keep train.cps
	! grep "made by cp-textify" lines || exit 1
'

test_that 'a graph: runs as boxes, files once each, an arrow for everything read and written' '
	cp-ledger -q trace --dot 4 >graph
	cat graph
	test "$(grep -c "shape=box" graph)" = 4
	for edge in "r1 -> \"D_pre\"" "\"D_pre\" -> r2" "r2 -> \"D_m\"" "\"D_m\" -> r3" "r3 -> \"D_s\"" "\"D_s\" -> r4"; do
		for f in pre.cpm:D_pre m.cpm:D_m m.tsv:D_s; do
			edge=$(echo "$edge" | sed "s/${f#*:}\"/$(sqlite3 "$CP_LEDGER" "select digest from outputs where path = \"${f%:*}\"")\"/")
		done
		grep -F "$edge;" graph || { echo "no $edge"; exit 1; }
	done
	! grep "r5" graph || exit 1
	if command -v dot; then dot -Tsvg graph | grep "<svg"; fi
'

test_that 'a word with quotes does not break the graph' "
	cp m.tsv \"a\\\"b.tsv\"
	cp-auc -q \"a\\\"b.tsv\" >/dev/null
	cp-ledger -q trace --dot 6 >graph
	grep -F 'a\\\"b.tsv' graph
"

test_that 'a piped run is traced as far as it is known, and one that is not there is refused' '
	cp-auc -q <m.tsv >/dev/null
	cat m.tsv | cp-auc -q >/dev/null
	cp-ledger -q trace 7 | grep "^    run 3: cp-predict"
	cp-ledger -q trace 8 | grep "^  scores pipe"
	fails_with 1 cp-ledger trace 99
	fails_with 2 cp-ledger trace
'

test_done
