#!/bin/sh
# Byte-level BPE: our own small cases, the reference's fixtures, both forms of a folder.
. "$(dirname "$0")/test-lib.sh"

test_that 'the unit tests pass' '"$CP_UNITS/bpe"'

test_that 'a folder with vocab.json and merges.txt' '
	mkdir own
	printf "{\"a\":0,\"b\":1,\"ab\":2,\"<s>\":3,\"</s>\":4,\"<mask>\":5,\"<pad>\":6,\"\304\240\":7}" >own/vocab.json
	printf "#version: 0.2\r\na b\r\n\r\n" >own/merges.txt
	test "$(echo 6162206162 | "$CP_UNITS/tokenizer" own 1)" = "3 2 7 2 4"
	test "$(echo 61203c6d61736b3e62 | "$CP_UNITS/tokenizer" own 0)" = "0 5 1"
	test "$(echo 9c | "$CP_UNITS/tokenizer" own 0)" = ""
	echo "{\"tokenizer_class\":\"GPT2Tokenizer\",\"add_prefix_space\":true}" >own/tokenizer_config.json
	test "$(echo 6162 | "$CP_UNITS/tokenizer" own 1)" = "7 2"
'
test_that 'a spelling of RoBERTa is a special token where the class has it, else the pieces it is made of' '
	mkdir spelled
	printf "{\"<\":0,\"s\":1,\">\":2,\"a\":3,\"<s>\":4,\"</s>\":5,\"<mask>\":6,\"m\":7,\"k\":8}" >spelled/vocab.json
	printf "#version: 0.2\n" >spelled/merges.txt
	for class in "" Roberta Longformer GPT2 PreTrained; do
		rm -f spelled/tokenizer_config.json
		test -z "$class" || echo "{\"tokenizer_class\":\"${class}Tokenizer\"}" >spelled/tokenizer_config.json
		case $class in
		"" | Roberta | Longformer) want="3 4 3 6" ;;
		*) want="3 0 1 2 3 0 7 3 1 8 2" ;;
		esac
		test "$(echo 613c733e613c6d61736b3e | "$CP_UNITS/tokenizer" spelled 0)" = "$want" || { echo "$class"; exit 1; }
	done
	rm -rf spelled
'
test_that 'GPT-2 knows the end of a text, DeBERTa has the special tokens of BERT' '
	mkdir gpt deberta
	printf "a b\n" | tee gpt/merges.txt >deberta/merges.txt
	printf "{\"a\":0,\"b\":1,\"ab\":2,\"<|endoftext|>\":3}" >gpt/vocab.json
	test "$(echo 617c3c7c656e646f66746578747c3e | "$CP_UNITS/tokenizer" gpt 1)" = "0"
	echo "{\"model_type\":\"gpt2\"}" >gpt/config.json
	test "$(echo 617c3c7c656e646f66746578747c3e | "$CP_UNITS/tokenizer" gpt 1)" = "0 3"
	printf "{\"a\":0,\"b\":1,\"ab\":2,\"[CLS]\":3,\"[SEP]\":4,\"[MASK]\":5}" >deberta/vocab.json
	test "$(echo 61205b4d41534b5d62 | "$CP_UNITS/tokenizer" deberta 1)" = "3 0 5 1 4"
'
test_that 'its sentences' '
	mkdir no
	echo "{\"a\":0}" >no/vocab.json
	printf x | fails_with 1 cp-mask --lines --plm no
	grep "vocab.json with merges.txt" fails_with.err
	printf "a b c\n" >no/merges.txt
	printf x | fails_with 1 cp-mask --lines --plm no
	grep "merges.txt: line 1 is not two tokens" fails_with.err
	printf "#version\na \377\n" >no/merges.txt
	printf x | fails_with 1 cp-mask --lines --plm no
	grep "merges.txt: line 2 is not UTF-8" fails_with.err
	printf "a a\n" >no/merges.txt
	printf x | fails_with 1 cp-mask --lines --plm no && grep "vocab.json: merge 1" fails_with.err
'

FIX=$SHARED/fixtures
export FIX
if ! test -e "$FIX/bpe"; then
	test_skip 'the fixtures' '../shared/fixtures is not here'
	test_done
fi

mkdir prefix && cp "$FIX/bpe/vocab.json" "$FIX/bpe/merges.txt" prefix && echo '{"add_prefix_space": true}' >prefix/tokenizer_config.json
mkdir roberta && for leaf in vocab.json merges.txt tokenizer_config.json special_tokens_map.json config.json; do cp "$FIX/plm/tiny-roberta/$leaf" roberta; done
ids() { "$CP_UNITS/tokenizer" "$@" >out || { cat out; false; }; }

test_that 'GPT-2' 'ids "$FIX/bpe" 0 "$FIX/tok/bpe_gpt2.jsonl" && ids "$FIX/bpe" 0 "$FIX/tok/bpe_gpt2_bx.jsonl"'
test_that 'GPT-2 with add_prefix_space' 'ids prefix 0 "$FIX/tok/bpe_gpt2_prefix.jsonl" && ids prefix 0 "$FIX/tok/bpe_gpt2_prefix_differ.jsonl"'
test_that 'RoBERTa: tokenizer.json' 'ids "$FIX/plm/tiny-roberta" 1 "$FIX/tok/roberta_tiny.jsonl"'
test_that 'RoBERTa: vocab.json and merges.txt' 'ids roberta 1 "$FIX/tok/roberta_tiny.jsonl"'
test_that 'cp-fixture finds the same, and a wrong id' '
	cp-fixture -q "$FIX"/tok/bpe* "$FIX"/tok/roberta*
	sed "2s/220/221/" "$FIX/tok/bpe_gpt2_prefix.jsonl" >bpe_gpt2_prefix.jsonl
	mkdir -p sub
	mv bpe_gpt2_prefix.jsonl sub
	ln -s "$FIX/bpe" bpe
	fails_with 1 cp-fixture sub/bpe_gpt2_prefix.jsonl >out && grep "998 of 999 lines; the first that differs is line 2" out
'
test_that 'both forms of a folder are one tokenizer: same stream, same digest' '
	printf "Title is Toy Story.\nGenre is <mask>, it'"'"'s so\n" >lines
	cp-mask -q --lines --plm roberta <lines >a.cps
	cp-mask -q --lines --plm "$FIX/plm/tiny-roberta" <lines >b.cps
	cmp a.cps b.cps
	cp-cat --columns tokens a.cps >tokens
	grep -q 329 tokens
	sed "2s/.*/e r/;4s/.*/i s/" "$FIX/plm/tiny-roberta/merges.txt" >roberta/merges.txt
	cp-mask -q --lines --plm roberta <lines >c.cps && ! cmp -s a.cps c.cps
'
test_done
