#!/bin/sh
# cp-validate: figures against sets that were made to have them, and every warning on a set that deserves it.
. "$(dirname "$0")/test-lib.sh"

member() {		# member PATH <json
	sqlite3 :memory: "select coalesce(json_extract('$(sed "s/'/''/g")', '\$.$1'), 'null')"
}

column() {		# column NAME PATH <json: of the column called that
	sqlite3 :memory: "select coalesce(json_extract(value, '\$.$2'), 'null') from json_each(json_extract('$(sed "s/'/''/g")', '\$.columns'))
		where json_extract(value, '\$.name') = '$1'"
}

codes() {		# codes LEVEL <json: the codes of that level with their columns, sorted
	sqlite3 -separator ' ' :memory: "select json_extract(value, '\$.code'), json_extract(value, '\$.column') from
		json_each(json_extract('$(sed "s/'/''/g")', '\$.findings')) where json_extract(value, '\$.level') = '$1'" | sed 's/ $//' | sort
}

is() {			# is WANT GOT
	test "$1" = "$2" || { echo "expected '$1', found '$2'"; return 1; }
}

# 600 rows of three splits: users u0..u9 in train, u8..u14 in valid; a film in some rows only.
rows() {		# rows FROM TO [FIRST_USER [USERS]]
	awk -v from="$1" -v to="$2" -v first="${3:-0}" -v users="${4:-10}" 'BEGIN {
		print "label,timestamp,User,Film,Shop"
		for (i = from; i < to; i++)
			printf "%d,%d,u%d,%s,s%d\n", i * 7919 % 101 % 3 == 0, 1000000000 + i * 1000, first + i % users, i % 4 ? "f" i * 31 % 57 : "", i * 13 % 7
	}'
}
rows 0 400 >train.csv
rows 400 500 8 7 >valid.csv
rows 500 600 >test.csv
for s in train valid test; do cp-featurize -q -o $s.cps $s.csv; done
cp-validate -q --json train.cps valid.cps test.cps >all.json

test_that 'a split may have any name, and what is cut of it is whole characters' '
	cp-validate -q --names "abcde日本,日本日本日本日本,c" train.cps valid.cps test.cps | grep "^Fields.* 日本日本日本日本 "
	cp-validate -q --names "Größe-über-alles-im-ääää,пример-очень-длинного-имени,日本語日本語日本語日本語" train.cps valid.cps test.cps >text
	iconv -f UTF-8 -t UTF-8 text >/dev/null
	grep "^Splits  *Größe-über-alles-im\.\. пример-очень-длинно\.\.  *日本語日本語日本語日本語$" text
'

test_that 'the codes that the header tells are those there are' '
	sed -n "s/^ \*     warnings//p; s/^ \*     notes//p; s/^ \*               //p" "$TOP/lib/report/findings.h" | tr " " "\n" | grep . | sort >told
	test "$(wc -l <told)" -gt 25
	grep -o "tell(t, [01], \"[a-z-]*\"" "$TOP/lib/report/findings.c" | sed "s/.*\"\(.*\)\"/\1/" | sort -u >said
	test "$(wc -l <said)" -gt 20
	comm -13 told said >untold
	cat untold
	test ! -s untold
	while read -r code; do grep -q "\"$code\"" "$TOP/lib/report/findings.c" || { echo "no $code"; exit 1; }; done <told
'

test_that 'rows and labels of each split' '
	for i in 0 1 2; do
		s=$(member "splits[$i].name" <all.json)
		is "$(($(wc -l <$s.csv) - 1))" "$(member "splits[$i].rows" <all.json)"
		is "$(grep -c "^1," $s.csv)" "$(member "splits[$i].label_1" <all.json)"
		is 0 "$(member "splits[$i].label_other" <all.json)"
	done
	is 1000000000 "$(member "splits[0].first_time" <all.json)"
	is 1000599000 "$(member "splits[2].last_time" <all.json)"
'

test_that 'values of each field: distinct, missing, most frequent, once' '
	is 10 "$(column User "splits[0].distinct" <all.json)"
	is 7 "$(column User "splits[1].distinct" <all.json)"
	is 15 "$(column User distinct <all.json)"
	is 100 "$(column Film "splits[0].missing" <all.json)"
	is 300 "$(column Film "splits[0].present" <all.json)"
	is "$(cut -d, -f4 train.csv | tail -n +2 | grep . | sort -u | wc -l)" "$(column Film "splits[0].distinct" <all.json)"
	is "$(cut -d, -f4 train.csv | tail -n +2 | grep . | sort | uniq -c | sort -rn | awk "NR == 1 { print \$1 }")" "$(column Film "splits[0].most" <all.json)"
	is "$(cut -d, -f4 valid.csv | tail -n +2 | grep . | sort | uniq -c | awk "\$1 == 1 { n++ } END { print n + 0 }")" \
	   "$(column Film "splits[1].once" <all.json)"
'

test_that 'rows with a value that the first split has not' '
	awk -F, "NR == FNR { for (i = 3; i <= 5; i++) seen[i, \$i] = 1; next } FNR > 1 { any = 0; for (i = 3; i <= 5; i++) if (!((i, \$i) in seen)) { n[i]++; any = 1 } all += any }
		END { print n[3] + 0, n[4] + 0, all + 0 }" train.csv valid.csv >want
	is "$(cat want)" "$(column User "splits[1].unseen_rows" <all.json) $(column Film "splits[1].unseen_rows" <all.json) $(member "splits[1].unseen_any" <all.json)"
	test "$(cut -d " " -f 1 want)" -gt 50
	is 0 "$(column User "splits[2].unseen_rows" <all.json)"
'

test_that 'equal rows: within a split, shared with the first, with both labels' '
	{ echo label,A,B; for i in 1 2 3 4 5 6; do echo "$((i % 2)),a$((i % 3)),b"; done; echo "0,x,y"; } >t.csv
	{ echo label,A,B; echo 1,a1,b; echo 0,x,y; echo 0,new,y; } >v.csv
	cp-validate -q --json --csv t.csv v.csv >dup.json
	is "3 0" "$(member "splits[0].copies" <dup.json) $(member "splits[1].copies" <dup.json)"
	is "2 null" "$(member "splits[1].shared_with_first" <dup.json) $(member "splits[0].shared_with_first" <dup.json)"
	is 5 "$(member distinct_rows <dup.json)"
	is 7 "$(member rows_with_both_labels <dup.json)"
	cp-validate -q --json --no-rows --csv t.csv v.csv >no.json
	is "null null" "$(member distinct_rows <no.json) $(member "splits[0].copies" <no.json)"
	cp-cat -q -c label train.cps | cp-validate -q --json >bare.json
	is "400 null" "$(member "splits[0].rows" <bare.json) $(member distinct_rows <bare.json)"
'

test_that 'the AUC of a field alone is that of its label rates, judged by the second split' '
	awk -F, "NR == FNR { if (FNR > 1) { n[\$5]++; p[\$5] += \$1; N++; P += \$1 } next } FNR > 1 { printf \"%d\\t%.17g\\n\", \$1, (p[\$5] + 10 * P / N) / (n[\$5] + 10) }" train.csv valid.csv |
		cp-auc -q --json | member auc >want
	is "$(cat want)" "$(column Shop auc <all.json)"
'

test_that 'CSV and the records made of it give the same figures; a pipe is read like a file; threads change nothing' '
	cp-validate -q --json --csv train.csv valid.csv test.csv >csv.json
	for f in User Film Shop; do
		for k in "splits[0]" "splits[1]" "splits[2]" auc distinct; do is "$(column $f "$k" <all.json)" "$(column $f "$k" <csv.json)"; done
	done
	cp-validate -q train.cps --names rows >a
	cp-validate -q <train.cps | cmp - a
	for t in 1 2 3; do cp-validate -q --json --threads $t train.cps valid.cps test.cps | cmp - all.json; done
'

test_that 'periods add up to the rows, and are in order of time' '
	sqlite3 :memory: "select sum(json_extract(value, \"\$.rows[0]\")), sum(json_extract(value, \"\$.rows[1]\")), sum(json_extract(value, \"\$.rows[2]\")),
		count(*) from json_each(json_extract(readfile(\"all.json\"), \"\$.periods\"))" | tee got
	is "400|100|100|10" "$(cat got)"
	is 1000000000 "$(member "periods[0].from" <all.json)"
'

test_that 'lengths of texts, tokens and masks; rows cut by cp-mask' '
	awk "BEGIN { print \"label,Title\"; for (i = 0; i < 100; i++) { printf \"%d,\", i % 2; for (k = 0; k <= i % 10; k++) printf \"%sfilm\", k ? \" \" : \"\"; print \"\" } }" >t.csv
	cp-textify -q t.csv | cp-mask -q >t.cps
	cp-validate -q --json t.cps --max-tokens 12 >t.json
	is "$(cp-textify -q --text t.csv | awk "{ n = length(\$0); s += n; if (n > m) m = n } END { printf \"%d %.9g\", m, s / NR }")" \
	   "$(column text "splits[0].length.most" <t.json) $(column text "splits[0].length.mean" <t.json)"
	cp-cat -q -c tokens --to tsv --bare t.cps | tail -n +2 | awk "{ n = NF; s += n; if (n > m) m = n; if (!l || n < l) l = n; over += n > 12 } END { print l, m, over }" FS="[ ,]" >want
	cat want
	is "$(cut -d " " -f 1,2 want | tr " " "\n")" "$(column tokens "splits[0].length.least" <t.json; column tokens "splits[0].length.most" <t.json)"
	codes warning <t.json | grep "cut tokens"
	cp-textify -q t.csv | cp-mask -q --max-length 10 | cp-validate -q --json >cut.json
	test "$(column tokens "splits[0].at_max_length" <cut.json)" -gt 10
	is 10 "$(column tokens "splits[0].length.most" <cut.json)"
	codes warning <cut.json | grep "cut tokens"
'

# --- every warning -----------------------------------------------------------------------------------------------------------------

warns() {		# warns LEVEL "CODE COLUMN" [OPTION...] <csv
	level=$1
	want=$2
	shift 2
	cp-validate -q --json --csv "$@" >w.json || return 1
	codes "$level" <w.json | grep -x -e "$want" || { echo "no $want among:"; codes "$level" <w.json; return 1; }
}

test_that 'a sound set has no warning' '
	is "" "$(codes warning <all.json | grep -v -e unseen -e shared-rows)"
	cp-validate -q train.cps | grep "^No warnings"
	cp-validate -q --strict train.cps >/dev/null
'

test_that 'constant columns, row numbers, empty columns' '
	awk -F, "BEGIN { OFS = \",\" } { \$6 = NR == 1 ? \"id\" : \"r\" NR; \$7 = NR == 1 ? \"same\" : \"x\"; \$8 = NR == 1 ? \"none\" : \"\"; print }" train.csv >odd.csv
	warns warning "row-id id" <odd.csv
	warns warning "constant same" <odd.csv
	warns warning "missing none" <odd.csv
	cp-validate -q --csv odd.csv | tr -s " \n" " " | grep "Field .id. has a value of its own in every row: it cannot help; drop it."
	fails=0; cp-validate -q --strict --csv odd.csv >out || fails=$?
	is 1 $fails
	grep "^warning: " out
'

test_that 'columns that give the label away' '
	awk -F, "BEGIN { OFS = \",\" } { \$6 = NR == 1 ? \"told\" : \"t\" \$1; \$7 = NR == 1 ? \"half\" : \$1 && NR % 2 ? \"yes\" : \"no\"; print }" train.csv >odd.csv
	warns warning "leak told" <odd.csv
	warns warning "leak-values half" <odd.csv
	codes warning <w.json | grep -c leak | grep -x 2
'

test_that 'categories that look like numbers or lists' '
	awk -F, "BEGIN { OFS = \",\" } { \$6 = NR == 1 ? \"price\" : NR % 90 / 10; \$7 = NR == 1 ? \"genres\" : \"g\" NR % 7 \"|g\" NR % 9; \$8 = NR == 1 ? \"whole\" : NR % 90; print }" train.csv >odd.csv
	warns note "looks-number price" <odd.csv
	warns note "looks-list genres" <odd.csv
	codes note <w.json | grep -c looks | grep -x 2
'

test_that 'numbers that are not of the size of 1, and what to declare them' '
	awk "BEGIN { print \"label,age,more\"; for (i = 0; i < 100; i++) printf \"%d,%d,%d\\n\", i % 3 == 0, 18 + i % 63, i * i * 100 }" >ages.csv
	warns note "wide-number age" -f "age: number" <ages.csv
	grep -q "Number .age. goes from 18 to 80, and training wants numbers of the size of 1: declare it .standard., .log. or .buckets 10." w.json
	warns note "wide-number more" -f "age: number" -f "more: standard 0 4e4" <ages.csv
	grep -q "Number .more. goes .*: declare it .log. or .buckets 10.\." w.json
	cp-featurize -q --learn -f "age: standard" -f "more: log" ages.csv >ages.fields
	cp-validate -q --json --csv --declare ages.fields ages.csv | codes note >got
	! grep wide-number got
'

test_that 'labels: none, of one class, of other values; splits of other rates' '
	cut -d, -f 3- train.csv >nolabel.csv
	warns warning no-label <nolabel.csv
	sed "s/^0,/1,/" train.csv >one.csv
	warns warning one-class <one.csv
	sed "s/^0,/3,/" train.csv >other.csv
	warns warning labels <other.csv
	warns note label-rate train.csv one.csv
	sed "s/^1,/0,/; 2s/^0,/1,/" test.csv >few.csv
	warns note few-positives train.csv few.csv
'

test_that 'splits: unseen values, shared rows, times that overlap' '
	warns warning "unseen User" train.csv valid.csv
	warns warning shared-rows train.csv train.csv
	warns note "time-overlap timestamp" train.csv train.csv
	cp-validate -q --json --csv train.csv test.csv | codes note >got
	! grep time-overlap got
'

test_that 'times that are not seconds' '
	awk -F, -v OFS=, "NR > 1 { \$2 = \$2 \"000\" } 1" train.csv >ms.csv
	cp-validate -q --json --csv ms.csv >report
	codes note <report | grep -x "time-unit timestamp"
	grep -q "which is no time in seconds: if these are milliseconds, declare the column as .time milliseconds.\." report
	cp-validate -q --json --csv -f "timestamp: time milliseconds" ms.csv | codes note >got
	cp-validate -q --json --csv train.csv | codes note >>got
	! grep time-unit got
'

test_that 'a label rate is one of rows whose label is 0 or 1, in splits and in periods' '
	printf "label,timestamp,u\n1,1,x\n5,1,x\n5,1,y\n0,9,x\n5,9,x\n1,9,x\n3,12,z\n" >others.csv
	cp-validate -q --json --csv others.csv >report
	is 0.6667 "$(member "splits[0].label_rate" <report | cut -c 1-6 | sed "s/0.6666/0.6667/")"
	is "[[1.0],[0.5],[null]]" "$(sqlite3 :memory: "select json_group_array(json_extract(value, \"\$.label_rate\")) from json_each(json_extract(readfile(\"report\"), \"\$.periods\"))")"
	cp-validate -q --csv others.csv | grep -A 3 "^Label rate from" >text
	cat text
	is "1.0000 0.5000 -" "$(sed 1d text | awk "{ print \$NF }" | paste -sd " ")"
	printf "label,timestamp,u\n5,1,x\n5,9,x\n" | cp-validate -q --csv | grep -A 2 "^Label rate from" | sed 1d | awk "{ print \$NF }" | paste -sd " " | grep -x -e "- -"
'

test_that 'rows without a time that have a label rate of their own' '
	sed "s/^0,[0-9]*,/0,,/" train.csv >untimed.csv
	warns warning "label-without-time timestamp" <untimed.csv
	sed "2~3s/^\([01]\),[0-9]*,/\1,,/" train.csv >some.csv
	cp-validate -q --json --csv some.csv | codes warning >got
	! grep label-without-time got
'

test_that 'bad rows are counted and warned of' '
	{ cat train.csv; echo "1,2"; echo "x,1,u,f,s"; } >bad.csv
	fails_with 1 cp-validate --csv bad.csv
	warns warning bad-rows --skip-bad <bad.csv
	is "2 400" "$(member "splits[0].bad_rows" <w.json) $(member "splits[0].rows" <w.json)"
'

# --- values, from a CSV -----------------------------------------------------------------------------------------------------------

test_that 'the most frequent and the longest value, from a file and from a pipe' '
	awk "BEGIN { print \"label,A,B\"; for (i = 0; i < 200; i++) printf \"%d,%s,\\\"v, %d\\\"\n\", i % 2, i % 5 == 0 ? \"often\" : i % 3 ? \"x\" i : \"\", i }" >t.csv
	printf "1,größer als alles andere,\"v, 1\"\n" >>t.csv
	cp-validate -q --json --csv t.csv >v.json
	is "often" "$(column A most_frequent <v.json)"
	is "größer als alles andere 25" "$(column A longest <v.json) $(column A longest_bytes <v.json)"
	is "v, 1" "$(column B most_frequent <v.json)"
	is "0 0" "$(column A collisions_found <v.json) $(column B collisions_found <v.json)"
	cat t.csv | cp-validate -q --json --csv --names t >pipe
	cmp v.json pipe
	tail -n +2 t.csv >bare.csv
	cp-validate -q --json --csv --no-header --fields label,A,B bare.csv >bare.json
	is "often" "$(column A most_frequent <bare.json)"
	cp-validate -q --json train.cps >r.json
	is "null null" "$(column User most_frequent <r.json) $(column User collisions_found <r.json)"
'

test_that 'a declaration is followed: labels, numbers, lists, times; buckets are not told as values' '
	awk "BEGIN { print \"click,when,price,tags,size\"; for (i = 0; i < 100; i++) printf \"%s,%d,%s,%s,%d\\n\", i % 4 ? \"no\" : \"yes\", 1600000000 + i,
		i % 10 ? i / 4 : \"\", i % 5 ? \"a|b\" i % 7 : \"\", i }" >d.csv
	cp-validate -q --json --csv -f "click: label = yes" -f "when: time" -f "price: number" -f "tags: list" -f "size: buckets at 10 50" d.csv >d.json
	is "25 1600000000" "$(member "splits[0].label_1" <d.json) $(member "splits[0].first_time" <d.json)"
	is "number 10 0.25 24.75" "$(column price type <d.json) $(column price "splits[0].missing" <d.json) $(column price "splits[0].quantiles.least" <d.json) $(column price "splits[0].quantiles.largest" <d.json)"
	is "keys 20 8 160" "$(column tags type <d.json) $(column tags "splits[0].missing" <d.json) $(column tags distinct <d.json) $(column tags "splits[0].values" <d.json)"
	is "3 null null" "$(column size distinct <d.json) $(column size longest <d.json) $(column size collisions_found <d.json)"
'

# XXH3 of 17 to 32 bytes forgets bytes 8 to 15 where bytes 0 to 7 equal its secret plus the seed; this field name has a seed for which
# those are letters.
test_that 'two values that have one key are found, and only then' '
	{ echo label,f498460; for i in 1 2 3 4 5 6; do echo "$((i % 2)),A1yggQmPAAAAAAAAand the same end"; echo "0,other $i"; done; } >one.csv
	cp-validate -q --json --csv one.csv >v.json
	is 0 "$(column f498460 collisions_found <v.json)"
	{ cat one.csv; for i in 1 2 3; do echo "1,A1yggQmPBBBBBBBBand the same end"; done; } >two.csv
	cp-validate -q --json --csv two.csv >v.json
	is 1 "$(column f498460 collisions_found <v.json)"
	codes warning <v.json | grep -x "collisions f498460"
'

# --- options -----------------------------------------------------------------------------------------------------------------------

test_that 'names of splits: from files, from --names, and whole paths where they clash' '
	mkdir -p one two
	cp train.cps one/x.train.cps
	cp valid.cps two/x.train.cps
	is train "$(cp-validate -q --json one/x.train.cps | member "splits[0].name")"
	is two/x.train.cps "$(cp-validate -q --json one/x.train.cps two/x.train.cps | member "splits[1].name")"
	is late "$(cp-validate -q --json --names early,late one/x.train.cps two/x.train.cps | member "splits[1].name")"
	fails_with 2 cp-validate --names one one/x.train.cps two/x.train.cps
	fails_with 2 cp-validate --names one,two,three one/x.train.cps two/x.train.cps
	fails_with 2 cp-validate --names one,one one/x.train.cps two/x.train.cps
	for names in one,two, ,one,two one,,two one,; do
		fails_with 2 cp-validate --names $names one/x.train.cps two/x.train.cps
		grep "2 names are expected" fails_with.err
	done
	fails_with 2 cp-validate --label x train.cps
	grep -e "--label goes with --csv" fails_with.err
'

test_that 'what it cannot do is said' '
	cut -d, -f 1-4 valid.csv | cp-featurize -q -o less.cps
	fails_with 1 cp-validate train.cps less.cps
	grep "less.cps: split .less. has no column .Shop." fails_with.err
	for least in 4 5; do printf "rating,A\n4,a\n5,b\n" | cp-featurize -q -f "rating: label >= $least" -f "A: category null a$least" -o least$least.cps; done
	fails_with 1 cp-validate least4.cps least5.cps
	grep "least5.cps: split .least5.: column .label. was made otherwise than in the first split: .*>= 5.* here, .*>= 4.* there" fails_with.err
	cp-cat -q --drop label least4.cps >a4.cps
	cp-cat -q --drop label least5.cps >a5.cps
	fails_with 1 cp-validate a4.cps a5.cps
	grep "column .A. was made otherwise" fails_with.err
	awk "BEGIN { print \"label,A\"; for (i = 0; i < 60000; i++) print i % 2 \",a\" i }" | cp-featurize -q -o many.cps
	fails_with 1 cp-validate --memory 1 many.cps
	grep "more than the 1 MB allowed" fails_with.err
	cp-validate -q --memory 0 many.cps >/dev/null
'

test_that 'no line of the text is wider than 100 columns' '
	awk "BEGIN { print \"label,timestamp,weight,A very long name of a field indeed it is\"; for (i = 0; i < 50; i++) printf \"%d,%d,%d,%s\\n\", i % 2, i * 1e9, i, i }" >wide.csv
	cp-validate -q --csv wide.csv wide.csv wide.csv wide.csv wide.csv >text
	awk "length(\$0) > 100 { print; bad = 1 } END { exit bad }" text
	cp-validate -q train.cps valid.cps test.cps >text
	awk "length(\$0) > 100 { print; bad = 1 } END { exit bad }" text
'

test_done
