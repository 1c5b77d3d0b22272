# Items to show: asin, a tab, then Category, Title and Brand as CSV; from the four fields that items.jq tells.
#
# Titles were taken from web pages.  HTML's entities are decoded, twice, for some are encoded twice; typographic quotes, dashes and trade marks
# get their ASCII form.  An item whose title is then still not ASCII, has no letter, fewer than 3 characters, or is a piece of the page's
# script is left out, and its reviews with it.  A title of more than 150 characters is cut at a word, or left out (LONG).

BEGIN {
	FS = "\t"
	if ((long != "cut" && long != "drop") || (category != "second" && category != "last")) {
		print data ": LONG is cut or drop, CATEGORY second or last, not '" long "', '" category "'" > "/dev/stderr"
		failed = 1
		exit 2
	}
	n_plain = split("\342\200\234 \" \342\200\235 \" \342\200\236 \" \342\200\263 \" \342\200\230 ' \342\200\231 ' \342\200\232 , \302\264 ' \342\200\223 - " \
	                "\342\200\224 - \342\210\222 - \342\200\246 ... \343\200\220 [ \343\200\221 ]", plain, " ")
	n_nothing = split("\302\240 \302\255 \302\251 \302\256 \342\204\242 \342\200\213 \343\200\200", nothing, " ")
}

{
	if (NF != 4 || $1 == "")
		fail("of the metadata has no asin")
	n_items++
	title = ascii($2)
	if (title ~ /[^ -~]/ || title !~ /[A-Za-z]/ || length(title) < 3 || script(title)) {
		n_bad++
		next
	}
	if (length(title) > 150) {
		n_long++
		if (long == "drop")
			next
		title = cut(title)
	}
	brand = ascii($3)
	printf "%s\t%s,%s,%s\n", $1, quote(script($4) ? "" : ascii($4)), quote(title), quote(script(brand) ? "" : brand)
}

END {
	if (failed)
		exit failed
	count("lines of metadata", n_items)
	count("of them without a title to show", n_bad)
	count("of them with a title of more than 150 characters, " (long == "cut" ? "cut" : "left out"), n_long)
}

function ascii(s,	i)
{
	s = entities(entities(untsv(s)))
	if (s ~ /[^ -~]/) {
		for (i = 1; i < n_plain; i += 2)
			gsub(plain[i], plain[i + 1], s)
		for (i = 1; i <= n_nothing; i++)
			gsub(nothing[i], " ", s)
	}
	return one_line(s)
}

function script(s)
{
	return s ~ /getTime|function ?\(|^var |<\/?[a-z][^>]*>/
}

function cut(s)
{
	s = substr(s, 1, 151)
	sub(/[^ ]*$/, "", s)
	sub(/[^A-Za-z0-9]+$/, "", s)
	return s
}
