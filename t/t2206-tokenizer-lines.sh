#!/bin/sh
# Hard lines and the ids that the reference gives for them, for folders of every kind: t/peer/keep.py wrote them.
. "$(dirname "$0")/test-lib.sh"

for folder in "$TEST_DIR"/tok/*/; do
	folder=${folder%/}
	export folder
	test_that "${folder##*/}: every line" '"$CP_UNITS/tokenizer" "$folder" 1 "$folder/lines.jsonl"'
done
test_that 'a wrong id is found' '
	sed "3s/\"ids\":\[[0-9]*/\"ids\":[1/" "$TEST_DIR/tok/roberta/lines.jsonl" >wrong.jsonl
	! "$CP_UNITS/tokenizer" "$TEST_DIR/tok/roberta" 1 wrong.jsonl
'
test_done
