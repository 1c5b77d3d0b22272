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
test_that 'a field made of a column is not taken for a column that is called so' '
	awk -F, -v OFS=, "{ print \$0, NR == 1 ? \"Hour,timestamp\" : \"x\" NR % 5 \",\" NR % 7 }" train.csv >named.csv
	same_by_csv() {		# same_by_csv CSV OPTION...: records and CSV give the same scores
		sbc_csv=$1
		shift
		cp-featurize -q "$@" $sbc_csv -o named.cps
		cp-train -q --threads 1 --stage ctr --model lr --lr 0.05 --epochs 2 --train named.cps -o named.cpm
		cp-predict -q -m named.cpm named.cps >want
		cp-predict -q -m named.cpm --csv $sbc_csv | cmp - want
	}
	same_by_csv named.csv -f "When: time" -f "When: hour of When" -f "Hour: drop" -f "Tags: list"
	same_by_csv named.csv -f "Hour: category as hour_of" -f "When: time" -f "Hour: hour of When"
	same_by_csv named.csv -f "User: drop" -f "Hour: category as User"
	same_by_csv named.csv -f "User: category" -f "User: category as who"
	same_by_csv train.csv -f "When: drop" -f "User: category as user"
	cp-predict -q -m named.cpm train.csv --csv >want
	awk -F, -v OFS=, "{ print \$0, NR == 1 ? \"user\" : \"u1\" }" train.csv | cp-predict -q -m named.cpm --csv | cmp - want
'
test_that 'times, weights and labels that scoring does not need are not read' '
	awk -F, -v OFS=, "{ print \$0, NR == 1 ? \"timestamp,weight\" : \"2020-01-0\" 1 + NR % 9 \" 10:00:00,heavy\" }" train.csv >dated.csv
	cp-featurize -q -f "timestamp: time %Y-%m-%d %H:%M:%S" -f "weight: drop" -f "Tags: list" dated.csv -o dated.cps
	cp-train -q --threads 1 --stage ctr --model lr --epochs 1 --train dated.cps -o dated.cpm
	cp-predict -q -m dated.cpm dated.cps >want
	cp-predict -q -m dated.cpm --csv dated.csv | cmp - want
	sed "2,\$s/^[01],/,/" dated.csv >blank.csv
	cut -f2 want >scores
	cp-predict -q -m dated.cpm --csv --score-only blank.csv | cmp - scores
	fails_with 1 cp-predict -q -m dated.cpm --csv blank.csv
	sed "s/2020-01-0[0-9] 10:00:00/yesterday/" dated.csv | cp-predict -q -m dated.cpm --csv | cmp - want
'
test_that 'a score that is no number is told of, or left out, and never printed' '
	cp-featurize -q -f "Price: number" -f "Tags: list" train.csv -o prices.cps
	cp-train -q --threads 1 --stage ctr --model dcnv2 --set cross=6 --set dim=4 --epochs 1 --train prices.cps -o prices.cpm
	awk -F, -v OFS=, "NR == 100 || NR == 300 { \$4 = 1e37 } 1" train.csv >far.csv
	cp-featurize -q -f "Price: number" -f "Tags: list" far.csv -o far.cps
	cp-predict -q -m prices.cpm prices.cps >all
	for threads in 1 3; do
		for rows in "far.cps" "--csv far.csv"; do
			got=0
			cp-predict -q --threads $threads -m prices.cpm $rows >got 2>err || got=$?
			cat err
			test $got -eq 1
			head -n 98 all | cmp - got
			cp-predict --threads $threads -m prices.cpm --skip-bad $rows >got 2>err
			grep "2 bad rows were left out" err
			sed "99d; 299d" all | cmp - got
		done
	done
	grep "far.csv: row 98: its score is no number" err || grep "2 bad rows" err
	cp-train --threads 1 --stage ctr --model dcnv2 --set cross=6 --set dim=4 --epochs 1 --train prices.cps --test far.cps -o prices.cpm 2>err
	grep "a test row.s score is no number" err
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
	refused 1 "column .Price. was made otherwise than in the training rows" cp-predict -q -m m.cpm raw.cps
	refused 1 "column .Price. was made otherwise than in the training rows" learn --train train.cps --valid raw.cps -o no.cpm
'
test_that 'labels by two rules are refused in training, and told of beside scores' '
	awk -F, -v OFS=, "{ print NR == 1 ? \"rating\" : 3 + NR % 3, \$2, \$4 }" train.csv >rated.csv
	for least in 4 5; do cp-featurize -q -f "rating: label >= $least" -f "Price: drop" rated.csv -o least$least.cps; done
	lr() { cp-train -q --no-ledger --threads 1 --stage ctr --model lr --epochs 1 "$@"; }
	differ="least5.cps: column .label. was made otherwise than in the training rows: .*label >= 5.* here, .*label >= 4.* there"
	refused 1 "$differ" lr --train least4.cps --train least5.cps -o no.cpm
	refused 1 "$differ" lr --train least4.cps --valid least5.cps -o no.cpm
	refused 1 "$differ" lr --train least4.cps --test least5.cps -o no.cpm
	test ! -e no.cpm
	lr --train least4.cps --valid least4.cps -o least.cpm
	cp-predict --no-ledger -m least.cpm least5.cps 2>err >scores
	grep "labels beside the scores were made otherwise than in training: rating: label >= 5 here, rating: label >= 4 there" err
	cp-predict --no-ledger -m least.cpm least4.cps 2>err >scores
	cp-predict --no-ledger -m least.cpm --csv rated.csv 2>>err | cmp - scores
	cp-predict --no-ledger -m least.cpm --score-only least5.cps 2>>err >scores
	cp-train -q --no-ledger --threads 1 --stage finetune --epochs 1 --init least.cpm --train least5.cps -o tuned.cpm
	cp-predict --no-ledger -m tuned.cpm least5.cps 2>>err >scores
	grep "rows in" err
	! grep otherwise err
'
test_that 'labels by one rule are the same, whatever their columns are called' '
	lr() { cp-train -q --no-ledger --threads 1 --stage ctr --model lr --epochs 1 "$@"; }
	awk -F, -v OFS=, "{ print NR == 1 ? \"label\" : NR % 3 ? \"no\" : \"yes\", \$4 }" train.csv >said.csv
	sed "s/^no,/0,/; s/^yes,/1,/" said.csv >1.csv
	sed "1s/label/click/" 1.csv >2.csv
	sed "1s/label/clicked/" 1.csv >3.csv
	cp-featurize -q 1.csv -o 1.cps
	cp-featurize -q --label click 2.csv -o 2.cps
	cp-featurize -q -f "clicked: label" 3.csv -o 3.cps
	cp-featurize -q -f "label: label written 1.234,56" 1.csv -o 4.cps
	for n in 2 3 4; do
		lr --train 1.cps --valid $n.cps -o rule.cpm
		lr --train $n.cps --valid 1.cps -o rule.cpm
		cp-predict --no-ledger -m rule.cpm 1.cps >scores 2>err
		! grep "made otherwise" err
		cp-validate -q 1.cps $n.cps >/dev/null
	done
	cp-featurize -q -f "label: label = yes sure" said.csv -o 5.cps
	sed "1s/label/click/" said.csv | cp-featurize -q -f "click: label = sure yes" -o 6.cps
	cp-featurize -q -f "label: label = yes sure null no" said.csv --skip-bad -o 7.cps
	lr --train 5.cps --valid 6.cps -o rule.cpm
	refused 1 "7.cps: column .label. was made otherwise" lr --train 5.cps --valid 7.cps -o no.cpm
	refused 1 "1.cps: column .label. was made otherwise" lr --train 5.cps --valid 1.cps -o no.cpm
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
	refused 1 "column .Price. was made otherwise" cp-predict -q -m more.cpm other.cps
'
test_that 'standard numbers, by the mean and the deviation of the training rows: kept with the model, made of a CSV alike' '
	cp-featurize -q --learn -f "Tags: list" -f "Price: standard" <train.csv >standard.txt
	grep "^Price: standard [0-9.]* [0-9.]*$" standard.txt
	cp-textify -q --declare standard.txt <train.csv >train.cps
	cp-textify -q --declare standard.txt <test.csv >test.cps
	learn --train train.cps -o standard.cpm 2>err
	cp-predict -q -m standard.cpm test.cps >records
	cp-predict -q -m standard.cpm --csv test.csv | cmp records -
	auc_of records | awk "{ exit !(\$1 > 0.85) }"
	cp-featurize -q --learn -f "Tags: list" -f "Price: standard" <test.csv >other.txt
	cp-featurize -q --declare other.txt <test.csv >other.cps
	refused 1 "column .Price. was made otherwise" cp-predict -q -m standard.cpm other.cps
'
test_that 'a CSV without the model'"'"'s fields, and a delimiter that is none' '
	printf "label,Film\n1,x\n0,y\n" | cp-featurize -q | cp-train -q --no-ledger --stage ctr --set hidden=4 --epochs 1 -o film.cpm
	printf "A\tB\n1\t2\n" >none.tsv
	refused 1 "no column .Film. for the model; there are .A. and .B." cp-predict -q -m film.cpm --csv -d tab none.tsv
	refused 2 "delimiter" cp-predict -q -m more.cpm --csv -d "\"" test.csv
'
test_done
