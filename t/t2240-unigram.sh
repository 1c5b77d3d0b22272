#!/bin/sh
# Unigram: our own small cases, and the reference's fixtures.
. "$(dirname "$0")/test-lib.sh"

test_that 'the unit tests pass' '"$CP_UNITS/unigram"'

FIX=$SHARED/fixtures
export FIX
if ! test -e "$FIX/plm/tiny-t5"; then
	test_skip 'the fixtures' '../shared/fixtures is not here'
	test_done
fi

for name in unigram unigram_differ; do
	export name
	test_that "T5: $name" '"$CP_UNITS/tokenizer" "$FIX/plm/tiny-t5" 0 "$FIX/tok/$name.jsonl"'
done
test_that 'cp-fixture finds the same, and a wrong id' '
	cp-fixture -q "$FIX"/tok/unigram*
	mkdir tok
	ln -s "$FIX/plm" plm
	sed "8s/5,4/5,3/" "$FIX/tok/unigram.jsonl" >tok/unigram.jsonl
	fails_with 1 cp-fixture tok >out && grep "1697 of 1698 lines; the first that differs is line 8" out
'
test_that '</s> stands at the end' 'test "$(echo 61 | "$CP_UNITS/tokenizer" "$FIX/plm/tiny-t5" 1)" = "5 33 1"'
test_that 'damage to the rules is a sentence' '
	mkdir t5
	sed "s/\"precompiled_charsmap\": *\"....../&*/" "$FIX/plm/tiny-t5/tokenizer.json" >t5/tokenizer.json
	echo a | fails_with 1 cp-mask --lines --plm t5 && grep "tokenizer.json: precompiled_charsmap is not base64" fails_with.err
'
test_that 'without a mask token nothing is masked' 'echo a | fails_with 1 cp-mask --lines --plm "$FIX/plm/tiny-t5" && grep "tiny-t5: the tokenizer has no mask token" fails_with.err'
test_done
