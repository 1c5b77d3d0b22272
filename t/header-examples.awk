# Reads headers and prints every call in the examples of their first comments that is not as declared: a name that no header has, or another
# number of arguments.  Twice over the same files: the first time declarations are learnt.
function arguments(s,    i, c, depth, n, any, quote) {		# of the call that begins s: -1 where it does not end here, -2 where some are left out
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		if (c == "\"" || c == "'") {
			quote = c
			while (++i <= length(s) && (c = substr(s, i, 1)) != quote)
				if (c == "\\") i++
			any = 1
		} else if (c ~ /[({[]/) {
			depth++
			if (depth > 1) any = 1
		} else if (c ~ /[)}\]]/) {
			if (!--depth) return substr(s, 1, i) ~ /\.\.\./ && substr(s, 1, i) !~ /"[^"]*\.\.\.[^"]*"/ ? -2 : any ? n + 1 : 0
		} else if (c == "," && depth == 1) {
			n++
		} else if (c != " ")
			any = 1
	}
	return -1
}
function each_call(s, what,    name, n) {
	while (match(s, /(cp|nn|ng|plm|ctr|fx)_[a-z0-9_]+\(/)) {
		name = substr(s, RSTART, RLENGTH - 1)
		n = arguments(substr(s, RSTART + RLENGTH - 1))
		if (what == "learn") learn(name, substr(s, RSTART + RLENGTH - 1), n)
		else if (what == "check") check(name, n)
		s = substr(s, RSTART + RLENGTH)
	}
}
function learn(name, s, n) {
	if (n == 1 && s ~ /^\(void\)/) n = 0
	if (!(name in declared)) declared[name] = n == -2 ? s : n		# of one with "..." what stands before it counts
	if (n == -2) { many[name] = 1; sub(/, *\.\.\..*/, ")", s); declared[name] = arguments(s) }
}
function check(name, n) {
	checked++
	if (!(name in declared)) print FILENAME ": " name " is declared nowhere"
	else if (n >= 0 && (name in many ? n < declared[name] : n != declared[name]))
		print FILENAME ": " name " is given " n " arguments and declared with " declared[name]
}
FNR == 1 { pass += !(FILENAME in passed); comment = 0; example = ""; text = ""; if (FILENAME in passed) second = 1; passed[FILENAME] = 1 }
/^\/\*/ { comment = 1 }
comment && second && /^ \*     / { line = $0; sub(/^ \*     /, "", line); sub(/\/\/.*/, "", line); example = example " " line }
!comment && !second { line = $0; gsub(/\/\*[^*]*\*\//, "", line); sub(/\/\*.*/, "", line); gsub(/\(\*/, "", line); gsub(/\)\(/, "(", line); text = text " " line; if (line ~ /[;{}]/) { each_call(text, "learn"); text = "" } }
/\*\// { if (comment && second) each_call(example, "check"); example = ""; comment = 0 }
END { if (checked < 100) print "only " checked + 0 " calls were found" }
