#!/bin/sh
# Ids equal to the reference's: every line of the fixtures, from tokenizer.json and from vocab.txt.
. "$(dirname "$0")/test-lib.sh"
need_shared fixtures/tok plm/all-MiniLM-L6-v2

MINILM=$SHARED/plm/all-MiniLM-L6-v2 TINY=$SHARED/fixtures/plm/tiny-bert TOK=$SHARED/fixtures/tok
export MINILM TINY TOK

vocab_only() {		# vocab_only FOLDER NAME: the folder without its tokenizer.json
	mkdir "$2" && cp "$1/vocab.txt" "$1/tokenizer_config.json" "$1/special_tokens_map.json" "$2"
}
vocab_only "$MINILM" minilm
vocab_only "$TINY" tiny

for name in wordpiece wordpiece_bx wordpiece_differ; do
	export name
	test_that "$name: tokenizer.json" '"$CP_UNITS/tokenizer" "$MINILM" 0 "$TOK/$name.jsonl"'
	test_that "$name: vocab.txt" '"$CP_UNITS/tokenizer" minilm 0 "$TOK/$name.jsonl"'
done
for name in bert_tiny bert_tiny_differ; do
	export name
	test_that "$name: tokenizer.json" '"$CP_UNITS/tokenizer" "$TINY" 1 "$TOK/$name.jsonl"'
	test_that "$name: vocab.txt" '"$CP_UNITS/tokenizer" tiny 1 "$TOK/$name.jsonl"'
done

test_that 'a wrong id is found' '
	sed "1s/\"ids\":\[[0-9]*/\"ids\":[1/" "$TOK/wordpiece.jsonl" >wrong.jsonl &&
	! "$CP_UNITS/tokenizer" "$MINILM" 0 wrong.jsonl
'
test_done
