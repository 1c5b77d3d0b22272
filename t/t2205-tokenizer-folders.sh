#!/bin/sh
# Model folders as they come: which file counts, added tokens, and a sentence for each that cannot be read.
. "$(dirname "$0")/test-lib.sh"

ids() { echo "$2" | od -An -v -tx1 | tr -d ' \n' | sed 's/0a$//' | { cat; echo; } | "$CP_UNITS/tokenizer" "$1" "${3:-0}"; }
refused() { printf x | fails_with 1 cp-mask --lines --plm "$1" >/dev/null; shift; for word; do grep -F -e "$word" fails_with.err; done; }
printf '[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\nb\n##a\n##b\n.\nA\n' >vocab
folder() { rm -rf "$1"; mkdir "$1"; cp vocab "$1/vocab.txt"; }
json() {		# json VOCAB [MEMBERS]: a small tokenizer.json
	printf '{"model":{"type":"WordPiece","vocab":%s},"normalizer":{"type":"BertNormalizer"},"pre_tokenizer":{"type":"BertPreTokenizer"}%s}\n' "$1" "${2-}"
}

test_that 'the unit tests pass' '"$CP_UNITS/tokfolder"'

test_that 'vocab.txt alone is lower case, with [CLS] and [SEP]' '
	folder d && test "$(ids d "ab A.")" = "5 8 5 9" && test "$(ids d "ab" 1)" = "2 5 8 3"
'
test_that 'line ends of Windows, a last line without end, a token twice' '
	folder d
	printf "[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n[MASK]\r\na\r\nb\r\na" >d/vocab.txt
	test "$(ids d "a b c")" = "7 6 1"
'
test_that 'tokenizer_config.json has the last word on case' '
	folder d
	echo "{\"do_lower_case\": false}" >d/tokenizer_config.json
	test "$(ids d "A a")" = "10 5"
	json "{\"[UNK]\":0,\"a\":1,\"A\":2}" >d/tokenizer.json
	test "$(ids d "A a")" = "2 1"
	rm d/tokenizer_config.json && test "$(ids d "A a")" = "1 1"
'
test_that 'no limit, as transformers writes it, is past what 64 bits hold' '
	folder d
	echo "{\"name\": \"a \\\" 1234567890123456789012\", \"model_max_length\": 1000000000000000019884624838656, \"do_lower_case\": false}" >d/tokenizer_config.json
	test "$(ids d "A a")" = "10 5"
	echo "{\"model_max_length\": 1000000000000000019884624838656," >d/tokenizer_config.json
	refused d "d/tokenizer_config.json: line 2"
'
test_that 'special_tokens_map.json names the special tokens' '
	folder d
	printf "<u>\n<c>\n<s>\n<m>\n<p>\na\n" >d/vocab.txt
	echo "{\"unk_token\":\"<u>\",\"cls_token\":\"<c>\",\"sep_token\":{\"content\":\"<s>\"},\"mask_token\":\"<m>\",\"pad_token\":\"<p>\"}" >d/special_tokens_map.json
	test "$(ids d "a<m> q" 1)" = "1 5 3 0 2"
	echo a | cp-mask -q --lines --plm d | head -c 1500 | grep -a "\"cls\":1,\"sep\":2,\"pad\":4,\"mask\":3,\"unk\":0"
'
test_that 'added tokens: white space to the left, single words, normalized ones' '
	json "{\"[UNK]\":0,\"a\":1,\"b\":2}" ",\"added_tokens\":[{\"id\":3,\"content\":\"<m>\",\"lstrip\":true},{\"id\":4,\"content\":\"xy\",\"single_word\":true},
		{\"id\":5,\"content\":\"<M>\",\"normalized\":true},{\"id\":6,\"content\":\"<m><m>\"}]" >t.json
	folder d
	mv t.json d/tokenizer.json
	test "$(ids d "a  <m>b")" = "1 3 2"
	test "$(ids d "xy axy xya b")" = "4 0 0 2"
	test "$(ids d "a<M>b")" = "1 5 2"
	test "$(ids d "<m><m><m>")" = "6 3"
'
test_that 'line ends of one carriage return; byte order marks' '
	folder d
	tr "\n" "\r" <vocab >d/vocab.txt
	test "$(ids d "ab A." 1)" = "2 5 8 5 9 3"
	{ printf "\357\273\277"; cat vocab; } >d/vocab.txt
	{ printf "\357\273\277"; echo "{\"do_lower_case\": false}"; } >d/tokenizer_config.json
	test "$(ids d "A[PAD]a")" = "10 0 5"
'
test_that 'an added token that is the vocabulary'\''s own is looked for only if it is special' '
	json "{\"[UNK]\":0,\"a\":1,\"b\":2,\"##b\":3}" ",\"added_tokens\":[{\"id\":1,\"content\":\"a\"},{\"id\":2,\"content\":\"b\",\"special\":true}]" >t.json
	folder d
	mv t.json d/tokenizer.json
	test "$(ids d "ab a b ba")" = "1 2 1 2 2 1"
	sed -i "s/,{[^}]*}//" d/tokenizer.json && test "$(ids d "ab")" = "1 3"
'
test_that 'added_tokens.json: beside either form; special ones are found as they are spelled, others in lower case' '
	folder d
	echo "{\"New\":11,\"<X>\":12}" >d/added_tokens.json
	echo "{\"additional_special_tokens\":[\"<X>\"]}" >d/special_tokens_map.json
	test "$(ids d "aNEWb <X> <x>")" = "5 11 6 12 1 1 1"
	mv d/special_tokens_map.json d/tokenizer_config.json
	test "$(ids d "aNEWb <X> <x>")" = "5 11 6 12 1 1 1"
	json "{\"[UNK]\":0,\"a\":1,\"b\":2}" >d/tokenizer.json
	test "$(ids d "aNEWb <X>")" = "1 11 2 12"
	json "{\"[UNK]\":0,\"a\":1,\"b\":2}" ",\"added_tokens\":[{\"id\":7,\"content\":\"New\",\"normalized\":true}]" >d/tokenizer.json
	refused d "d/tokenizer.json" "two ids, 7 and 11"
'
test_that 'classes that describe their special tokens: the mask takes white space before it, in any case of letters' '
	folder d
	sed "s/\[MASK\]/<mask>/" vocab >d/vocab.txt
	test "$(ids d "a <MASK>b <mask>")" = "5 1 1 1 6 4"
	echo "{\"model_type\":\"mpnet\"}" >d/config.json
	test "$(ids d "a <MASK>b <mask>")" = "5 4 6 4"
	echo "{\"mask_token\":{\"content\":\"<mask>\",\"rstrip\":true}}" >d/special_tokens_map.json
	test "$(ids d "a <MASK>b <mask>")" = "5 1 1 1 6 4"
'
test_that 'truncation and padding blocks are not looked at' '
	json "{\"[UNK]\":0,\"a\":1}" ",\"truncation\":{\"max_length\":2},\"padding\":{\"strategy\":{\"Fixed\":9},\"pad_id\":0}" >t.json
	folder d && mv t.json d/tokenizer.json && test "$(ids d "a a a a")" = "1 1 1 1"
'
test_that 'both forms of post_processor' '
	folder d
	json "{\"[UNK]\":0,\"a\":1,\"c\":2,\"s\":3}" ",\"post_processor\":{\"type\":\"BertProcessing\",\"sep\":[\"s\",3],\"cls\":[\"c\",2]}" >d/tokenizer.json
	test "$(ids d a 1)" = "2 1 3"
	json "{\"[UNK]\":0,\"a\":1,\"c\":2,\"s\":3}" ",\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"Sequence\":{\"id\":\"A\"}},
		{\"SpecialToken\":{\"id\":\"s\"}}],\"special_tokens\":{\"s\":{\"ids\":[3,2]}}}" >d/tokenizer.json
	test "$(ids d a 1)" = "1 3 2"
	json "{\"[UNK]\":0,\"a\":1}" >d/tokenizer.json && test "$(ids d a 1)" = "1"
'

test_that 'no folder, a file, an empty folder' '
	refused no-such-folder "no-such-folder: no such folder; a model of the Hugging Face hub is fetched first"
	refused vocab "vocab: not a folder"
	mkdir empty && refused empty "empty: no tokenizer" "tokenizer.json" "vocab.txt"
'
test_that 'tokenizers of other kinds are named' '
	mkdir bpe
	echo "{\"model_type\":\"gpt2\"}" >bpe/config.json
	echo >bpe/merges.txt
	refused bpe "byte-level BPE" gpt2 WordPiece
	mkdir sp
	echo >sp/tokenizer.model
	refused sp SentencePiece
	folder d && echo "{\"model\":{\"type\":\"WordLevel\",\"vocab\":[]}}" >d/tokenizer.json && refused d "d/tokenizer.json" "model type is WordLevel"
'
test_that 'a broken tokenizer.json' '
	folder d
	for text in "" "{" "[]" "{}" "{\"model\":3}" "{\"model\":{}}" "{\"model\":{\"type\":\"WordPiece\"}}" "$(json "[1]")" "$(json "{\"[UNK]\":0,\"a\":-1}")" \
		"$(json "{\"[UNK]\":0,\"a\":0}")" "$(json "{\"[UNK]\":0,\"a\":\"1\"}")" "$(json "{\"[UNK]\":0,\"a\":4294967296}")" "$(json "{\"[UNK]\":0,\"a\":99999999}")" \
		"$(json "{\"a\":1}")" "$(json "{\"[UNK]\":0}" ",\"post_processor\":{\"type\":\"Foo\"}")" "$(json "{\"[UNK]\":0}" ",\"post_processor\":{\"type\":\"TemplateProcessing\"}")" \
		"$(json "{\"[UNK]\":0}" ",\"post_processor\":{\"type\":\"BertProcessing\",\"cls\":[\"x\",7]}")" "$(json "{\"[UNK]\":0}" ",\"added_tokens\":[{}]")" \
		"$(json "{\"[UNK]\":0}" ",\"added_tokens\":[{\"id\":0,\"content\":\"x\"}]")" "$(json "{\"[UNK]\":0}" ",\"added_tokens\":3")" \
		"{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":0}},\"pre_tokenizer\":{\"type\":\"Whitespace\"}}" \
		"{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"[UNK]\":0}},\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"normalizer\":{\"type\":\"NFC\"}}"
	do
		echo "$text" >d/tokenizer.json
		refused d "d/tokenizer.json"
	done
'
test_that 'files that Git LFS has not fetched' '
	folder d
	printf "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n" >pointer
	cp pointer d/vocab.txt
	refused d "d/vocab.txt: a pointer of Git LFS" "git lfs pull"
	cp pointer d/tokenizer.json
	refused d "d/tokenizer.json: a pointer of Git LFS"
'
test_that 'broken files beside it' '
	folder d
	echo "{" >d/tokenizer_config.json
	refused d "d/tokenizer_config.json" "line 2"
	folder d
	echo 1 >d/special_tokens_map.json
	refused d "d/special_tokens_map.json"
	folder d
	printf "[PAD]\n[UNK]\n\377\n" >d/vocab.txt
	refused d "d/vocab.txt: line 3"
	folder d
	printf "a\nb\n" >d/vocab.txt
	refused d "d/vocab.txt" "[UNK]" "of 2"
	folder d
	printf "[UNK]\nb\n" >d/vocab.txt
	refused d "d/vocab.txt" "[CLS]"
	folder d
	printf "[UNK]\n[CLS]\n[SEP]\n" >d/vocab.txt
	refused d "mask token"
	folder d
	: >d/vocab.txt
	refused d "d/vocab.txt"
	folder d && echo "{\"x\":4294967295}" >d/added_tokens.json && refused d "added_tokens.json"
'
test_done
