#!/bin/sh
# A CSV that nobody planned for, by pipelines/generic, down to its AUC.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/pipelines-lib.sh"
pipeline generic

awk 'BEGIN {
	print "clicked;when;who;what;price"
	for (i = 0; i < 400; i++)
		printf "%d;%s;u%d;\"The %d; part\";%s\r\n", (i * 7 % 11) < 4 + i % 3 * 2, i % 9 ? 1000 + i : "", i % 17, i % 9, i % 5 ? i % 100 / 10 : ""
}' >shop.v2.csv
gzip -k shop.v2.csv
generic() { make -C p/generic BIN="$CP_BIN" CP_LEDGER="$TRASH/l.db" LABEL=clicked TIME=when DELIMITER=';' TRAIN='--epochs 1 --set hidden=8' "$@"; }

test_that 'a model, scores and their AUC, in a folder of its own' '
	generic -s CSV=shop.v2.csv.gz >out 2>err || { cat err; exit 1; }
	cat out
	grep -E "^auc	[01]?\.[0-9]+" out
	test $(wc -l <p/generic/shop/ctr.scores.tsv) -eq 40
	test "$(ls p/generic | tr "\n" " ")" = "Makefile README.md shop "
	cp-cat -q --to tsv --bare -c timestamp p/generic/shop/rows.test.cps | tail -n 1 | grep -x 1399
'
test_that 'asked again, nothing is done; another option does what hangs on it and no more' '
	generic CSV=shop.v2.csv.gz >out 2>&1
	! grep cp-train out || exit 1
	generic CSV=shop.v2.csv.gz MODEL=lr TRAIN="--epochs 1" >out 2>&1 || { cat out; exit 1; }
	! grep -e cp-textify -e cp-split out || exit 1
	grep "cp-train --stage ctr --model lr" out
	generic CSV=shop.v2.csv.gz SPLIT="group --group \"who\"" MODEL=lr TRAIN="--epochs 1" >out 2>&1 || { cat out; exit 1; }
	! grep "cp-textify " out || exit 1
'
test_that 'a stream that this version cannot read is made anew' '
	cp p/generic/shop/rows.cps good.cps
	echo "of another version" >p/generic/shop/rows.cps
	generic -s CSV=shop.v2.csv.gz shards 2>err
	grep "cp-cat: shop/rows.cps: " err
	cmp good.cps p/generic/shop/rows.cps
'
test_that 'a path may be relative to where make was called, or to here; rows without a time are split at random' '
	cut -d";" -f1,3- shop.v2.csv >p/generic/bare.csv
	make -s -C p/generic BIN="$CP_BIN" CSV=bare.csv LABEL=clicked DELIMITER=";" shards
	test "$(cp-cat -q --count p/generic/bare/rows.test.cps)" = 40
	make -s -C p/generic CSV=bare.csv clean
	test ! -e p/generic/bare
	test -e p/generic/bare.csv
	rm p/generic/bare.csv
'
test_that 'rows are split by time where they have one, whatever other columns are called' '
	awk "BEGIN { print \"label,timestamp,when\"; for (i = 0; i < 40; i++) printf \"%d,x%d,%d\\n\", i % 3 == 0, i % 4, i * 17 % 40 }" >p/generic/two.csv
	two() { rm -rf p/generic/two; make -s -C p/generic BIN="$CP_BIN" CSV=two.csv shards "$@" && cp-cat -q --show p/generic/two/rows.test.cps >show; }
	two TIME=when
	cp-cat -q --to tsv --bare -c time:timestamp p/generic/two/rows.test.cps | tail -n +2 | sort -n | tr "\n" " " | grep -x "36 37 38 39 "
	two READ="--field \"timestamp: category\""
	grep "cp-split.* by=\"random\"" show
	sed -i "1s/when/time:timestamp/" p/generic/two.csv
	two READ="--field \"timestamp: category\""
	grep "cp-split.* by=\"random\"" show
	two TIME=time:timestamp
	grep "cp-split.* by=\"time\"" show
	mkdir broken
	ln -s "$CP_BIN"/cp-* broken
	rm broken/cp-cat
	printf "#!/bin/sh\ncase \$* in *tsv*) echo cp-cat: no memory >&2; exit 1;; esac; exec \"$CP_BIN/cp-cat\" \"\$@\"\n" >broken/cp-cat
	chmod +x broken/cp-cat
	rm p/generic/two/rows.*.cps
	fails_with 2 make -s -C p/generic BIN="$PWD/broken" CSV=two.csv shards TIME=time:timestamp
	grep "cp-cat: no memory" fails_with.err
	test ! -e p/generic/two/rows.test.cps
	rm -r p/generic/two p/generic/two.csv
'
test_that 'a report of what was read' '
	generic -s CSV=shop.v2.csv report >out
	grep "^  rows  *320  *40  *40$" out
	grep "^  who " out
'
test_that 'with a declaration: a label by a rule, a time of a pattern, a number, a list' '
	printf "stars,day,who,price,tags\n" >declared.csv
	awk "BEGIN { for (i = 0; i < 200; i++) printf \"%d,2020-%02d-%02d,u%d,%s,a|b%d\n\", i % 5 + 1, 1 + i % 12, 1 + i % 28, i % 7, i % 3 ? i / 10 : \"\", i % 4 }" >>declared.csv
	printf "stars: label >= 4\nday: time %%Y-%%m-%%d\nmonthday: weekday of day\nprice: log\ntags: list |\n" >declared.fields
	make -s -C p/generic BIN="$CP_BIN" CP_LEDGER="$TRASH/l.db" CSV=declared.csv DECLARE=declared.fields TRAIN="--epochs 1 --set hidden=8" MODEL=dnn >out
	grep "^auc	" out
	cp-cat -q --to tsv --bare --head 0 p/generic/declared/rows.cps | tr "\t" "\n" | sort | tr "\n" " " | grep "label monthday price row tags text timestamp who"
'
test_that 'what is to be learnt is learnt from the training rows alone' '
	awk "BEGIN { print \"label,timestamp,age,price\"; for (i = 0; i < 200; i++) printf \"%d,%d,%d,\\\"%d\\\"\\n\", i % 3 == 0, 1000 + i * 77 % 200, 18 + i % 63, i * 13 % 100 }" >taught.csv
	printf "age: standard\nprice: buckets 4  # of as many rows\n" >taught.fields
	taught() { make -s -C p/generic BIN="$CP_BIN" CSV=taught.csv DECLARE=taught.fields shards "$@"; }
	taught
	awk -F, "NR == 1 || \$2 < 1160" taught.csv | cp-featurize -q --learn --declare taught.fields >want
	grep -x "# learnt from 160 rows" want
	diff want p/generic/taught/learnt.fields
	cp-textify -q --declare want taught.csv | cp-cat -q --to tsv --bare -c age,price | sort >rows
	for part in train valid test; do cp-cat -q --to tsv --bare -c age,price p/generic/taught/rows.$part.cps; done | sort -u >parts
	sort -u rows | diff - parts
	test ! -e p/generic/taught/first.cps
	taught >out
	test ! -s out
	taught SPLIT=random READ="--form ptab"
	cp-cat -q --to tsv --bare -c row p/generic/taught/rows.train.cps | tail -n +2 >train
	awk "NR == FNR { train[\$1 + 2]; next } FNR == 1 || FNR in train" train taught.csv | cp-featurize -q --learn --declare taught.fields | diff p/generic/taught/learnt.fields -
	taught SPLIT="group --group price"
	grep -x "# learnt from $(cp-cat -q --to tsv --bare -c row p/generic/taught/rows.train.cps | tail -n +2 | wc -l) rows" p/generic/taught/learnt.fields
'
test_that 'with a language model as well' '
	generic -s CSV=shop.v2.csv clickprompt PLM=scratch:layers=1,hidden=16,heads=2,ffn=32,positions=64 PRETRAIN="--epochs 1 --set hidden=8" >out 2>err ||
		{ cat err; exit 1; }
	grep -c "^auc	" out | grep -x 2
'
test_that 'an interrupted training goes on, and begins anew when what it is made of has changed' '
	# a stand-in for cp-train that is interrupted the first time
	mkdir stand-in
	for tool in "$CP_BIN"/*; do ln -s "$tool" stand-in; done
	rm stand-in/cp-train
	printf "%s\n" "#!/bin/sh" "while test \$# -gt 1; do shift; done" "test -e \$1.state && echo going on" "test -e \$1.state || { touch \$1.state; exit 1; }" >stand-in/cp-train
	chmod +x stand-in/cp-train
	rm p/generic/shop/ctr.*
	fails_with 2 generic -s CSV=shop.v2.csv BIN="$PWD/stand-in"
	generic -s CSV=shop.v2.csv BIN="$PWD/stand-in" >out 2>&1 || true
	grep "going on" out
	fails_with 2 generic -s CSV=shop.v2.csv BIN="$PWD/stand-in" MODEL=lr >out
	! grep "going on" out
'
test_that 'no CSV, a name that there is not, a bad row: a sentence' '
	fails_with 2 make -s -C p/generic
	grep "say which: make CSV=file.csv" fails_with.err
	fails_with 2 make -s -C p/generic CSV=nothing.csv
	grep "generic: there is no file nothing.csv" fails_with.err
	fails_with 2 make -s -C p/generic CSV=.. clean
	grep "is no name of a file" fails_with.err
	fails_with 2 make -s -C p/generic CSV="my shop.csv"
	grep "no names with spaces.*; make a link.*.my shop.csv" fails_with.err
	ls p/generic >before
	for name in "it'"'"'s.csv" "a\$b.csv" "a;b.csv" "a(b.csv" "a:b.csv" "a=b.csv" "a*.csv"; do
		cp shop.v2.csv "$name"
		fails_with 2 generic -s CSV="$name"
		grep -F "make a link without, instead of '"'"'$name'"'"'" fails_with.err
		fails_with 2 generic -s CSV=shop.v2.csv DECLARE="$name"
		grep -F "make a link without" fails_with.err
	done
	ls p/generic | cmp - before
	fails_with 2 make -s -C p/generic CSV=shop.v2.csv DECLARE=no.fields
	grep "there is no file no.fields" fails_with.err
	echo "1;2" >>shop.v2.csv
	fails_with 2 generic -s CSV=shop.v2.csv
	grep "cp-textify: .*line 402" fails_with.err
	generic -s CSV=shop.v2.csv READ=--skip-bad shards
'
test_done
