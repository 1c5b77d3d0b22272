#!/bin/sh
# cp-mask and lib/text/mask: shares, determinism, parts that make a whole, what the header says, and its sentences.
. "$(dirname "$0")/test-lib.sh"

awk 'BEGIN {
	print "label,Title,Genre"
	for (i = 0; i < 9000; i++)
		printf "%d,\"Film %d of the Night, Part %d\",%s\n", i % 2, i, i % 29, i % 3 ? "Drama" : "Comedy"
}' >rows.csv
head -n 4001 rows.csv >a.csv
{ head -n 1 rows.csv; tail -n +4002 rows.csv; } >b.csv
cp-textify -q rows.csv >text.cps

test_that 'the unit tests pass' '"$CP_UNITS/mask"'

test_that 'the same seed, the same bytes; another seed, other masks and the same tokens' '
	cp-mask -q text.cps >one.cps
	cp-mask -q <text.cps >two.cps
	cmp one.cps two.cps
	cp-mask -q --seed 2 -o other.cps text.cps
	! cmp -s one.cps other.cps || exit 1
	cp-cat -q --drop mask --to tsv --bare one.cps >a.tsv
	cp-cat -q --drop mask --to tsv --bare other.cps >b.tsv
	cmp a.tsv b.tsv
	cp-cat -q -c mask --to tsv --bare one.cps >a.tsv && cp-cat -q -c mask --to tsv --bare other.cps >b.tsv && ! cmp -s a.tsv b.tsv
'
test_that 'parts masked apart and joined are the whole' '
	cp-mask -q text.cps | cp-cat -q --to tsv --bare >whole
	{ cp-textify -q a.csv | cp-mask -q; cp-textify -q --first-row 4000 b.csv | cp-mask -q; } | cp-cat -q --to tsv --bare >parts
	cmp whole parts
	cat text.cps text.cps | cp-mask -q | cp-cat -q --count >n && test "$(cat n)" = 18000
'
test_that 'blocks cut otherwise give the same masks' '
	cp-cat -q --block-rows 7 text.cps | cp-mask -q | cp-cat -q --to tsv --bare >small
	cp-mask -q text.cps | cp-cat -q --to tsv --bare >usual
	cmp small usual
'
test_that 'other columns are passed on as they are' '
	cp-mask -q text.cps | cp-cat -q --drop tokens,mask --to tsv --bare >after
	cp-cat -q --to tsv --bare text.cps >before
	cmp before after
'
test_that 'the header carries what training needs, and no path' '
	cp-mask -q --plm "$CP_SHARE/plm" --rate 0.2 --seed 7 --static text.cps >m.cps
	head -c 4000 m.cps | tr -d "\n" >head
	grep -a "\"vocab_size\":7000,\"cls\":2,\"sep\":3,\"pad\":0,\"mask\":4,\"unk\":1,\"tokenizer\":\"[0-9a-f]\{32\}\",\"max_length\":504" head
	grep -a "\"seed\":7,\"rate\":0.2,\"epoch\":0,\"share_mask\":0.8,\"share_random\":0.1,\"static\":true" head
	! grep -aF "$CP_SHARE" head || exit 1
	cp -r "$CP_SHARE/plm" elsewhere && cp-mask -q --plm elsewhere --rate 0.2 --seed 7 --static text.cps | cmp - m.cps
'
test_that 'tokens of another length depend on no mask option in their provenance' '
	cp-mask -q --seed 1 text.cps | cp-cat -q -c tokens >a.cps && cp-mask -q --seed 2 --rate 0.5 text.cps | cp-cat -q -c tokens >b.cps && cmp a.cps b.cps
'
test_that '--max-length cuts, the last sep is kept' '
	cp-mask -q --max-length 6 text.cps | cp-cat -q -c tokens --to jsonl --bare >t
	test "$(wc -l <t)" -eq 9000
	! grep -vE "\[2(,[0-9]+){4},3\]" t || exit 1
	fails_with 2 cp-mask --max-length 2 text.cps >no && grep "max-length" fails_with.err
'
test_that 'the default length is the positions less 8' '
	cp-vocab -q --lines --positions 40 -o short "$CP_SHARE/plm/vocab.txt"
	length() { sed -i "s/\"max_position_embeddings\": .*,/\"max_position_embeddings\": $1,/" short/config.json; cp-mask -q --plm short text.cps >length.cps; }
	length 40
	head -c 3000 length.cps | grep -a "\"max_length\":32"
	length 17
	head -c 3000 length.cps | grep -a "\"max_length\":9"
	length 16
	head -c 3000 length.cps | grep -a "\"max_length\":16"
	length null
	head -c 3000 length.cps | grep -a "\"max_length\":504"
	for wrong in -12 0 1.5 "\"512\"" 1e30 99999999999999999999 true; do
		fails_with 1 length "$wrong"
		grep "^cp-mask: short/config.json: \"max_position_embeddings\" is .*; expected a whole number from 1 to " fails_with.err
	done
'
test_that '--lines: row, text, tokens and mask; parts by --first-row' '
	printf "Title is Toy Story.\r\n\nbad \377 end" >lines
	cp-mask -q --lines lines >l.cps
	test "$(cp-cat -q -c row,text --to tsv --bare l.cps | cut -f 1 | tail -n 3 | tr "\n" " ")" = "0 1 2 "
	cp-cat -q -c text --to jsonl --bare l.cps | grep "Title is Toy Story.\"" 
	cp-cat -q -c text --to jsonl --bare l.cps | grep "bad . end"
	{ head -n 2 lines | cp-mask -q --lines; tail -n +3 lines | cp-mask -q --lines --first-row 2; } | cp-cat -q --to tsv --bare >parts
	cp-cat -q --to tsv --bare l.cps | cmp - parts
'
test_that 'a line as long as it likes, in a row of its own' '
	{ head -c 300000 /dev/zero | tr "\0" a; echo; head -c 300000 /dev/zero | tr "\0" " "; echo; awk "BEGIN { for (i = 0; i < 50000; i++) printf \"a \" }"; echo; } >long
	cp-mask -q --lines long >l.cps
	cp-cat -q -c tokens --to jsonl --bare l.cps | head -n 2 | grep -c "\[2,\(1,\)\?3\]" | grep -x 2
'
test_that 'its sentences' '
	cp-featurize -q rows.csv >keys.cps
	fails_with 1 cp-mask keys.cps
	grep "no column .text" fails_with.err
	grep cp-textify fails_with.err
	cp-mask -q text.cps >m.cps
	fails_with 1 cp-mask m.cps
	grep "already" fails_with.err
	fails_with 2 cp-mask --share-mask 0.8 --share-random 0.3 text.cps
	grep "more than 1" fails_with.err
	fails_with 2 cp-mask --first-row 3 text.cps
	grep -e "--lines" fails_with.err
	fails_with 2 cp-mask --rate 1.5 text.cps
	fails_with 1 cp-mask --lines </dev/null
	grep "empty" fails_with.err
	{ echo a; head -c 16777216 /dev/zero | tr "\0" b; echo; } >long
	fails_with 1 cp-mask --lines -o x.cps long
	grep "long: line 2 is longer than 16777216 bytes" fails_with.err
	test ! -e x.cps
	fails_with 1 cp-mask --lines no-such-file
	grep "no-such-file: open: No such file" fails_with.err
	fails_with 1 cp-mask --lines .
	grep "directory" fails_with.err
	CP_SHARE=/nowhere fails_with 1 cp-mask text.cps
	test ! -e x.cps && fails_with 1 cp-mask -o x.cps keys.cps && test ! -e x.cps
'
test_done
