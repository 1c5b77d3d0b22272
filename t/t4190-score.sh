#!/bin/sh
# cp_score.h: the scores of cp-predict inside another program, from C and from C++.
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIR/train-lib.sh"

rich_csv() { rows_csv "$1" "$2" | awk -F, 'NR == 1 { print $0 ",Tags,Price,When" } NR > 1 { print $0 ",a" NR % 3 "|b" NR % 5 "," NR % 7 * 1.5 "," 1e9 + NR * 4000 }'; }
declare_rich() { printf '%s\n' 'Tags: list' 'Price: log' 'Paid: standard 4.5 3 of Price' 'When: drop' 'Hour: hour of When' 'Day: weekday of When' >rich.fields; }

rows_csv 300 42 | cp-featurize -q >train.cps
rows_csv 300 43 >rows.csv
tail -n +2 rows.csv | cut -d, -f3- | tr , '\t' >rows.tsv
ctr --epochs 1 --no-ledger --train train.cps -o m.cpm
EXAMPLE=$(dirname "$CP_UNITS")/examples/score

test_that 'in batches, alone, by name, from threads: what cp-predict says, and nothing allocated' '
	"$CP_UNITS/score" m.cpm rows.tsv >tap || { cat tap; exit 1; }
	cp-predict -q --no-ledger --csv --score-only -m m.cpm <rows.csv | cmp - scores.txt
'

for precision in bf16 int8; do
	test_that "in $precision, what cp-predict says in $precision; or a sentence" "
		if cp-predict -q --no-ledger --csv --score-only --precision $precision -m m.cpm <rows.csv >scores 2>err; then
			\"\$CP_UNITS/score\" m.cpm rows.tsv $precision >tap || { cat tap; exit 1; }
			cmp scores scores.txt
		else
			\"\$CP_UNITS/score\" m.cpm rows.tsv $precision >tap && exit 1
			grep 'Bail out.*$precision need.*AVX512_' tap
		fi
	"
done

test_that 'for every CTR model' '
	for model in lr fm deepfm dcn autoint xdeepfm ipnn fignn fgcnn fibinet finalmlp masknet; do
		cp-train -q --no-ledger --stage ctr --model $model --epochs 1 --train train.cps -o $model.cpm
		"$CP_UNITS/score" $model.cpm rows.tsv >tap || { echo $model; cat tap; exit 1; }
		cp-predict -q --no-ledger --csv --score-only -m $model.cpm <rows.csv | cmp - scores.txt
	done
'

test_that 'with lists, numbers and fields made of others, by the declaration inside the model' '
	declare_rich
	rich_csv 300 42 | cp-featurize -q --declare rich.fields >rich.cps
	ctr --epochs 1 --no-ledger --train rich.cps -o rich.cpm
	rich_csv 60 43 >rich.csv
	"$EXAMPLE" rich.cpm --columns >columns
	paste -s -d " " columns | grep -x "User Film Genre Tags Price When"
	tail -n +2 rich.csv | cut -d, -f3- | tr , "\t" >rich.tsv
	"$CP_UNITS/score" rich.cpm rich.tsv >tap || { cat tap; exit 1; }
	cp-predict -q --no-ledger --csv --score-only -m rich.cpm <rich.csv | cmp - scores.txt
	"$CP_UNITS/score" rich.cpm >tap || { cat tap; exit 1; }
	printf "u1\tfilm 2\tg1\ta|b\tcheap\t5\n" | "$EXAMPLE" rich.cpm >out 2>err
	cat out err
	test "$(wc -l <out)" = 1
	grep "row 1, column .Price.: .cheap. is not a number" err
'
test_that 'another column may hold as many separators as it likes, a list no more than 4095' '
	bars=$(printf "%04500d" 0 | tr 0 "|")
	printf "u1\tfilm 2%s\tg1\ta|b\t1\t5\n" "$bars" | "$EXAMPLE" rich.cpm >out
	printf "label,User,Film,Genre,Tags,Price,When\n1,u1,film 2%s,g1,a|b,1,5\n" "$bars" | cp-predict -q --no-ledger --csv --score-only -m rich.cpm | cmp - out
	printf "u1\tf\tg1\ta%s\t1\t5\n" "$bars" | "$EXAMPLE" rich.cpm 2>err
	grep "row 1: a list of more than 4095 values for field .Tags." err
'

if { printf "%s\n" LC_NUMERIC "decimal_point \"<U002C>\"" "thousands_sep \"\"" "grouping -1" "END LC_NUMERIC" >comma.src; localedef -c -i comma.src ./comma; } >/dev/null 2>&1 ||
   test -e comma/LC_NUMERIC; then
	test_that 'in a program whose numbers have a decimal comma, and with a number of 1000 digits: the same, and nothing allocated' '
		printf "%s\n" "Tags: list" "Price: buckets log" "When: buckets at 1000001000.0000001 1000600000.0000001" >comma.fields
		rich_csv 300 42 | sed "s/,\([0-9]*\)\.5,/,0.\15,/" | cp-featurize -q --declare comma.fields >commas.cps
		ctr --epochs 1 --no-ledger --train commas.cps -o commas.cpm
		rich_csv 60 43 | sed "s/,\([0-9]*\)\.5,/,0.\15,/" | awk -F, -v OFS=, "NR == 7 { \$7 = sprintf(\"2.%01000d\", 0) } 1" >commas.csv
		tail -n +2 commas.csv | cut -d, -f3- | tr , "\t" >commas.tsv
		cp-predict -q --no-ledger --csv --score-only -m commas.cpm <commas.csv >want
		LOCPATH=$TRASH LC_ALL=comma "$CP_UNITS/score" commas.cpm commas.tsv >tap || { cat tap; exit 1; }
		grep , scores.txt
		tr , . <scores.txt | cmp - want
	'
else
	test_skip 'in a program whose numbers have a decimal comma, and with a number of 1000 digits: the same, and nothing allocated' 'localedef makes none'
fi

test_that 'the example answers a line with a score, and a bad one with a sentence' '
	cp-predict -q --no-ledger --csv --score-only -m m.cpm <rows.csv >scores
	"$EXAMPLE" m.cpm <rows.tsv 2>err | cmp - scores
	printf "a\tb\tc\td\n" | "$EXAMPLE" m.cpm 2>err
	grep "too many" err
	printf "new\tnew\tnew\n" | "$EXAMPLE" m.cpm 2>err >out
	grep "3 of 3 values" err
	! "$EXAMPLE" rows.csv 2>err
'

test_that 'a model with a language model in it is refused with a sentence' '
	make_rows
	pretrain --no-ledger --epochs 1 --train train.cps -o pre.cpm
	"$EXAMPLE" pre.cpm 2>err && exit 1
	cat err
	grep "has no score" err
'

if test -n "${SANITIZE:-}"; then
	test_skip 'an installed copy is linked by pkg-config, from C and from C++' 'what would be installed is the library with the sanitizers'
elif command -v c++ >/dev/null && command -v pkg-config >/dev/null; then
	test_that 'an installed copy is linked by pkg-config, from C and from C++' '
		unset MAKEFLAGS MFLAGS MAKELEVEL
		make -s -C "$TOP" install DESTDIR= PREFIX="$TRASH/dest" >log 2>&1 || { cat log; exit 1; }
		PKG_CONFIG_PATH=$TRASH/dest/lib/pkgconfig
		export PKG_CONFIG_PATH
		cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror "$TOP/examples/score.c" $(pkg-config --cflags --libs clickprompt) -o score
		./score m.cpm <rows.tsv >one
		nm -g --defined-only "$TRASH/dest/lib/libclickprompt.a" | awk "NF == 3 { print \$3 }" >seen
		grep -x cp_scorer_open seen
		test "$(wc -l <seen)" -lt 20
		test "$(grep -vc "^cp_score" seen)" = 0
		printf "#include <cp_score.h>\nint main() { cp_score_error e; cp_scorer *s = cp_scorer_open(\"m.cpm\", CP_SCORE_F32, &e); cp_scorer_close(s); return !s; }\n" >x.cc
		c++ -Wall -Wextra -pedantic -Werror x.cc $(pkg-config --cflags --libs clickprompt) -o x
		./x
		test "$(wc -l <one)" = 300
		test -s "$TRASH/dest/share/man/man3/cp_score.3"
	'
else
	test_skip 'an installed copy is linked by pkg-config, from C and from C++' 'no c++ or no pkg-config'
fi
test_done
