#!/bin/sh
# cp-cat: text and back to the same bytes, choosing, joining, and constant memory.
. "$(dirname "$0")/test-lib.sh"

"$CP_UNITS/stream" one.cps || skip_all "no sample stream: make units"
cat one.cps one.cps >two.cps
cp-cat -q --compress none --block-rows 7 one.cps >raw.cps

# A header with names that need care: a tab, a newline, a colon, a number sign, a name twice, a storage of no known type.
cat >odd.jsonl <<'END'
{"#cps":{"format":"cps","columns":[{"name":"a\tb\nc","type":"text","storage":"bytes","chain":[]},{"name":"#x","type":"key","storage":"u64","chain":[]},{"name":"age","type":"number","storage":"f64","chain":[]},{"name":"age","type":"key","storage":"u64","chain":[]},{"name":"v","type":"vector","storage":"[f32]","chain":[],"of":{"deep":[1,2.5]}},{"name":"n","type":"count","storage":"u64","chain":[]},{"name":"i","type":"signed","storage":"[i64]","chain":[]}],"steps":[],"note":"kept"}}
{"a\tb\nc":"#\u0000\r\n\t\\ \"é\"","key:#x":"00000000000000ff","number:age":-0.0,"key:age":"ffffffffffffffff","v":[1.5,null,"inf",-0.0,1e-45],"n":"18446744073709551615","i":["-9223372036854775808",-1]}
{"a\tb\nc":{"hex":"ff00"},"key:#x":"0000000000000000","number:age":"-inf","key:age":"0123456789abcdef","v":[],"n":9007199254740993,"i":[]}
{"a\tb\nc":"","key:#x":"0000000000000000","number:age":5e-324,"key:age":"0123456789abcdef","v":[3.4028234663852886e38],"n":0,"i":[9223372036854775807]}
END

round_trip() {		# round_trip FILE: through both text forms
	for form in tsv jsonl; do
		cp-cat -q --to $form "$1" >text.$form &&
		cp-cat -q --from $form text.$form >back.cps &&
		cmp "$1" back.cps || return 1
	done
}

digests() {		# digests FILE: NAME DIGEST a column
	cp-cat -q --show "$1" | awk '/^column / { on = 1; next } on && NF == 0 { exit } on { print $1, $NF }'
}

test_that 'records to text and back are the same bytes' '
	round_trip one.cps && round_trip raw.cps && round_trip two.cps
'
test_that 'so are odd names, unknown types and extreme values' '
	cp-cat -q --from jsonl --edited odd.jsonl >odd.cps &&
	cp-cat -q --check odd.cps && round_trip odd.cps &&
	cp-cat -q --to jsonl odd.cps | grep -v "^{.#" >rows.out &&
	grep -q "\"number:age\":-0.0,\"key:age\":\"ffffffffffffffff\",\"v\":\[1.5,null,\"inf\",-0.0," rows.out &&
	grep -q "\"n\":\"18446744073709551615\",\"i\":\[\"-9223372036854775808\",-1\]" rows.out &&
	cp-cat -q --to jsonl odd.cps | head -n 1 | grep -q "\"of\":{\"deep\":\[1,2.5\]}.*\"note\":\"kept\""
'
test_that 'a mark stands alone in its object' '
	cp-cat -q --to jsonl one.cps >one.jsonl
	for more in "\"junk\":1" "\"label\":2"; do
		sed "1s/}$/,$more}/" one.jsonl | fails_with 1 cp-cat -q --from jsonl
		sed "1s/^{/{$more,/" one.jsonl | fails_with 1 cp-cat -q --from jsonl
		sed "\$s/}$/,$more}/" one.jsonl | fails_with 1 cp-cat -q --from jsonl
	done
'
test_that 'a value that cannot be is shown as it stands in the JSON' '
	printf "label,timestamp,u\n1,5,x\n" | cp-featurize -q | cp-cat -q --to jsonl >t.jsonl
	while read -r is shown; do
		sed "s/\"timestamp\":5/\"timestamp\":$is/" t.jsonl | fails_with 1 cp-cat -q --from jsonl --edited >t.out
		grep -F "column '\''timestamp'\'' (time): '\''$shown'\'' is not a value of i64" fails_with.err
	done <<-END
	5.5 5.5
	0.1 0.1
	true true
	[1,2] [1,2]
	"soon" soon
	END
'
test_that 'a stream without rows comes back too' '
	cp-cat -q --head 0 one.cps >none.cps &&
	test "$(cp-cat -q --count none.cps)" = 0 && round_trip none.cps
'
test_that 'text that lost, gained or changed a line is refused, and taken with --edited' '
	cp-cat -q --to tsv raw.cps >t.tsv &&
	n=$(wc -l <t.tsv) &&
	i=1 &&
	while test $i -le "$n"; do
		sed "${i}d" t.tsv >cut.tsv &&
		fails_with 1 cp-cat -q --from tsv cut.tsv >/dev/null || return 1
		i=$((i + 1))
	done &&
	sed "5s/^[01]/7/" t.tsv >changed.tsv && ! cmp t.tsv changed.tsv &&
	fails_with 1 cp-cat -q --from tsv changed.tsv >/dev/null && grep -q "column .label.: the digest" fails_with.err &&
	cp-cat -q --from tsv --edited changed.tsv | cp-cat -q --to tsv --bare --columns label | grep -q 7 &&
	sed "5d;/^#block/d;/^#end/d" t.tsv | cp-cat -q --from tsv --edited | cp-cat -q --count >count &&
	test "$(cat count)" = 39
'
test_that 'text that is wrong is refused with its line' '
	for line in "0	1	2" "x																		" ; do
		{ head -n 3 text.tsv; echo "$line"; } | fails_with 1 cp-cat -q --from tsv >/dev/null &&
		grep -q "standard input: line 4: " fails_with.err || return 1
	done &&
	for line in "{" "[1]" "{\"label\":\"x\"}" "{\"#what\":{}}"; do
		{ head -n 2 text.jsonl; echo "$line"; } | fails_with 1 cp-cat -q --from jsonl >/dev/null &&
		grep -q "standard input: line 3: " fails_with.err || return 1
	done &&
	fails_with 1 cp-cat -q --from tsv </dev/null
'
test_that '--bare is a plain table' '
	cp-cat -q --to tsv --bare --columns row,label two.cps >bare &&
	test "$(wc -l <bare)" = 81 && test "$(head -n 1 bare)" = "row	label" && ! grep "#" bare
'
test_that 'head, tail and rows count over all segments' '
	cp-cat -q --rows 38:43 two.cps | cp-cat -q --to tsv --bare --columns row | tr "\n" " " >a &&
	test "$(cat a)" = "row 38 39 0 1 2 " &&
	cp-cat -q --tail 42 two.cps | cp-cat -q --head 3 | cp-cat -q --to tsv --bare -c row | tr "\n" " " >a &&
	test "$(cat a)" = "row 38 39 0 " &&
	cat two.cps | cp-cat -q --tail 1 | cp-cat -q --to tsv --bare -c row | tr "\n" " " >a &&
	test "$(cat a)" = "row 39 " &&
	test "$(cp-cat -q --rows 70: two.cps | cp-cat -q --count)" = 10 &&
	test "$(cp-cat -q --head 100 two.cps | cp-cat -q --count)" = 80
'
test_that 'choosing rows is told by the provenance' '
	cp-cat -q --head 3 one.cps | cp-cat -q --show | grep -q "cp-cat .* head=\"3\""
'
test_that 'sources stay with the rows, however they are chosen or cut' '
	for how in "--tail 3" "--rows 5:" "--sample 0.5" "--block-rows 9" "--compress none" "--columns label" "--join"; do
		cp-cat -q $how one.cps | cp-cat -q --show | grep -q "^source 0123456789abcdef0123456789abcdef, 1040 bytes" || { echo "$how"; return 1; }
	done
'
test_that 'a sample depends on the seed and the row only' '
	cp-cat -q --sample 0.3 --seed 5 one.cps | cp-cat -q --to tsv --bare -c row >a &&
	cp-cat -q --block-rows 3 one.cps | cp-cat -q --sample 0.3 --seed 5 | cp-cat -q --to tsv --bare -c row >b &&
	cp-cat -q --sample 0.3 --seed 6 one.cps | cp-cat -q --to tsv --bare -c row >c &&
	cmp a b && ! cmp -s a c && test "$(wc -l <a)" -gt 5 && test "$(wc -l <a)" -lt 25
'
test_that 'columns are chosen, ordered and dropped, and keep digests and provenance' '
	cp-cat -q --columns tokens,label one.cps >chosen.cps &&
	digests chosen.cps >a && digests one.cps | grep -E "^(tokens|label) " | sort -r >b && cmp a b &&
	cp-cat -q --drop tokens,mask one.cps | cp-cat -q --show >shown && ! grep -qE "^(tokens|mask) " shown && grep -q "^User ID" shown &&
	fails_with 1 cp-cat -q --columns nothing one.cps && grep -q "there is no column .nothing.; there are: label, " fails_with.err &&
	fails_with 1 cp-cat -q --columns label,label one.cps
'
test_that 'digests survive blocks, compression, columns, segments and joining' '
	cp-cat -q --join two.cps | cp-cat -q --compress none --block-rows 9 >all.cps &&
	digests two.cps >a && digests all.cps >b && cmp a b &&
	digests raw.cps >a && digests one.cps >b && cmp a b
'
test_that 'joining is what cat does, and copying passes the bytes on' '
	cp-cat -q one.cps one.cps | cmp - two.cps &&
	cp-cat -q - <two.cps | cmp - two.cps &&
	cp-cat -q --join two.cps >joined.cps &&
	cp-cat -q --show joined.cps | head -n 1 | grep -q "^80 rows, 6 blocks, 1 segments" &&
	cp-cat -q --check two.cps | grep -q "two.cps: whole: 80 rows, 6 blocks, 2 segments"
'
test_that 'streams of other columns do not join' '
	cat one.cps chosen.cps >bad.cps &&
	for how in --check --count --join; do fails_with 1 cp-cat -q $how bad.cps >/dev/null || return 1; done &&
	fails_with 1 cp-cat -q one.cps chosen.cps >/dev/null && grep -q "chosen.cps: segment 2 does not fit the first" fails_with.err
'
test_that 'segments of other provenance join, and the trailer keeps it' '
	cp-cat -q --head 20 one.cps >a.cps && cp-cat -q --tail 20 one.cps >b.cps &&
	cat a.cps b.cps | cp-cat -q --join >ab.cps && digests ab.cps >a && digests one.cps >b && cmp a b &&
	cp-cat -q --to jsonl ab.cps | tail -n 1 | grep -q "\"joined\":.*tail" && round_trip ab.cps &&
	cp-cat -q --join ab.cps ab.cps | cp-cat -q --show | grep -q "of 1 other origins"
'
test_that '--expect-rows withholds the trailer' '
	cp-cat -q --expect-rows 80 two.cps | cmp - two.cps &&
	fails_with 1 cp-cat -q --expect-rows 81 two.cps >short.cps && grep -q "two.cps: 80 rows, expected 81" fails_with.err &&
	fails_with 1 cp-cat -q --check short.cps &&
	fails_with 1 cp-cat -q --count --expect-rows 40 two.cps && fails_with 1 cp-cat -q --head 3 --expect-rows 40 two.cps >/dev/null
'
test_that '--expect-rows is of the whole input, whatever is asked or made of it; of what does not fit, no answer is printed' '
	for how in --show --check --count "--count --head 3" "--count --tail 3" "--histogram label" "--histogram label --rows 3:" "--sort row" "--sample-rows 9" --join; do
		cp-cat -q $how --expect-rows 80 two.cps >/dev/null || return 1
		for n in 0 40 79 81; do
			fails_with 1 cp-cat -q $how --expect-rows $n -o none two.cps && grep -q "two.cps: 80 rows, expected $n" fails_with.err || return 1
		done
	done &&
	for how in --show --check --count "--count --head 3" "--histogram label"; do
		test -z "$(cp-cat -q $how --expect-rows 81 two.cps 2>/dev/null)" || return 1
	done && test ! -e none
'
test_that 'options that do not go together are refused' '
	for args in "--show --check" "--head 1 --tail 1" "--columns a --drop b" "--seed 3" "--check --head 1" "--histogram x --columns y" "--from tsv --head 1" "--edited" \
		"--bare" "--to tsv --join" "--from tsv --compress none" "--rows 3" "--rows a:b"; do
		fails_with 2 cp-cat $args one.cps || return 1
	done
'
test_that 'the file has its name only when it is whole' '
	head -c 3000 one.cps >cut.cps && echo before >out.cps &&
	fails_with 1 cp-cat -q -o out.cps cut.cps && test "$(cat out.cps)" = before && test "$(ls out.cps*)" = out.cps &&
	cp-cat -q -o out.cps one.cps && cmp out.cps one.cps
'
test_that 'a file that is replaced keeps its permissions' '
	echo old >kept && chmod 640 kept && (umask 077 && cp-cat -q -o kept --to tsv --bare one.cps) &&
	cp-cat -q --to tsv --bare one.cps | cmp kept - && ls -l kept | grep "^-rw-r-----"
'
test_that 'a link that lies where the new file is made, before it has its name, is not written through' '
	echo mine >victim
	sh -c "ln -s victim out.cps.tmp.\$\$; exec cp-cat -q -o out.cps one.cps"
	grep -x mine victim
	test ! -L out.cps
	cmp out.cps one.cps
'
test_that 'of a symbolic link the file that it leads to is replaced or made, and the link stays' '
	mkdir far far/there && echo before >far/there/old.cps && ln -s there/old.cps far/link && ln -s far/link link && ln -s far/there/new.cps dangling &&
	cp-cat -q -o link one.cps && cmp far/there/old.cps one.cps && test -L link && test -L far/link &&
	fails_with 1 cp-cat -q -o link cut.cps && cmp far/there/old.cps one.cps &&
	cp-cat -q -o dangling one.cps && cmp far/there/new.cps one.cps && test -L dangling &&
	cp-cat -q -o "$PWD/link" two.cps && cmp far/there/old.cps two.cps &&
	test "$(ls far far/there | tr "\n" " ")" = "far: link there  far/there: new.cps old.cps " &&
	ln -s circle circle && fails_with 1 cp-cat -q -o circle one.cps && grep "^cp-cat: circle: open for writing: Too many levels" fails_with.err && test -L circle &&
	ln -s no/where lost && fails_with 1 cp-cat -q -o lost one.cps && grep "^cp-cat: lost: open for writing: No such file" fails_with.err
'
cp-cat -q --to tsv --bare one.cps >plain.tsv
test_that 'what is open is written where it is open, as /dev/stdout leads to' '
	for name in /proc/self/fd/1 /dev/fd/1; do
		ln -sf $name out.link
		for out in $name out.link; do
			echo before >joined && cp-cat -q -o $out --to tsv --bare one.cps >>joined &&
			cp-cat -q -o $out --to tsv --bare one.cps | cmp - plain.tsv || return 1
			{ echo before; cat plain.tsv; } | cmp - joined || return 1
		done
	done
'
test_that 'what is read twice may be several pipes, standard input among them' '
	cp-cat -q --tail 3 --to tsv one.cps two.cps >want
	mkfifo first second
	cat one.cps >first & cat two.cps >second &
	timeout 60 cp-cat -q --tail 3 --to tsv first second | cmp - want
	rm first second
	cat one.cps | cp-cat -q --tail 3 --to tsv - two.cps | cmp - want
	cp-cat -q --tail 3 --to tsv - two.cps <one.cps | cmp - want
	cp-cat -q --tail 3 --to tsv one.cps - <two.cps | cmp - want
'
test_that 'a row comes out when its block is in' '
	mkfifo in out
	cp-cat -q --head 2 one.cps >two-rows.cps
	n=$(LC_ALL=C grep -abo "cps.TAIL" two-rows.cps | cut -d: -f1)
	{ head -c "$n" two-rows.cps; exec sleep 20; } >in & feeder=$!
	cp-cat -q <in | cp-cat -q --to tsv --bare -c row >out & reader=$!
	timeout 10 head -n 3 <out >rows.out; status=$?
	kill $feeder $reader 2>/dev/null || true
	test $status -eq 0 && test "$(tail -n 1 rows.out)" = 1
'

# A long stream of one segment, and one six times as long: 20,000 and 120,000 rows.
long() {
	i=0
	while test $i -lt "$1"; do cat ten.cps; i=$((i + 1)); done | cp-cat -q --join --block-rows 4096
}
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do cat two.cps; done | cp-cat -q --join --block-rows 2000 >ten.cps
long 10 >short.cps
long 60 >long.cps

peak() {		# peak COMMAND...: its peak memory in MB, by its last line
	"$@" 2>&1 >/dev/null | sed -n 's/.* \([0-9.]*\) MB peak.*/\1/p'
}
same_peak() {		# within 3 MB
	a=$(peak "$@" short.cps) && b=$(peak "$@" long.cps) && echo "$* $a $b" &&
	awk -v a="$a" -v b="$b" 'BEGIN { exit !(a > 0 && b > 0 && b < a + 3 && b < 60) }'
}
case $CP_BIN in *address*) sanitized=yes ;; *) sanitized= ;; esac
if test -n "$sanitized"; then
	test_skip 'memory does not grow with the stream' 'the sanitizer keeps freed memory'
else
	test_that 'memory does not grow with the stream' '
		same_peak cp-cat && same_peak cp-cat --check && same_peak cp-cat --to tsv && same_peak cp-cat --block-rows 1000 &&
		same_peak cp-cat --tail 10 && same_peak cp-cat --columns text && same_peak cp-split --by hash -o part
	'
fi
test_done
