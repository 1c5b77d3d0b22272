#!/bin/sh
# cp-cat: conditions, samples of a number of rows, sorting and shuffling (in memory and through temporary files), joining by a key.
. "$(dirname "$0")/test-lib.sh"

# rows N: a stream of N rows with a column of every kind
rows() {
	awk -v n="$1" 'BEGIN {
		print "{\"#cps\":{\"format\":\"cps\",\"columns\":[" \
			"{\"name\":\"label\",\"type\":\"label\",\"storage\":\"f64\",\"chain\":[]},{\"name\":\"timestamp\",\"type\":\"time\",\"storage\":\"i64\",\"chain\":[]}," \
			"{\"name\":\"row\",\"type\":\"row\",\"storage\":\"u64\",\"chain\":[]},{\"name\":\"User\",\"type\":\"key\",\"storage\":\"u64\",\"chain\":[]}," \
			"{\"name\":\"Tags\",\"type\":\"keys\",\"storage\":\"[u64]\",\"chain\":[]},{\"name\":\"price\",\"type\":\"number\",\"storage\":\"f64\",\"chain\":[]}," \
			"{\"name\":\"text\",\"type\":\"text\",\"storage\":\"bytes\",\"chain\":[]},{\"name\":\"tokens\",\"type\":\"tokens\",\"storage\":\"[u32]\",\"chain\":[]}," \
			"{\"name\":\"mask\",\"type\":\"mask\",\"storage\":\"[u32]\",\"chain\":[]}],\"steps\":[]}}"
		for (i = 0; i < n; i++) {
			r = (i * 7919 + 13) % 10007
			tags = ""; tokens = ""
			for (k = 0; k < r % 4; k++) tags = tags (k ? "," : "") sprintf("\"%016x\"", k * 3 + r % 5)
			for (k = 0; k <= r % 7; k++) tokens = tokens (k ? "," : "") (k + r % 3)
			printf "{\"label\":%d,\"timestamp\":%s,\"row\":%d,\"User\":\"%016x\",\"Tags\":[%s],\"price\":%s,\"text\":\"%s\",\"tokens\":[%s],\"mask\":[%s]}\n",
				r % 3 == 0, r % 11 ? r % 101 - 50 : "null", i, r % 37 * 1000003, tags, r % 13 ? (r % 50 - 20) / 4 : "null",
				r % 17 ? sprintf("t%d\\u0000x", r % 29) : "", tokens, r % 2 ? "0," r % 9 : ""
		}
	}' | cp-cat -q --from jsonl --edited --block-rows 64
}
table() { cp-cat -q --to tsv --bare "$1" | sed 1d; }
column() { cp-cat -q --to tsv --bare -c "$1" "$2" | sed 1d; }

rows 3000 >all.cps
rows 40000 >long.cps
table all.cps >all.tsv

test_that 'sorted as sort(1) would, equal rows in their order' '
	cp-cat -q --sort price all.cps >s.cps && cp-cat -q --check s.cps &&
	awk -F "\t" "{ print (\$6 == \"nan\" ? -1000 : \$6) \"\t\" NR \"\t\" \$3 }" all.tsv | sort -k1,1g -k2,2n | cut -f3 >want &&
	column row s.cps >got && cmp want got &&
	cp-cat -q --sort timestamp:desc,price,label:desc all.cps >s.cps &&
	awk -F "\t" "{ print (\$2 == \"\" ? -1000 : \$2) \"\t\" (\$6 == \"nan\" ? -1000 : \$6) \"\t\" \$1 \"\t\" NR \"\t\" \$3 }" all.tsv |
		sort -k1,1gr -k2,2g -k3,3gr -k4,4n | cut -f5 >want &&
	column row s.cps >got && cmp want got
'
test_that 'every column kind can be sorted by, and comes through whole' '
	sort all.tsv >want &&
	for by in label timestamp row User Tags price text tokens mask; do
		cp-cat -q --sort $by all.cps >s.cps && table s.cps | sort | cmp - want &&
		cp-cat -q --sort $by:desc s.cps >d.cps && table d.cps | sort | cmp - want &&
		column $by s.cps | uniq >u && column $by d.cps | uniq | tac | cmp - u || { echo $by; return 1; }
		test "$by" = row || test "$(wc -l <u)" = "$(sort -u u | wc -l)" || { echo "$by does not come together"; return 1; }
	done &&
	cp-cat -q --sort text all.cps | cp-cat -q --to tsv --bare -c text | sed "1d;s/.0x/\x01/" >got && LC_ALL=C sort -c got
'
test_that 'through temporary files: the same bytes' '
	for i in 1 2 3 4 5 6; do cat long.cps; done >many.cps &&
	cp-cat -q --sort price,User many.cps >big.cps &&
	cp-cat -q --sort price,User --memory 1 many.cps >small.cps && cmp big.cps small.cps &&
	cp-cat -q --shuffle --seed 3 many.cps >big.cps &&
	cp-cat -q --shuffle --seed 3 --memory 1 many.cps >small.cps && cmp big.cps small.cps &&
	cp-cat -q --histogram row many.cps >big && cp-cat -q --histogram row --memory 1 many.cps >small && cmp big small && test "$(wc -l <big)" = 21
'
test_that 'no temporary file is left, and a folder that is not there is told' '
	mkdir spool && TMPDIR=$PWD/spool cp-cat -q --sort price --memory 1 many.cps >/dev/null && test -z "$(ls spool)" &&
	TMPDIR=$PWD/absent fails_with 1 cp-cat -q --sort price --memory 1 -o made many.cps && grep -q "absent/cp-spool.*: temporary file: No such file" fails_with.err &&
	test ! -e made
'
test_that 'the first rows of the new order, of the chosen rows only' '
	cp-cat -q --sort timestamp:desc --where "label=1" --head 5 -c row all.cps | cp-cat -q --to tsv --bare | sed 1d >got &&
	awk -F "\t" "\$1 == 1 && \$2 != \"\" { print \$2 \"\t\" NR \"\t\" \$3 }" all.tsv | sort -k1,1gr -k2,2n | head -n 5 | cut -f3 >want && cmp want got &&
	cp-cat -q --sort price --to tsv --bare --head 3 -c price,row all.cps | head -n 1 | grep -qx "price	row"
'
test_that 'a shuffle: every row once, by seed and row number only' '
	cp-cat -q --shuffle --seed 5 all.cps >a.cps && table a.cps | sort >x && sort all.tsv | cmp - x && ! cmp -s a.cps all.cps &&
	cp-cat -q --sort User all.cps | cp-cat -q --shuffle --seed 5 | table - >x && table a.cps | cmp - x &&
	cp-cat -q --shuffle --seed 6 all.cps | table - | cmp -s - x && return 1
	cp-cat -q --where "label=1" all.cps | cp-cat -q --shuffle --seed 5 | column row - >x &&
	column row a.cps >y && column row - <a.cps | grep -Fxf x >z && awk "NR == FNR { in_x[\$1]; next } \$1 in in_x" x y | cmp - x &&
	column row a.cps | head -n 1500 | awk "{ n += \$1 < 1500 } END { exit !(n > 650 && n < 850) }"
'
test_that 'conditions are those of awk' '
	is() { cp-cat -q --to tsv --bare --where "$1" all.cps | sed 1d >got && awk -F "\t" "$2" all.tsv >want && test -s want && cmp want got; }
	is "label=1" "\$1 == 1" && is "label!=1" "\$1 != 1" &&
	is "price<-1.5" "\$6 != \"nan\" && \$6 < -1.5" && is "price<=-1.5" "\$6 != \"nan\" && \$6 <= -1.5" &&
	is "price>=3" "\$6 != \"nan\" && \$6 >= 3" && is "price>3" "\$6 != \"nan\" && \$6 > 3" &&
	is "price=" "\$6 == \"nan\"" && is "price!=" "\$6 != \"nan\"" && is "price!=3" "\$6 != 3" &&
	is "timestamp>0" "\$2 != \"\" && \$2 > 0" && is "timestamp=" "\$2 == \"\"" && is "row>=2990" "\$3 >= 2990" &&
	is "User=#00000000000f4243" "\$4 == \"00000000000f4243\"" && is "User!=#00000000000f4243" "\$4 != \"00000000000f4243\"" &&
	is "Tags=#0000000000000004" "\$5 ~ /0000000000000004/" && is "Tags!=#0000000000000004" "\$5 !~ /0000000000000004/" &&
	is "text=" "\$7 == \"\"" && is "text!=" "\$7 != \"\"" &&
	cp-cat -q --count --where "label=1" --where "price>0" all.cps >n && awk -F "\t" "\$1 == 1 && \$6 != \"nan\" && \$6 > 0" all.tsv | wc -l | cmp - n
'
test_that 'a value of a field is hashed as the field is, an odd name is found, a missing value is the empty one' '
	printf "label,Gen=der,City\n1,F,Rome\n0,M,\n1, F ,Paris\n" | cp-featurize -q >g.cps &&
	test "$(cp-cat -q --count --where "Gen=der=F" g.cps)" = 2 && test "$(cp-cat -q --count --where "City=" g.cps)" = 1 &&
	test "$(cp-cat -q --count --where "City!=Rome" --where "label=1" g.cps)" = 1
'
test_that 'a value of a declared field is made a key as the declaration says' '
	printf "label,u,price,t,tags\n1,NULL,3,1700000000,a;b\n0,x,7.5,1700000000,b\n1,y,10,,a\n" |
	cp-featurize -q -f "u: category null NULL" -f "price: buckets at 5 10" -f "ln: buckets log of price" -f "h: hour of t" -f "w: weekday of t" \
		-f "tags: list ;" >d.cps &&
	is() { test "$(cp-cat -q --count --where "$1" d.cps)" = "$2" || { echo "$1"; return 1; }; } &&
	is u=NULL 1 && is u= 1 && is u=x 1 && is price=7 1 && is price=1 1 && is price=1e9 1 && is price!=5 2 && is ln=7.6 1 && is ln=7 0 && is h=22 2 &&
	is w=Tuesday 2 && is w= 1 && is tags=b 2 && is tags=c 0 &&
	fails_with 1 cp-cat -q --where price=x d.cps && grep -q "column .price.: .x. is not a number" fails_with.err &&
	fails_with 1 cp-cat -q --where h=24 d.cps && grep -q "column .h.: .24. is none of its values, which are 0 to 23" fails_with.err
'
test_that 'head, tail and rows count the chosen rows' '
	awk -F "\t" "\$1 == 1 { print \$3 }" all.tsv >ones &&
	cp-cat -q --where label=1 --head 7 all.cps | column row - >a && head -n 7 ones | cmp - a &&
	cp-cat -q --where label=1 --tail 7 all.cps | column row - >a && tail -n 7 ones | cmp - a &&
	cp-cat -q --where label=1 --rows 10:12 all.cps | column row - >a && sed -n 11,12p ones | cmp - a
'
test_that 'a sample of just N rows: in order, nested, by seed and row only' '
	for n in 0 1 17 2999 3000 5000; do
		cp-cat -q --sample-rows $n --seed 2 all.cps >s.cps && want=$n && { test $n -lt 3000 || want=3000; } &&
		test "$(cp-cat -q --count s.cps)" = $want && column row s.cps >rows.$n && sort -n rows.$n | cmp - rows.$n || return 1
	done &&
	cat all.cps | cp-cat -q --sample-rows 17 --seed 2 | column row - | cmp - rows.17 &&
	grep -Fxf rows.1 rows.17 | cmp - rows.1 &&
	cp-cat -q --sample-rows 17 --seed 3 all.cps | column row - >other && ! cmp -s other rows.17 &&
	test "$(cp-cat -q --sample-rows 9 --where label=1 all.cps | column label - | grep -c 1)" = 9
'
test_that 'wrong conditions and orders are told' '
	fails_with 1 cp-cat -q --where "nothing=1" all.cps && grep -q "there is no column .nothing." fails_with.err &&
	for wrong in label "=3" "" ; do fails_with 2 cp-cat -q --where "$wrong" all.cps && grep -q "COLUMN=VALUE is expected" fails_with.err || return 1; done &&
	for list in columns drop sort; do fails_with 2 cp-cat -q --$list "" all.cps && grep -q "what is given is empty" fails_with.err || return 1; done &&
	fails_with 1 cp-cat -q --where "price=x" all.cps && fails_with 1 cp-cat -q --where "price<" all.cps && fails_with 1 cp-cat -q --where "User<3" all.cps &&
	fails_with 1 cp-cat -q --where "tokens=3" all.cps && grep -q "tokens" fails_with.err &&
	fails_with 1 cp-cat -q --sort nothing:desc all.cps && fails_with 1 cp-cat -q --sort label,price:up all.cps &&
	for args in "--sort label --shuffle" "--sort label --tail 3" "--shuffle --rows 1:2" "--memory 3" "--on User" "--join-by-key x" "--unmatched drop" \
		"--join-by-key all.cps --on User --head 3" "--sample .5 --sample-rows 3" "--tail 3 --sample-rows 3" "--bins 3" "--hash-bits 3"; do
		fails_with 2 cp-cat $args all.cps || return 1
	done
'
test_that 'a damaged input sorts to nothing' '
	head -c 30000 all.cps >cut.cps && fails_with 1 cp-cat -q --sort label -o made.cps cut.cps && ! ls made.cps* 2>/dev/null &&
	fails_with 1 sh -c "cp-cat -q --shuffle cut.cps >out" && test ! -s out &&
	cp all.cps bad.cps && printf "\377" | dd of=bad.cps bs=1 seek=20000 conv=notrunc 2>/dev/null && fails_with 1 sh -c "cp-cat -q --sort row bad.cps >out" && test ! -s out
'
test_that 'order is told by the provenance' '
	cp-cat -q --sort price:desc,label all.cps | cp-cat -q --show | grep -q "cp-cat .* sort=\"price:desc,label\"" &&
	cp-cat -q --shuffle --seed 9 all.cps | cp-cat -q --show | grep -q "cp-cat .* seed=\"9\" shuffle=\"1\""
'

# --- joining -------------------------------------------------------------------------------------------------------------------

printf 'label,User,Item\n1,u1,i1\n0,u2,i2\n1,u3,i9\n0,u1,\n1,u2,i1\n' | cp-featurize -q >log.cps
printf 'Item,Title,Genre\ni1,Heat,Crime\ni2,Big,Comedy\ni3,Up,Family\n' | cp-textify -q >items.cps
printf 'Item,Title,Genre\ni1,Heat,Crime\ni2,Big,Comedy\ni9,,\n,,\n' | cp-featurize -q >whole.cps

test_that 'columns of the same key are joined, and rows without one get missing values' '
	cp-cat --join-by-key items.cps --on Item log.cps >joined.cps 2>err && grep -q "5 rows in, 5 rows out, .*, 2 without a match" err &&
	cp-cat -q --to tsv --bare -c Title,Genre,text joined.cps >got && head -n 1 got | grep -qx "Title	Genre	text" &&
	printf "label,Title,Genre\n1,Heat,Crime\n0,Big,Comedy\n1,,\n0,,\n1,Heat,Crime\n" | cp-featurize -q >flat.cps &&
	cp-cat -q --to tsv --bare -c Title,Genre flat.cps >x && cut -f 1,2 got | cmp - x && sed -n 4p got | grep -q "	\$" &&
	cp-cat -q --check joined.cps && cp-cat -q -c label,User,Item joined.cps | cp-cat -q --show | grep "^User" | sed "s/.* //" >a &&
	cp-cat -q --show log.cps | grep "^User" | sed "s/.* //" | cmp - a &&
	cp-cat -q --show joined.cps | grep -q "cp-cat .* on=\"Item\"" && test "$(cp-cat -q --show joined.cps | grep -c "^source")" = 2
'
test_that 'or are dropped, or refused; text out is the same rows' '
	cp-cat -q --join-by-key items.cps --on Item --unmatched drop log.cps | column label - | tr -d "\n" | grep -qx 101 &&
	fails_with 1 cp-cat -q --join-by-key items.cps --on Item --unmatched fail log.cps >/dev/null && grep -q "log.cps: row 2: its key .* is not in items.cps" fails_with.err &&
	cp-cat -q --join-by-key whole.cps --on Item --unmatched fail log.cps >w.cps && cp-cat -q -c Title,Genre w.cps | table - >a &&
	cp-cat -q -c Title,Genre flat.cps | table - | cmp - a &&
	cp-cat -q --join-by-key items.cps --on Item --to jsonl --bare log.cps >a && cp-cat -q --to jsonl --bare joined.cps | cmp - a
'
test_that 'what cannot be joined is told' '
	cat items.cps items.cps >twice.cps &&
	fails_with 1 cp-cat -q --join-by-key twice.cps --on Item log.cps >/dev/null && grep -q "twice.cps: row 3, column .Item.: the key .* a second time" fails_with.err &&
	fails_with 1 cp-cat -q --join-by-key log.cps --on Item log.cps >/dev/null && grep -q "User.*there already\|label" fails_with.err &&
	fails_with 1 cp-cat -q --join-by-key items.cps --on User log.cps >/dev/null && grep -q "items.cps: there is no column .User." fails_with.err &&
	fails_with 1 cp-cat -q --join-by-key items.cps --on label log.cps >/dev/null && fails_with 1 cp-cat -q --join-by-key absent --on Item log.cps >/dev/null &&
	printf "price,z\n3,cheap\n7,mid\n12,dear\n" >z.csv && printf "label,price\n1,10.50\n0,3\n" >p.csv &&
	cp-featurize -q -f "price: buckets at 5 11" -o z11.cps z.csv && cp-featurize -q -f "price: buckets at 5 10 null x" -o p10.cps p.csv &&
	fails_with 1 cp-cat -q --join-by-key z11.cps --on price p10.cps >/dev/null &&
	grep -q "z11.cps: column .price. was made otherwise than in the rows it is joined to: .*at 5 11.* here, .*at 5 10 .* there" fails_with.err &&
	cp-featurize -q -o p.cps p.csv && fails_with 1 cp-cat -q --join-by-key z11.cps --on price p.cps >/dev/null && grep -q "without a declaration there" fails_with.err &&
	cp-featurize -q -f "price: buckets at 5 10" -o z10.cps z.csv && cp-cat -q --join-by-key z10.cps --on price --unmatched fail p10.cps | cp-cat -q --count &&
	head -c 200 items.cps >cut.cps && fails_with 1 cp-cat -q --join-by-key cut.cps --on Item log.cps >/dev/null
'
test_that 'long lists, text and blocks of both sides join' '
	awk "BEGIN { print \"User,City,note\"; for (i = 0; i < 37; i++) printf \"%d,c%d,n%d\n\", i, i % 5, i }" | cp-featurize -q >u.cps &&
	awk "BEGIN { print \"label,User\"; for (i = 0; i < 20000; i++) printf \"1,%d\n\", i * 31 % 37 }" | cp-featurize -q >many.cps &&
	cat many.cps many.cps >two.cps && cp-cat -q --join-by-key u.cps --on User --unmatched fail two.cps >j.cps && cp-cat -q --check j.cps &&
	awk "BEGIN { print \"label,City,note\"; for (k = 0; k < 2; k++) for (i = 0; i < 20000; i++) { u = i * 31 % 37; printf \"1,c%d,n%d\n\", u % 5, u } }" |
		cp-featurize -q | cp-cat -q -c City,note | table - >want && cp-cat -q -c City,note j.cps | table - | cmp - want
'
test_done
