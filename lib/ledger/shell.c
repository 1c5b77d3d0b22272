/* Command lines as text. */
#include <stdlib.h>
#include <string.h>

#include "ledger/db.h"

static int is_plain(const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%^";
	return *s && strspn(s, plain) == strlen(s);
}

static void add_word(struct cp_buf *b, const char *s)
{
	if (is_plain(s)) {
		cp_buf_str(b, s);
		return;
	}
	cp_buf_char(b, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			cp_buf_str(b, "'\\''");
		else
			cp_buf_char(b, *s);
	}
	cp_buf_char(b, '\'');
}

void cp_shell_join(struct cp_buf *b, char *const *argv)
{
	for (int i = 0; argv[i]; i++) {
		if (i)
			cp_buf_char(b, ' ');
		add_word(b, argv[i]);
	}
}

/* Copy the word at *p, unquoted, to *to; both move behind it.  <0: a quote that is not closed, or a character nobody wrote. */
static int take_word(const char **p, char **to)
{
	const char *s = *p;
	char *out = *to;
	while (*s && *s != ' ') {
		if (*s == '\'') {
			const char *end = strchr(s + 1, '\'');
			if (!end)
				return -1;
			memcpy(out, s + 1, (size_t)(end - s - 1));
			out += end - s - 1;
			s = end + 1;
		} else if (s[0] == '\\' && s[1] == '\'') {
			*out++ = '\'';
			s += 2;
		} else if (strchr("\\\"$`;&|<>()*?[]{}~#!\n\t", *s)) {
			return -1;
		} else {
			*out++ = *s++;
		}
	}
	*out++ = 0;
	*p = s;
	*to = out;
	return 0;
}

char **cp_shell_split(const char *line)
{
	size_t n = 1, len = strlen(line);
	for (const char *s = line; *s; s++)
		n += *s == ' ';
	char **argv = cp_xmalloc((n + 1) * sizeof *argv + len + n + 1), *to = (char *)(argv + n + 1);
	size_t at = 0;
	while (*line) {
		argv[at++] = to;
		if (take_word(&line, &to) < 0) {
			free(argv);
			return NULL;
		}
		if (*line == ' ')
			line++;
	}
	argv[at] = NULL;
	return argv;
}
