# What the programs of the pipelines share: awk -f ../csv.awk -f rows.awk ...  Any awk will do; run it with LC_ALL=C, where a byte is a
# character.  `data`, the name of the data set, stands at the head of messages.

function quote(s)		# a field of CSV by RFC 4180: in quotes where it must be
{
	if (s !~ /[",\r\n]/)
		return s
	gsub(/"/, "\"\"", s)
	return "\"" s "\""
}

function fail(sentence)		# an END block begins with: if (failed) exit 1
{
	printf "%s: %s line %d: %s\n", data, (FILENAME == "" || FILENAME == "-" ? "input" : FILENAME), FNR, sentence > "/dev/stderr"
	failed = 1
	exit 1
}

# A rule for the label, ">= 4" or "> 5", applied to a number; a program calls label_rule in BEGIN.
function label_rule(rule)
{
	if (rule !~ /^ *>=? *[0-9]+(\.[0-9]+)? *$/) {
		printf "%s: LABEL='%s' is not '>= NUMBER' or '> NUMBER'\n", data, rule > "/dev/stderr"
		failed = 1
		exit 2
	}
	label_strict = rule !~ /=/
	gsub(/[ >=]/, "", rule)
	label_bound = rule + 0
}

function label(rating)
{
	return label_strict ? rating + 0 > label_bound : rating + 0 >= label_bound
}

# A count for the file of counts, which check.awk compares with those that are published.
function count(what, n)
{
	printf "%s\t%d\n", what, n > counts
}

# One line, one space at a time: what an LF, a tab or a row of spaces in a value becomes.
function one_line(s)
{
	gsub(/[ \t\r\n]+/, " ", s)
	sub(/^ /, "", s)
	sub(/ $/, "", s)
	return s
}

# A field as jq's @tsv wrote it.
function untsv(s)
{
	if (index(s, "\\")) {
		gsub(/\\\\/, "\001", s)
		gsub(/\\[tnr]/, " ", s)
		gsub(/\001/, "\\", s)
	}
	return one_line(s)
}

function utf8(code)
{
	if (code < 128)
		return sprintf("%c", code)
	if (code < 2048)
		return sprintf("%c%c", 192 + int(code / 64), 128 + code % 64)
	if (code < 65536)
		return sprintf("%c%c%c", 224 + int(code / 4096), 128 + int(code / 64) % 64, 128 + code % 64)
	return sprintf("%c%c%c%c", 240 + int(code / 262144), 128 + int(code / 4096) % 64, 128 + int(code / 64) % 64, 128 + code % 64)
}

function hex(s,	i, n)
{
	for (i = 1; i <= length(s); i++)
		n = 16 * n + index("0123456789abcdef", tolower(substr(s, i, 1))) - 1
	return n
}

function name_entities(	i, n, name)
{
	n = split("nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para " \
	          "middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave " \
	          "Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc " \
	          "Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute " \
	          "icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml", name, " ")
	for (i = 1; i <= n; i++)
		entity[name[i]] = 159 + i
	n = split("quot 34 amp 38 apos 39 lt 60 gt 62 ndash 8211 mdash 8212 lsquo 8216 rsquo 8217 sbquo 8218 ldquo 8220 rdquo 8221 " \
	          "bdquo 8222 bull 8226 hellip 8230 prime 8242 Prime 8243 euro 8364 trade 8482", name, " ")
	for (i = 1; i < n; i += 2)
		entity[name[i]] = name[i + 1]
	entities_named = 1
}

# HTML's entities as the characters they stand for; one that has no name here stays.
function entities(s,	out, word, code)
{
	if (!index(s, "&"))
		return s
	if (!entities_named)
		name_entities()
	while (match(s, /&(#[0-9]+|#[xX][0-9a-fA-F]+|[a-zA-Z][a-zA-Z0-9]*);/)) {
		word = substr(s, RSTART + 1, RLENGTH - 2)
		code = word ~ /^#[xX]/ ? hex(substr(word, 3)) : word ~ /^#/ ? substr(word, 2) + 0 : word in entity ? entity[word] : 0
		out = out substr(s, 1, RSTART - 1) (code >= 32 && code < 1114112 ? utf8(code) : substr(s, RSTART, RLENGTH))
		s = substr(s, RSTART + RLENGTH)
	}
	return out s
}

# Days from 1970-01-01 to a day of the Gregorian calendar.  Years are taken to begin in March, so that a leap day is their last.
function days(year, month, day)
{
	if (month < 3)
		year--
	month = (month + 9) % 12
	return 365 * year + int(year / 4) - int(year / 100) + int(year / 400) + int((153 * month + 2) / 5) + day - 719469
}
