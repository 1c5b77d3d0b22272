#!/bin/sh
# A row's score is its own: the same digits in a block of rows, alone, in another order, and with another number of threads.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

rows_csv 300 42 | cp-featurize -q >train.cps
rows_csv 700 43 >rows.csv		# several chunks of rows for threads to take
cp-featurize -q rows.csv >rows.cps
HAS_BF16=

one_by_one() {		# one_by_one ARGUMENT...: a line to a process, so that each is a block of its own
	tail -n +2 rows.csv | head -n 9 | while read -r line; do
		{ head -n 1 rows.csv; echo "$line"; } | cp-predict -q --no-ledger --csv "$@" || exit 1
	done
}

for model in lr dcnv2 autoint xdeepfm fignn fgcnn ipnn deepfm; do
	test_that "$model scores a row alone as among others" "
		cp-train -q --no-ledger --stage ctr --model $model --epochs 1 --train train.cps -o $model.cpm
		cp-predict -q --no-ledger --csv --threads 1 -m $model.cpm <rows.csv >all
		cp-predict -q --no-ledger --csv --threads 3 -m $model.cpm <rows.csv | cmp - all
		one_by_one -m $model.cpm >lone
		test \$(wc -l <lone) = 9
		head -n 9 all | cmp - lone
		cp-predict -q --no-ledger --threads 2 -m $model.cpm <rows.cps | cmp - all
	"
done

for precision in bf16 int8; do
	for model in dcnv2 xdeepfm fgcnn; do
		if ! cp-predict -q --no-ledger --precision $precision -m $model.cpm rows.cps >rounded 2>err; then
			test_skip "$model in $precision" "$(cat err)"
			continue
		fi
		test_that "$model in $precision: other scores, near by, and a row alone as among others" "
			cp-predict -q --no-ledger --precision $precision --threads 1 -m $model.cpm <rows.cps | cmp - rounded
			cp-predict -q --no-ledger --precision $precision --threads 3 -m $model.cpm <rows.cps | cmp - rounded
			one_by_one --precision $precision -m $model.cpm >lone
			head -n 9 rounded | cmp - lone
			cp-predict -q --no-ledger -m $model.cpm <rows.cps >all
			! cmp -s all rounded || exit 1
			paste all rounded | awk '{ d = \$2 - \$4; if (d > .01 || d < -.01) { print; exit 1 } }'
		"
	done
done

test_that 'a label of CSV is printed as it stands there, however long' '
	awk -F, -v OFS=, "NR == 1 { print \"when\", \$0; next } { print 1362862260 + NR, \$0 }" rows.csv | head -n 5 >long.csv
	cp-predict -q --no-ledger --csv --label when -m dcnv2.cpm long.csv | cut -f 1 >a
	tail -n +2 long.csv | cut -d , -f 1 | diff - a
'

test_that 'CSV without a header is told what its columns are called' '
	cp-predict -q --no-ledger --csv -m dcnv2.cpm rows.csv >want
	tail -n +2 rows.csv >bare.csv
	cp-predict -q --no-ledger --csv -m dcnv2.cpm --no-header --fields "$(head -n 1 rows.csv)" bare.csv | cmp - want
	cut -f 2 want >scores
	cp-predict -q --no-ledger --csv -m dcnv2.cpm --no-header --fields "-,$(head -n 1 rows.csv | cut -d , -f 2-)" bare.csv | cmp - scores
	fails_with 1 cp-predict --no-ledger --csv -m dcnv2.cpm --no-header bare.csv
	grep "no column .User. for the model; there are .f1.," fails_with.err
	fails_with 1 cp-predict --no-ledger --csv -m dcnv2.cpm --no-header --fields label,User bare.csv
	grep "the first row has 5 columns, and 2 names are given for them" fails_with.err
	fails_with 1 cp-predict --no-ledger --csv -m dcnv2.cpm --no-header --fields label,label,timestamp,User,Film bare.csv
	grep "bare.csv: columns 1 and 2 are both called .label.; give one another name in --fields$" fails_with.err
	fails_with 2 cp-predict --no-ledger --csv -m dcnv2.cpm --no-header --fields "" bare.csv
	grep "^cp-predict: --fields needs NAMES, and what is given is empty$" fails_with.err
	fails_with 2 cp-predict --no-ledger --csv -m dcnv2.cpm --fields label,User rows.csv
'

test_that 'bf16 and int8 are refused, not emulated, by kernels that have them not' '
	CP_CPU=base fails_with 1 cp-predict --no-ledger --precision bf16 -m dcnv2.cpm rows.cps
	grep "scores in bf16 need a processor with AVX512_BF16" fails_with.err
	CP_CPU=v3 fails_with 1 cp-predict --no-ledger --precision int8 -m dcnv2.cpm rows.cps
	grep "scores in int8 need a processor with AVX512_VNNI" fails_with.err
'

test_that 'a line in, a line out: from a pipe that stays open, and what was not met is counted at the end' '
	mkfifo in out
	cp-predict --no-ledger --csv --score-only -m dcnv2.cpm <in >out 2>err &
	exec 8>in 9<out
	head -n 1 rows.csv >&8
	cp-predict -q --no-ledger --score-only -m dcnv2.cpm rows.cps >all
	for n in 1 2 3; do
		sed -n "$((n + 1))p" rows.csv >&8
		read -r score <&9
		test "$score" = "$(sed -n "${n}p" all)"
	done
	test "$(cat /proc/$!/comm)" = cp-predict	# for ps and pgrep, though it started itself anew
	echo 0,5,nobody,nothing,g1 >&8
	read -r score <&9
	exec 8>&-
	wait $!
	exec 9<&-
	grep "2 of 12 values were not in the training rows" err
'

test_that 'the label of CSV is made as that of training was, and may be called otherwise' '
	awk -F, -v OFS=, "NR == 1 { \$1 = \"Rating\" } NR > 1 { \$1 = \$1 ? 3 + NR % 3 : NR % 3 } 1" rows.csv >rated.csv
	cp-featurize -q --field "Rating: label >= 3" rated.csv -o rated.cps
	cp-train -q --threads 1 --no-ledger --stage ctr --model lr --epochs 1 --train rated.cps -o rated.cpm
	cp-predict -q --no-ledger -m rated.cpm rated.cps >from_records
	test "$(cut -f1 from_records | sort -u | paste -sd " ")" = "0 1"
	cp-predict -q --no-ledger -m rated.cpm --csv rated.csv | cmp - from_records
	sed "1s/Rating/Clicked/; 2,\$s/^[3-5],/1,/; 2,\$s/^2,/0,/" rated.csv >clicked.csv
	cut -f2 from_records >want
	cp-predict -q --no-ledger -m rated.cpm --csv --label Clicked clicked.csv >got
	cut -f2 got | cmp - want
	test "$(cut -f1 got | sort -u | paste -sd " ")" = "0 1"
	fails_with 1 cp-predict --no-ledger -m rated.cpm --csv --label Liked rated.csv
	grep "no column .Liked." fails_with.err
	fails_with 1 cp-predict --no-ledger -m rated.cpm --csv --label User rated.csv
	grep "^cp-predict: --label User: the model has it as a field" fails_with.err
	cut -d, -f2- rated.csv | cp-predict -q --no-ledger -m rated.cpm --csv >bare
	cut -f2 from_records | cmp - bare
	awk -F, -v OFS=, "NR > 1 { \$1 = \$1 ? \"yes\" : \"no\" } 1" rows.csv >words.csv
	cp-featurize -q --field "label: label = yes" words.csv -o words.cps
	cp-train -q --threads 1 --no-ledger --stage ctr --model lr --epochs 1 --train words.cps -o words.cpm
	cp-predict -q --no-ledger -m words.cpm words.cps >from_records
	cp-predict -q --no-ledger -m words.cpm --csv words.csv | cmp - from_records
'

test_that 'a label that is any number is told as it stands' '
	awk -F, -v OFS=, "{ print \$0, NR == 1 ? \"Price\" : 16777215 + NR % 3 \".25\" }" rows.csv | cp-featurize -q --field "Price: number" -o priced.cps
	cp-predict -q --no-ledger -m lr.cpm --label Price priced.cps | cut -f1 | sort -u | paste -sd " " | grep -x "16777215.25 16777216.25 16777217.25"
'

test_that '--columns of CSV: its values as they stand there, whether the model knows the column or not' '
	awk -F, -v OFS=, "NR == 1 { print \$0, \"Id\", \"text\" } NR > 1 { print \$0, \"n\" NR, \"\\\"a, \" NR \"\\\"\" }" rows.csv >more.csv
	cp-predict -q --no-ledger -m dcnv2.cpm --csv --columns Film --columns Id --columns text --columns row more.csv >got
	head -n 2 got
	cp-predict -q --no-ledger -m dcnv2.cpm --csv rows.csv >scores
	awk -F, -v OFS="\t" "NR > 1 { print \$4, \"n\" NR, \"a, \" NR, NR - 2 }" rows.csv | paste scores - | cmp - got
	fails_with 1 cp-predict -q --no-ledger -m dcnv2.cpm --csv --columns Id rows.csv
	grep "rows.csv: no column .Id. for --columns; there are .label., " fails_with.err
	cp-predict -q --no-ledger -m dcnv2.cpm --columns Film rows.cps | cut -f3 | sort -u >keys
	cut -f3 got | sort -u >films
	test "$(wc -l <keys)" = "$(wc -l <films)"
'

test_that 'a number that no model could take is a bad row: named by its line, or left out' '
	awk -F, -v OFS=, "{ print \$0, NR == 1 ? \"Price\" : NR % 7 / 7 }" rows.csv >priced.csv
	cp-featurize -q --field "Price: number" priced.csv | cp-train -q --threads 1 --no-ledger --stage ctr --model lr --epochs 1 -o priced.cpm
	sed "4s/,[^,]*\$/,1e39/" priced.csv >huge.csv
	cp-predict -q --no-ledger -m priced.cpm --csv huge.csv >got 2>err && exit 1
	cat err
	grep "huge.csv: line 4, column 6 .Price.: .1e39. is too large" err
	cp-predict -q --no-ledger -m priced.cpm --csv priced.csv >all
	head -n 2 all | cmp - got
	cp-predict --no-ledger -m priced.cpm --csv --skip-bad huge.csv >got 2>err
	cat err
	grep "$(wc -l <all) rows in, $(($(wc -l <all) - 1)) rows out" err
	sed 3d all | cmp - got
'

test_that '--blank-bad: an empty line for each bad row, of CSV and of records, with any number of threads' '
	cp-featurize -q --field "Price: number" priced.csv | cp-train -q --threads 1 --no-ledger --stage ctr --model dcnv2 --epochs 1 -o cross.cpm
	awk -F, -v OFS=, "NR > 1 && NR % 5 == 0 { \$6 = NR % 3 ? \"abc\" : \"3e38\" } NR == 701 { print \"short\" } 1" priced.csv >bad.csv
	awk "END { for (i = 0; i < 9000; i++) print \"short\" }" priced.csv >>bad.csv
	tail -n 2 priced.csv >>bad.csv
	blank() { sed "s/.*3e38\$//; s/.*abc\$//; s/^short\$//"; }
	for extra in "" "--score-only" "--columns Price --columns Film" "--score-only --columns Price"; do
		cp-predict -q --no-ledger -m cross.cpm --csv --skip-bad $extra bad.csv >good
		sed 1d bad.csv | blank | awk "/./ { getline < \"good\" } 1" >want
		for threads in 1 3; do
			cp-predict -q --no-ledger -m cross.cpm --csv --blank-bad --threads $threads $extra bad.csv | cmp - want
		done
		cp-predict -q --no-ledger -m cross.cpm --csv --blank-bad $extra <bad.csv | cmp - want
	done
	test $(wc -l <good) = 562
	grep -v "abc\|short" bad.csv >far.csv
	cp-featurize -q --field "Price: number" far.csv -o far.cps
	for extra in "" "--score-only" "--columns Film"; do
		cp-predict -q --no-ledger -m cross.cpm --skip-bad $extra far.cps >good
		sed 1d far.csv | blank | awk "/./ { getline < \"good\" } 1" >want
		cp-predict --no-ledger -m cross.cpm --blank-bad --threads 3 $extra far.cps 2>err | cmp - want
		grep "^cp-predict: 46 bad rows have an empty line each$" err
	done
	fails_with 2 cp-predict --no-ledger -m cross.cpm --blank-bad --skip-bad far.cps
	grep "skip-bad prints nothing for a bad row, --blank-bad an empty line" fails_with.err
	fails_with 2 cp-predict --no-ledger -m cross.cpm --blank-bad --fill far.cps
'

test_that '--blank-bad: a client that sends a line and waits gets one, bad or not; the ledger counts scores' '
	rm -f in out
	mkfifo in out
	echo >newline
	cp-predict --ledger blank.db --csv --blank-bad -m cross.cpm <in >out 2>err &
	exec 8>in 9<out
	head -n 1 priced.csv >&8
	cp-predict -q --no-ledger --csv -m cross.cpm priced.csv >all
	for n in 1 2 3; do
		for bad in "1,5,u1,film 1,g1,abc" "1,5,u1" "1,5,u1,film 1,g1,3e38" "1,5,u\"1,film 1,g1,1" "1,5,\"u\"1,film 1,g1,1"; do
			echo "$bad" >&8
			timeout 20 head -n 1 <&9 | cmp - newline
		done
		sed -n "$((n + 1))p" priced.csv >&8
		sed -n "${n}p" all >want
		timeout 20 head -n 1 <&9 | cmp - want
	done
	exec 8>&-
	wait $!
	exec 9<&-
	cat err
	grep "^cp-predict: 15 bad rows have an empty line each$" err
	grep "18 rows in, 3 rows out" err
	cp-ledger -q show --ledger blank.db 1 >run
	grep "^blank-bad	1$" run
	grep "^csv	.*	18	" run
	grep "^scores	.*	3	" run
'

test_that 'so does a language model beside the CTR model' '
	make_rows
	pretrain --epochs 1 --train train.cps -o pre.cpm
	finetune --with-plm --init pre.cpm --epochs 1 --train train.cps -o plm.cpm
	cp-predict -q --no-ledger --csv -m plm.cpm <rows.csv >all
	one_by_one -m plm.cpm >lone
	head -n 9 all | cmp - lone
'

test_that 'a model with a weight that is no number is refused' '
	changed_model dcnv2.cpm >bad.cpm
	at=$(($(wc -c <bad.cpm) - 4))
	printf "\377\377\377\177" | dd of=bad.cpm bs=1 seek=$at conv=notrunc 2>/dev/null
	fails_with 1 cp-predict --no-ledger --csv -m bad.cpm <rows.csv
	grep "not finite" fails_with.err
	fails_with 1 cp-train --no-ledger --stage finetune --init bad.cpm --train train.cps -o no.cpm
	grep "bad.cpm: tensor .* holds a number that is not finite" fails_with.err
	test ! -e no.cpm
'
test_done
