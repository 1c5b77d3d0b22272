#!/bin/sh
# Numbers as people write them (written SAMPLE): what is taken, what is refused, and that records and model carry the form.
. "$(dirname "$0")/test-lib.sh"

read_as() {		# read_as SAMPLE VALUE: the number, or "refused"
	printf 'p;x\n"%s";a\n' "$2" | cp-featurize -q -d ';' -f "p: number written \"$1\" null -" 2>err | cp-cat -q -c p --to tsv --bare 2>/dev/null | sed 1d |
	grep -a . || { grep -q "is not a number written as" err && echo refused; }
}
is() {			# is SAMPLE VALUE WANTED
	got=$(read_as "$1" "$2")
	test "$got" = "$3" || { echo "'$2' as '$1': '$got', expected '$3'"; return 1; }
}

test_that 'decimal commas, points and spaces of thousands, signs of currency, units' '
	is 1.234,56 17,44 17.44; is 1.234,56 1.046.320,5 1046320.5; is 1.234,56 -3 -3; is 1.234,56 "" nan; is 1.234,56 - nan
	is "\$1,234.56" "\$1,046.32" 1046.32; is "\$1,234.56" "-\$5" -5; is "\$1,234.56" "\$-5.50" -5.5; is "\$1,234.56" 543.9 543.9
	is "1 234,56 €" "12 000,5 €" 12000.5; is "1 234,56 €" 12000,5 12000.5; is "1234 kg" "80 kg" 80; is "EUR 1234" "EUR 80" 80
	is "1’\''234.56" "9’\''999.25" 9999.25
'
test_that 'what is no number of that form' '
	for v in 3.5 1.2345 12.34,5 1.234.5 , 1,2,3 . x 1x --1 "$" 1e3 0x1 nan 1234.567; do
		is 1.234,56 "$v" refused
	done
	is "\$1,234.56" "\$" refused; is "\$1,234.56" "\$1,23" refused; is "\$1,234.56" "1,2345" refused; is 1234 1,5 refused
	is 1.234,56 1000000000000000000000000000000000000000000000000000000000000000000000 refused
'
test_that 'a value in another form is told what to declare' '
	printf "label,p\n1,\"17,44\"\n" | fails_with 1 cp-featurize -q -f "p: log"
	grep "written 1.234,56" fails_with.err
	printf "label,at,x\n1,2024-03-01T00:01:22Z,a\n" | fails_with 1 cp-featurize -q --time at
	grep "declared: time" fails_with.err
	printf "label;p\n1;\"17,44\"\n" | fails_with 1 cp-featurize -q && grep -e "--delimiter .;." fails_with.err
'
test_that 'buckets, labels and weights; learning writes the form down; records and model know it' '
	awk "BEGIN { print \"r;w;p\"; for (i = 0; i < 300; i++) printf \"%d,5;1,5;%d.%03d,25\\n\", i % 7, i % 9 + 1, i }" >s.csv
	cp-featurize -q -d ";" --learn -f "r: label >= 4 written 1234,56" -f "w: weight written 1234,56" -f "p: buckets 4 written 1.234,56" s.csv >d
	grep "^p: buckets at .* written 1.234,56" d
	cp-featurize -q -d ";" --declare d s.csv >s.cps
	cp-cat --show s.cps | grep "written 1.234,56"
	test "$(cp-cat -q --to tsv --bare -c weight s.cps | tail -n 1)" = 1.5
	test "$(cp-cat -q --count --where label=1 s.cps)" = 128
	cp-train -q --stage ctr --epochs 1 --threads 1 --train s.cps -o m.cpm && cp-predict -q -m m.cpm --score-only s.cps >a &&
	cp-predict -q -m m.cpm --score-only --csv -d ";" s.csv >b && cmp a b
'
test_done
