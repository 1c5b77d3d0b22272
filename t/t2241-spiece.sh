#!/bin/sh
# Folders with SentencePiece's spiece.model, as T5's come: read like a tokenizer.json of the same meaning, and what is refused.
. "$(dirname "$0")/test-lib.sh"

ids() { echo "$2" | od -An -v -tx1 | tr -d ' \n' | sed 's/0a$//' | { cat; echo; } | "$CP_UNITS/tokenizer" "$1" "${3:-1}"; }
digest() { "$CP_UNITS/tokenizer" "$1"; }
refused() { printf x | fails_with 1 cp-mask --lines --plm "$1" >/dev/null; shift; for word; do grep -F -e "$word" fails_with.err; done; }

# spiece OPTION...: a model of few pieces on stdout.  OPTION is what differs: algorithm=2, type.ID=6, front=0, one=0, unknown=0, rules=FILE.
# Fields of which nothing is known are among the others.
cat >spiece <<'END'
#!/usr/bin/perl
use strict;
my %o = map { split /=/, $_, 2 } @ARGV;
sub varint { my ($v, $s) = (shift, ''); while ($v > 127) { $s .= chr($v & 127 | 128); $v >>= 7 } $s . chr $v }
sub number { varint($_[0] << 3) . varint($_[1]) }
sub bytes { varint($_[0] << 3 | 2) . varint(length $_[1]) . $_[1] }
sub real { varint($_[0] << 3 | 5) . pack 'f<', $_[1] }
my @pieces = (['<pad>', 0, 3], ['</s>', 0, 3], ['<unk>', 0, 2], ["\xE2\x96\x81", -2.5], ["\xE2\x96\x81a", -1.25], ['b', -3.0625], ['ab', -4], ["\xC3\xA9", -5]);
for my $i (0 .. $#pieces) {
	my ($s, $score, $type) = @{$pieces[$i]};
	$type = $o{"type.$i"} if exists $o{"type.$i"};
	$s = $o{"piece.$i"} if exists $o{"piece.$i"};
	print bytes(1, bytes(1, $s) . real(2, $score) . ($type ? number(3, $type) : '') . bytes(200, 'later'));
}
print bytes(2, bytes(1, 'input') . number(3, $o{algorithm} // 1) . number(40, 2));
my $rules = '';
if ($o{rules}) { local $/; open my $f, '<', $o{rules} or die; $rules = <$f> }
my @flags = map { exists $o{$_->[1]} ? number($_->[0], $o{$_->[1]}) : '' } ([3, 'front'], [4, 'one']);
print bytes(3, bytes(1, 'identity') . bytes(2, $rules) . join '', @flags), varint(77 << 3 | 1), 'eightbyt';
END
chmod +x spiece
folder() { rm -rf "$1"; mkdir "$1"; shift; ./spiece "$@" >sp/spiece.model; echo '{"extra_ids":2}' >sp/tokenizer_config.json; }

# What it means
cat >same.json <<'END'
{"added_tokens":[{"id":0,"content":"<pad>","special":true},{"id":1,"content":"</s>","special":true},{"id":2,"content":"<unk>","special":true},
 {"id":8,"content":"<extra_id_1>","special":true},{"id":9,"content":"<extra_id_0>","special":true}],
 "normalizer":{"type":"Sequence","normalizers":[{"type":"Strip","strip_left":false,"strip_right":true},
  {"type":"Replace","pattern":{"Regex":" {2,}"},"content":"▁"}]},
 "pre_tokenizer":{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true},
 "post_processor":{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"</s>","type_id":0}}],
  "special_tokens":{"</s>":{"id":"</s>","ids":[1],"tokens":["</s>"]}}},
 "model":{"type":"Unigram","unk_id":2,"vocab":[["<pad>",0],["</s>",0],["<unk>",0],["▁",-2.5],["▁a",-1.25],["b",-3.0625],["ab",-4],["é",-5],
  ["<extra_id_1>",0],["<extra_id_0>",0]]}}
END

test_that 'pieces, </s> at the end, white space as SentencePiece has it' '
	folder sp
	test "$(ids sp "a ab b")" = "4 4 5 3 5 1"
	test "$(ids sp "  a   b  ")" = "4 3 5 1"
	test "$(ids sp "q a")" = "3 2 4 1"
	test "$(ids sp "<extra_id_0>a<unk>")" = "9 4 2 1"
'
test_that 'the tokenizer of a tokenizer.json that says the same, which counts where both are there' '
	folder sp
	mkdir same
	cp same.json same/tokenizer.json
	test -n "$(digest sp)"
	test "$(digest sp)" = "$(digest same)"
	sed "s/-2.5/-2.25/" same.json >sp/tokenizer.json
	test "$(digest sp)" != "$(digest same)"
'
test_that 'where "legacy" is false, as with prepend_scheme first, no space is put behind an added token' '
	folder sp
	test "$(ids sp "b<extra_id_0>b<unk> b")" = "3 5 9 3 5 2 3 5 1"
	echo "{\"extra_ids\":2,\"legacy\":false}" >sp/tokenizer_config.json
	sed "s/\"always\"/\"first\"/" same.json >same/tokenizer.json
	test "$(digest sp)" = "$(digest same)"
	for at in sp same; do
		test "$(ids $at "b<extra_id_0>b<unk> b")" = "3 5 9 5 2 3 5 1"
		test "$(ids $at "<extra_id_0>b")" = "9 5 1"
		test "$(ids $at "a")" = "4 1"
	done
	sed "s/\"prepend_scheme\":\"always\"/&,\"add_prefix_space\":false/" same.json >same/tokenizer.json
	refused same "prepend_scheme is always, and add_prefix_space is false"
	first="\"prepend_scheme\":\"first\""
	for change in "s/\"prepend_scheme\":\"always\"/$first/; s/\"strip_left\":false/\"strip_left\":true/" \
		"s/^ \"pre_tokenizer\":\(.*\),$/ \"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"WhitespaceSplit\"},\1]},/; s/\"prepend_scheme\":\"always\"/$first/"; do
		sed "$change" same.json >same/tokenizer.json
		refused same "prepend_scheme is first, which this version reads neither behind WhitespaceSplit nor behind a Strip"
	done
	sed "s/\"always\"/\"often\"/" same.json >same/tokenizer.json
	refused same "prepend_scheme is often, which this version does not read"
'
test_that 'a hundred extra ids where the folder does not say; another end of a text' '
	folder sp
	rm sp/tokenizer_config.json
	test "$(ids sp "<extra_id_99><extra_id_0>")" = "8 107 1"
	echo "{\"eos_token\":\"ab\",\"extra_ids\":0}" >sp/tokenizer_config.json
	test "$(ids sp "a")" = "4 6"
	echo "{\"extra_ids\":2,\"model_max_length\":1000000000000000019884624838656}" >sp/tokenizer_config.json
	test "$(ids sp "<extra_id_1><extra_id_0>")" = "8 9 1"
	for wrong in -1 1.5 \"2\" 10001; do
		echo "{\"extra_ids\":$wrong}" >sp/tokenizer_config.json
		refused sp "spiece.model: extra_ids"
	done
'
test_that 'no space in front, all spaces kept' '
	folder sp front=0
	test "$(ids sp "b a  b")" = "5 4 3 5 1"
	folder sp one=0
	test "$(ids sp "a  b ")" = "4 3 3 5 3 1"
'
if test -e "$SHARED/fixtures/plm/tiny-t5"; then
	test_that 'compiled rules' '
		perl -MMIME::Base64 -ne "print decode_base64(\$1) if /\"precompiled_charsmap\": *\"([^\"]*)/" "$SHARED/fixtures/plm/tiny-t5/tokenizer.json" >rules
		test -s rules
		folder sp rules=rules
		test "$(ids sp "$(printf "\357\275\201\343\200\200\357\275\202")")" = "4 3 5 1"
	'
else
	test_skip 'compiled rules' '../shared/fixtures is not here'
fi
test_that 'other algorithms, pieces for bytes, nothing unknown, no end: a sentence' '
	folder sp algorithm=2
	refused sp "spiece.model: SentencePiece by another algorithm than Unigram"
	folder sp type.6=6
	refused sp "spiece.model: SentencePiece with pieces for bytes"
	folder sp type.2=1
	refused sp "spiece.model: none of its 8 pieces is the unknown one"
	folder sp piece.1=x
	refused sp "spiece.model: none of its 8 pieces is </s>"
	folder sp piece.5=ab
	refused sp "\"ab\""
	folder sp piece.5="$(printf "\377")"
	refused sp "spiece.model: piece 5 is broken"
'
test_that 'of other models: ALBERT numbers its tokens in its own way' '
	folder sp
	echo "{\"model_type\":\"albert\"}" >sp/config.json
	refused sp "SentencePiece of another model than T5 (spiece.model), the model type is albert"
	echo "{\"model_type\":\"t5\"}" >sp/config.json
	test "$(ids sp a)" = "4 1"
	rm sp/config.json
	echo "{\"tokenizer_class\":\"AlbertTokenizer\"}" >sp/tokenizer_config.json
	refused sp "SentencePiece of another model than T5"
'
test_that 'cut anywhere it is a sentence or a smaller model; something else is a sentence' '
	folder sp
	cp sp/spiece.model whole
	n=0
	while test $n -lt $(wc -c <whole); do
		head -c $n whole >sp/spiece.model
		status=0
		ids sp a >out 2>err || status=$?
		test $status -eq 0 || { test $status -eq 1 && grep -q "spiece.model: " err; } || exit
		n=$((n + 1))
	done
	head -c 40 whole >sp/spiece.model
	refused sp "spiece.model: not a whole SentencePiece model"
	printf "version https://git-lfs.github.com/spec/v1\n" >sp/spiece.model
	refused sp "spiece.model: a pointer of Git LFS"
	: >sp/spiece.model
	refused sp "spiece.model: not a whole SentencePiece model"
'
test_done
