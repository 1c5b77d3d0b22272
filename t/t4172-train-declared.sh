#!/bin/sh
# From a declared CSV to scores: cp-featurize makes lists, numbers and derived columns, cp-train learns from them, and cp-predict makes them of
# another CSV as the model remembers it, to the same scores as from records.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

# clicks N SEED: the tags and the price tell; some prices and tags are missing
clicks() {
	awk -v n="$1" -v x="$2" '
		function below(k) { x = x * 16807 % 2147483647; return int(x / 8) % k }
		BEGIN {
			print "label,User,Tags,Price,When"
			for (i = 0; i < n; i++) {
				tags = ""
				there = 0
				for (k = below(4); k; k--) {
					tag = below(9)
					there = there || tag == 2
					tags = tags (tags == "" ? "" : "|") "t" tag
				}
				price = below(12) ? below(2000) / 10 : ""
				label = there || price > 150
				printf "%d,u%d,%s,%s,%d\n", label, below(15), tags, price, 1600000000 + below(1000000)
			}
		}'
}
clicks 800 5 >train.csv && clicks 200 6 >test.csv || skip_all 'the rows could not be made'
cat >fields.txt <<'EOF'
Tags: list |
Price: log
EOF
D='--declare fields.txt'
learn() { cp-train -q --stage ctr --model deepfm --set dim=4 --set hidden=8 --batch 50 --epochs 20 --lr 0.02 --weight-decay 0 "$@"; }
auc_of() { cp-auc -q --json "$1" | sed -n 's/.*"auc": *\([0-9.]*\).*/\1/p'; }

test_that 'a declared CSV is learnt' '
	cp-featurize -q $D <train.csv >train.cps
	cp-featurize -q $D <test.csv >test.cps
	cp-train -q --stage ctr --model deepfm --set dim=4 --set hidden=8 --epochs 1 --train train.cps -o m.cpm
	says m.cpm "\"field_types\":{\"Price\":\"number\",\"Tags\":\"keys\"}"
	learn --train train.cps -o m.cpm
	cp-predict -q -m m.cpm test.cps >records
	auc_of records
	auc_of records | awk "{ exit !(\$1 > 0.85) }"
'
test_that 'the model makes of a CSV what cp-featurize makes by the declaration' '
	cp-predict -q -m m.cpm --csv test.csv >csv
	cmp records csv
	awk -F, "{ print \$4 \",\" \$3 \",\" \$1 \",\" \$2 \",\" \$5 }" test.csv >turned.csv
	cp-predict -q -m m.cpm --csv turned.csv >turned
	cmp csv turned
'
test_that 'a line alone is answered at once' '
	mkfifo in
	cp-predict -q -m m.cpm --csv --score-only <in >out &
	pid=$!
	exec 9>in
	sed -n "1,2p" test.csv >&9
	wait_for test -s out
	test "$(wc -l <out)" -eq 1
	exec 9>&-
	wait $pid
'
test_that 'rows made without the declaration, or by another, are refused' '
	cp-featurize -q <test.csv >plain.cps
	refused 1 "field .Tags. is one value a row (key) here; in the training rows it is a list of values (keys)" cp-predict -q -m m.cpm plain.cps
	cp-featurize -q -f "Tags: list |" -f "Price: number" <test.csv >raw.cps
	refused 1 "field .Price. was made otherwise than that of the training rows" cp-predict -q -m m.cpm raw.cps
	refused 1 "field .Price. was made otherwise than that of the training rows" learn --train train.cps --valid raw.cps -o no.cpm
'
test_that 'buckets, hours and weekdays: kept with the model, made of a CSV alike' '
	cat >more.txt <<-EOF
	Tags: list |
	Price: buckets at 20 60 150
	Hour: hour of When
	Day: weekday of When
	When: time
	EOF
	cp-featurize -q --declare more.txt <train.csv >train.cps
	cp-featurize -q --declare more.txt <test.csv >test.cps
	learn --train train.cps -o more.cpm
	cp-predict -q -m more.cpm test.cps >records
	cp-predict -q -m more.cpm --csv test.csv >csv
	cmp records csv
	auc_of records | awk "{ exit !(\$1 > 0.8) }"
	sed "s/150/151/" more.txt >other.txt
	cp-featurize -q --declare other.txt <test.csv >other.cps
	refused 1 "field .Price. was made otherwise" cp-predict -q -m more.cpm other.cps
'
test_that 'a CSV without the model'"'"'s fields, and a delimiter that is none' '
	printf "label,Film\n1,x\n0,y\n" | cp-featurize -q | cp-train -q --no-ledger --stage ctr --set hidden=4 --epochs 1 -o film.cpm
	printf "A\tB\n1\t2\n" >none.tsv
	refused 1 "no column .Film. for the model; there are .A. and .B." cp-predict -q -m film.cpm --csv -d tab none.tsv
	refused 2 "delimiter" cp-predict -q -m more.cpm --csv -d "\"" test.csv
'
test_done
