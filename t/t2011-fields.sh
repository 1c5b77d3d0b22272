#!/bin/sh
# Declared fields as commands: kinds, buckets learnt, forms of the sentence; and that a model scores another CSV by them.
. "$(dirname "$0")/test-lib.sh"

cat >rows.csv <<'END'
click,hour,I1,I2,C1,genres,note
1,14102100,5,1.5,a,x|y,hi there
0,14102123,,-3,NA,,
1,14102205,200,0,b,"y, z|| q ",lo
0,14102206,7,2,b,NA,lo
END
cat >all.decl <<'END'
# a line of every kind
click: label
hour: time %y%m%d%H
"hour of day": hour of hour
weekday: weekday of hour missing someday
I1: buckets at 6 7 200
I2: log
genres: list as Genre
note: text as "A note" missing none
log I1: buckets log of I1
plain: category of C1
END

# column NAME of a CSV as categories: the keys that the members, numbers or words must have
keys_of() {
	cp-featurize | cp-cat --to tsv --bare --columns "$1" | tail -n +2
}
column() {
	cp-cat --to tsv --bare --columns "$@" | tail -n +2
}

test_that 'every kind has the keys of what its value means' '
	cp-featurize --declare all.decl --null NA rows.csv >all.cps
	column I1 <all.cps >got
	printf "I1,x\n0,\n,\n3,\n2,\n" | keys_of I1 | diff - got
	column "hour of day" <all.cps >got
	printf "hour of day,x\n0,\n23,\n5,\n6,\n" | keys_of "hour of day" | diff - got
	column weekday <all.cps >got
	printf "weekday\nTuesday\nTuesday\nWednesday\nWednesday\n" | keys_of weekday | diff - got
	column "log I1" <all.cps >got
	printf "log I1,x\n2,\n,\n28,\n3,\n" | keys_of "log I1" | diff - got
	column C1 <all.cps >got
	printf "C1,x\na,\n,\nb,\nb,\n" | keys_of C1 | diff - got
	column Genre <all.cps | tr " " "\n" >got
	printf "Genre,z\nx,\ny,\n,\n\"y, z\",\nq,\n,\n" | keys_of Genre | diff - got
	column timestamp <all.cps | head -n 2 >got
	diff got - <<-END
		1413849600
		1413932400
	END
	column I2 <all.cps >got
	printf "0.9162907318741551\n-1.3862943611198906\n0\n1.0986122886681096\n" | diff - got
	column label <all.cps | tr "\n" " " | grep "^1 0 1 0 $"
	cp-cat --show all.cps | grep "^A note" && exit 1
	true
'
test_that 'log buckets up to 2 are their values' '
	printf "I,x\n2,\n-3,\n0.5,\n-0,\n2.1,\n" | cp-featurize -f "I: buckets log" | column I >got
	printf "I,x\nSP2,\nSP-3,\nSP0.5,\nSP0,\n0,\n" | keys_of I | diff - got
'
test_that 'the sentence: lists joined, words for what is missing, text told' '
	cp-textify --text --declare all.decl --null NA rows.csv | sed -n 2,3p >got
	diff got - <<-END
		I1 is unknown. I2 is -3. C1 is unknown. Genre is unknown. A note is none. hour of day is 23. weekday is Tuesday. log I1 is unknown. plain is unknown.
		I1 is 200. I2 is 0. C1 is b. Genre is y, z, q. A note is lo. hour of day is 5. weekday is Wednesday. log I1 is 200. plain is b.
	END
	test "$(printf "A,B\n,x\n" | cp-textify --text --missing "no idea")" = "A is no idea. B is x."
	test "$(printf "A,B\n,x\n" | cp-textify --text --missing "")" = "A is . B is x."
	test "$(printf "A,B\n,x\n" | cp-textify --text --omit-empty)" = "B is x."
	test "$(printf "A,B\n,-\n" | cp-textify --text --omit-empty --null -)" = ""
'
test_that 'an hour or a weekday of what is no time in that unit is a bad row, in records and in lines' '
	printf "label,timestamp,u\n1,1700000000000,a\n0,253402300800,b\n1,1700000000,c\n" >ms.csv
	for kind in hour weekday; do
		for how in cp-featurize cp-textify "cp-textify --text"; do
			fails_with 1 $how -q -f "w: $kind of timestamp" ms.csv >ms.out
			grep "ms.csv: line 2, column 2 .timestamp.: .1700000000000. is not within the years 0 to 9999; expected seconds.*time milliseconds" fails_with.err
		done
	done
	cp-textify -q --text --skip-bad -f "w: weekday of timestamp" ms.csv | cmp - <<-END
	u is c. w is Tuesday.
	END
	cp-textify -q --text -f "w: weekday of timestamp milliseconds" ms.csv | grep -x "u is a. w is Tuesday."
	cp-textify -q --text -f "w: weekday of timestamp" -f "timestamp: time milliseconds" ms.csv | grep -x "u is a. w is Tuesday."
	sed "2s/1700000000000/soon/" ms.csv >soon.csv
	fails_with 1 cp-textify -q --text -f "timestamp: drop" -f "w: weekday of timestamp" soon.csv
	grep "soon.csv: line 2, column 2 .timestamp.: the timestamp .soon. is not a whole number" fails_with.err
'
test_that 'and where a template tells it, which is no field' '
	printf "User,When,label\nu1,1700000000000,1\nu2,soon,0\nu3,,0\nu4,1700000000,1\n" >when.csv
	for how in cp-textify "cp-textify --text"; do
		fails_with 1 $how -q -f "When: drop" -f "Day: weekday of When" --fields User -t "{User} on {Day}" when.csv >when.out
		grep "when.csv: line 2, column 2 .When.: .1700000000000. is not within the years 0 to 9999" fails_with.err
		sed 2d when.csv | fails_with 1 $how -q -f "When: drop" -f "Day: weekday of When" --fields User -t "{User}{? at {Day}}" >when.out
		grep "line 2, column 2 .When.: the timestamp .soon. is not a whole number" fails_with.err
	done
	cp-textify -q --skip-bad -f "When: drop" -f "Day: weekday of When" --fields User -t "{User} on {Day}" when.csv | cp-cat -q -c text --to tsv --bare >told
	printf "%s\n" text "u3 on unknown" "u4 on Tuesday" | cmp - told
'
test_that 'label rules' '
	printf "r,A\n4,\n3.9,\n5,\n" >r.csv
	test "$(cp-featurize -f "r: label >= 4" r.csv | column label | tr -d "\n")" = 101
	test "$(cp-featurize -f "r: label > 4" r.csv | column label | tr -d "\n")" = 001
	test "$(cp-featurize -f "r: label = 5 3.9" r.csv | column label | tr -d "\n")" = 011
	fails_with 1 cp-featurize -f "r: label" -f "A: label" r.csv
	grep "cannot both be the label" fails_with.err
	fails_with 1 cp-featurize -f "r: label" -f "x: category of r" r.csv
	grep "which is the label" fails_with.err
'
test_that 'a column that an option gives one role loses the one that it would have by its name' '
	printf "weight,timestamp,label,x\n1,5,2,a\n" >roles.csv
	roles() { cp-featurize -q "$@" roles.csv | cp-cat -q --to tsv --bare --drop x | tr "\n\t" "  "; }
	test "$(roles)" = "row label timestamp weight 0 2 5 1 "
	roles --label weight | grep -x "row label:label timestamp key:label 0 1 5 [0-9a-f]* "
	roles --label timestamp --time weight | grep -x "row label:label timestamp key:label 0 5 1 [0-9a-f]* "
	fails_with 1 cp-featurize -q --label weight --weight weight roles.csv
	grep "cannot serve both --label and --weight" fails_with.err
'
test_that 'globs, drop, of two lines the later, --fields by either name' '
	printf "I1,I2,C1,id\n1,2,c,7\n" >g.csv
	cp-featurize -f "*: drop" -f "I*: number" -f "I2: category as two" g.csv | cp-cat --to tsv | grep "^row" >got
	printf "row\tI1\ttwo\n" | diff - got
	test "$(cp-textify --text -f "I2: text as two" --fields id,I2 g.csv)" = "id is 7. two is 2."
	test "$(cp-textify --text -f "I2: text as two" --fields two g.csv)" = "two is 2."
	fails_with 1 cp-featurize -f "X*: number" g.csv
	grep "g.csv: no column .X\*. for --field, line 1; there are .I1., .I2., .C1. and .id." fails_with.err
	fails_with 1 cp-featurize -f "*: drop" g.csv
	fails_with 2 cp-featurize -f "I1: numbers" g.csv
	grep "^cp-featurize: --field: line 1, column 5: no kind" fails_with.err
	printf "\nI1: buckets at 2 1\n" >bad.decl
	fails_with 1 cp-featurize --declare bad.decl g.csv
	grep "^cp-featurize: bad.decl: line 2, column 18: the bound 1 is not above" fails_with.err
	fails_with 1 cp-featurize -f "C1: number" g.csv
	grep "g.csv: line 2, column 3 .C1.: .c. is not a number" fails_with.err
	fails_with 1 cp-featurize -f "id: time %F" g.csv
	grep "line 2, column 4 .id.: .7. is not a time of the format %F" fails_with.err
'
test_that 'buckets are learnt: the quantiles, from rows in any order, files as one' '
	awk "BEGIN { print \"label,x,y,z,s\"; for (i = 0; i < 1000; i++) print i % 2 \",\" (i * 7) % 1000 \",\" (i % 10 ? 1 : 9) \",,w\" }" >l.csv
	fails_with 1 cp-featurize --learn -f "[a-w]: drop # no glob" l.csv
	cp-featurize --learn -f "?: buckets 4 null NA" -f "s: category" l.csv >learnt
	diff learnt - <<-END
		# learnt from 1000 rows
		x: buckets at 250 500 750 null NA
		y: buckets at null NA  # 1 of 4 buckets: few values, or some of them frequent
		z: buckets at null NA  # no value in any row
		s: category
	END
' 
test_that 'and the declaration does not depend on the order of rows; it is used as it is' '
	cp-featurize --learn -f "x: buckets 4" l.csv >learnt
	{ head -n 1 l.csv; tail -n +2 l.csv | sort -r; } | cp-featurize --learn -f "x: buckets 4" | diff learnt -
	head -n 501 l.csv >1.csv
	{ head -n 1 l.csv; tail -n 500 l.csv; } >2.csv
	cp-featurize --learn -f "x: buckets 4" 1.csv 2.csv | diff learnt -
	cp-featurize --declare learnt l.csv | column x | sort | uniq -c | awk "\$1 != 250" >odd
	test ! -s odd
	fails_with 1 cp-featurize -f "x: buckets 4" l.csv
	grep "not learnt yet; cp-featurize --learn" fails_with.err
	fails_with 1 cp-featurize --learn l.csv
	cp-featurize --learn -f "x: buckets 4" -o out.decl l.csv >nothing
	diff out.decl learnt
'
test_that 'a standard number: mean and deviation are learnt, from rows in any order, beside buckets' '
	printf "label,age,same,z,text\n1,18,0.1,,a\n0,80,0.1,,b\n1,NA,0.1,,c\n1,30,0.1,,d\n" >s.csv
	cp-featurize --learn -f "?*: standard null NA" -f "text: category" -f "label: label" -f "decade: buckets 2 of age null NA" s.csv >learnt
	awk "BEGIN { m = (18 + 80 + 30) / 3; printf \"%.9g %.9g\\n\", m, sqrt(((18 - m) ^ 2 + (80 - m) ^ 2 + (30 - m) ^ 2) / 3) }" >want
	awk "/^age/ { printf \"%.9g %.9g\\n\", \$3, \$4 }" learnt | diff want -
	sed "s/^age: standard [0-9.]* [0-9.]* /age: standard M D /" learnt >got
	diff got - <<-END
		# learnt from 4 rows
		age: standard M D null NA
		same: standard 0.1 1 null NA
		z: standard 0 1 null NA  # no value in any row
		text: category
		label: label
		decade: buckets at 30 of age null NA
	END
	{ head -n 1 s.csv; tail -n +2 s.csv | sort -r; } >turned.csv
	cp-featurize --learn -f "age: standard null NA" turned.csv | tail -n 1 >again
	grep "^age" learnt | diff - again
	cp-featurize --learn --declare learnt s.csv | grep -v "^#" >again
	sed "/^# /d; s/  #.*//" learnt | diff - again
'
test_that 'a standard number is (x - MEAN) / DEVIATION; the sentence tells it as it stands, other kinds beside it' '
	printf "age;x\n18;a\n;b\nNA;d\n1.049,50;e\n" >n.csv
	N="-d ; --null NA --declare n.decl"
	printf "%s\n" "age: standard 49 18 written 1.234,56" "old: standard 1 0.5 of age written 1.234,56 missing none" >n.decl
	cp-textify $N n.csv >n.cps
	column age,old,text <n.cps | tr "\t" ";" >got
	diff got - <<-END
		-1.7222222222222223;34;age is 18. x is a. old is 18.
		nan;nan;age is unknown. x is b. old is none.
		nan;nan;age is unknown. x is d. old is none.
		55.583333333333336;2097;age is 1.049,50. x is e. old is 1.049,50.
	END
	cp-validate -q --json --csv $N n.csv >n.json
	grep -q "\"missing\": *2" n.json
	printf "age\n1e38\n" >huge.csv
	fails_with 1 cp-featurize -f "age: standard 0 0.01" huge.csv
	grep "line 2, column 1 .age.: .1e38. is too large" fails_with.err
'
test_that 'of the rows that records have, whatever their order; cp-textify does the same' '
	cp-featurize -q l.csv | cp-split -q --ratio 1:3 --names part,rest -o l
	cp-cat -q --to tsv --bare -c row l.part.cps | tail -n +2 >numbers
	awk "NR == FNR { part[\$1 + 2]; next } FNR == 1 || FNR in part" numbers l.csv >part.csv
	cp-featurize --learn -f "x: standard" -f "y: buckets 3" part.csv >want
	grep "^# learnt from 250 rows" want
	for tool in cp-featurize cp-textify; do $tool --learn -f "x: standard" -f "y: buckets 3" --rows-of l.part.cps l.csv | diff want -; done
	cat l.rest.cps l.part.cps | cp-featurize --learn -f "x: standard" --rows-of - l.csv >got
	cp-featurize --learn -f "x: standard" l.csv | diff - got
	cp-textify -q --learn -t "{x}" --form sentence -f "x: standard" l.csv | diff - got
	fails_with 1 cp-featurize --learn -f "x: standard" --first-row 9999 --rows-of l.part.cps l.csv
	grep "^cp-featurize: --rows-of l.part.cps: 250 of its 250 rows are not among those that were read, so it is of others$" fails_with.err
	head -n 100 l.csv | fails_with 1 cp-featurize --learn -f "x: standard" --rows-of l.part.cps
	fails_with 2 cp-featurize --rows-of l.part.cps l.csv
	grep "rows-of tells --learn what to learn from" fails_with.err
	fails_with 2 cp-textify --text --learn -f "x: standard" l.csv
	cp-cat -q -c label l.part.cps >bare.cps
	fails_with 1 cp-featurize --learn --rows-of bare.cps -f "x: standard" l.csv
	grep "bare.cps: it has no numbers of rows" fails_with.err
'
test_that 'with nothing to learn the declaration is written as it is, and a note says so' '
	cp-featurize --learn -f "x : number" -f "s: list ;  # parted" -f "y: standard 1 2" l.csv >learnt 2>err
	printf "x: number\ns: list ;\ny: standard 1 2\n" | diff - learnt
	grep "^cp-featurize: nothing to learn: the declaration says what it said" err
	printf "# nothing yet\n" >empty.decl
	cp-featurize -q --learn --declare empty.decl l.csv >learnt 2>err
	test ! -s learnt
	test ! -s err
	fails_with 1 cp-featurize --learn -f "s: number" l.csv
	fails_with 1 cp-featurize --learn l.csv
	grep "nothing to learn: no declaration" fails_with.err
	fails_with 1 cp-featurize -f "x: standard" l.csv
	grep "the mean and deviation of .x. are not learnt yet; cp-featurize --learn" fails_with.err
'
test_that 'forms' '
	printf "User,Film,Year\nu1,Jaws,\n" >f.csv
	test "$(cp-textify --text --form ptab f.csv)" = "User:u1 Film:Jaws Year:unknown"
	test "$(cp-textify --text --form values --omit-empty f.csv)" = "u1 Jaws"
	test "$(cp-textify --text --form ctrl --item-fields Film,Year f.csv)" = \
		"This is a user, User is u1. This is an item, Film is Jaws, Year is unknown."
	test "$(cp-textify --text --form ctrl --item-fields Year --omit-empty f.csv)" = "This is a user, User is u1, Film is Jaws."
	fails_with 1 cp-textify --text --form ctrl f.csv
	grep "no field names tell where the user.s fields end" fails_with.err
	fails_with 2 cp-textify --text --item-fields Film f.csv
	fails_with 2 cp-textify --text --form p f.csv
	fails_with 1 cp-textify --text --form ctrl --item-fields film f.csv
	for names in "User ID,Age,Movie ID,Title" "user_id,Paid,movie-id,Title" "userId,Grid,filmID,Title" "User-ID,Rapid,ISBN,Book ID"; do
		printf "%s\nu1,a,m1,t\n" "$names" >g.csv
		cp-textify --text --form ctrl g.csv >said
		item=$(echo "$names" | cut -d, -f3)
		grep "a\. This is an item, $item is m1, " said
		cp-textify --text --form ctrl --item-fields "$item,$(echo "$names" | cut -d, -f4)" g.csv | cmp - said
	done
	cp-textify -q --form ctrl g.csv | cp-cat -q --to jsonl | grep -q "\"item_fields\":\[\"ISBN\",\"Book ID\"\]"
'
test_that 'a template with optional parts, from a file too' '
	printf "{Film}{? ({Year})}{? by {User}}. }}{{\n" >t.txt
	printf "u1,Alien,1979\n" >>f.csv
	printf "Jaws by u1. }{\nAlien (1979) by u1. }{\n" >want
	cp-textify --text --template-file t.txt f.csv | diff want -
	cp-textify --text -t "$(cat t.txt)" f.csv | diff want -
	for t in "{? x}" "{?{Film}" "{? {Film}{? {Year}}}" "{Film}}" "{Fi"; do
		fails_with 2 cp-textify --text -t "$t" f.csv
		grep "template: byte [0-9]*, at" fails_with.err
	done
	printf "{Film}\n{Year}\n" >t.txt
	fails_with 1 cp-textify --text --template-file t.txt f.csv
	grep "^cp-textify: t.txt: template: it holds a line end" fails_with.err
'
test_that 'what stays with the columns is UTF-8, and a template tells something' '
	for option in --template --missing --null --fields --item-fields; do
		fails_with 2 cp-textify --text --form ctrl $option "$(printf "T\355tulo")" f.csv
	done
	fails_with 2 cp-textify --text -t "$(printf "T\355tulo {Film}")" f.csv
	grep -e "--template: not UTF-8 text" fails_with.err
	fails_with 2 cp-textify --text -t "" f.csv
	printf "\357\273\277{Film}!\n" >t.txt
	cp-textify --text --template-file t.txt f.csv | head -n 1 | grep -x "Jaws!"
	cp-textify -q --text --form ctrl --item-fields Film,Film f.csv
'

test_that 'fields shuffled by seed and row alone: parts are the whole, another seed is another order' '
	{ echo A,B,C,D; yes 1,2,3,4 | head -n 200; } >s.csv
	cp-textify --text --shuffle-fields --seed 5 s.csv >whole
	{ head -n 101 s.csv | cp-textify --text --shuffle-fields --seed 5
	  { head -n 1 s.csv; tail -n 100 s.csv; } | cp-textify --text --shuffle-fields --seed 5 --first-row 100; } | diff whole -
	cp-textify --text --shuffle-fields --seed 6 s.csv | cmp -s - whole && exit 1
	test "$(sort -u whole | wc -l)" -eq 24
	awk "{ n = split(\$0, w, / is [0-9]\\. ?/); if (n != 5) exit 1 }" whole
'
test_that 'a model scores a CSV of other columns in another order as it scores the stream' '
	awk "BEGIN { srand(3); print \"click,hour,I1,genres,C1\"; for (i = 0; i < 400; i++) { h = int(rand() * 24); x = int(rand() * 100);
		g = (x % 3 ? \"a\" : \"\") (x % 2 ? \"|b\" : \"\"); print (x > 50) + 0 \",141021\" sprintf(\"%02d\", h) \",\" (x % 9 ? x : \"NA\") \",\" g \",c\" x % 7 } }" >m.csv
	cat >m.decl <<-END
		click: label
		hour: time %y%m%d%H
		hod: hour of hour
		I1: buckets 5
		log I1: log of I1
		genres: list as Genre
	END
	cp-featurize --learn --declare m.decl --null NA m.csv >m.learnt
	cp-featurize --declare m.learnt --null NA m.csv >m.cps
	cp-train --stage ctr --model dnn --epochs 1 --no-ledger -q -o m.cpm <m.cps
	cp-predict -q --no-ledger --score-only -m m.cpm m.cps >want
	awk -F, "{ print \$5 \",more,\" \$4 \",\" \$3 \",\" \$2 }" m.csv >other.csv
	cp-predict -q --no-ledger --score-only -m m.cpm --csv other.csv | diff want -
	test "$(sort -u want | wc -l)" -gt 20
'
test_that 'a column whose name has an end of line in it is a field, and cannot be declared' '
	printf "\"label\",\"Us\ner\",b\n1,x,y\n0,u,v\n" >ends.csv
	cp-featurize -q ends.csv -f "b: category null NA" | cp-cat -q --check
	cp-featurize -q ends.csv -f "*: drop" -f "b: category" | cp-cat -q --check
	cp-featurize -q ends.csv --null NA --fields b | cp-cat -q --check
	for how in "--null NA" "-f *:number"; do
		(set -f; fails_with 1 cp-featurize ends.csv $how -o no.cps)
		grep "ends.csv: column 2 has an end of line in its name" fails_with.err
	done
'
test_that 'which of two columns of one name is the label, or the time, nobody can tell' '
	printf "label,label,A\n1,0,x\n" >twice.csv
	fails_with 1 cp-featurize twice.csv
	grep "columns 1 and 2 are both called .label." fails_with.err
	printf "A,timestamp,timestamp\nx,1,2\n" | fails_with 1 cp-featurize --fields A
	grep "columns 2 and 3 are both called .timestamp." fails_with.err
	printf "A,B,B\nx,1,2\n" | cp-featurize -q --fields A >one.cps
'
test_that 'a file that never ends is no declaration, template or strata' '
	for how in "cp-featurize --declare" "cp-textify --template-file" "cp-auc --no-ledger --strata"; do
		printf "1\t0.5\n" >rows.tsv
		fails_with 1 timeout 60 $how /dev/zero rows.tsv
		grep "/dev/zero: .*longer than\|/dev/zero: .*larger than" fails_with.err
	done
'
test_done
