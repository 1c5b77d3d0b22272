/* Option tables.  getopt_long is not used: it abbreviates, it permutes by its own rules, and it knows no types. */
#include "base/opts.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/choice.h"
#include "base/num.h"

static const struct cp_opt *find_long(const struct cp_opt *t, const char *s, size_t n)
{
	for (; t->type != CP_OPT_END; t++)
		if (t->type != CP_OPT_HEAD && strlen(t->name) == n && !memcmp(t->name, s, n))
			return t;
	return NULL;
}

static const struct cp_opt *find_short(const struct cp_opt *t, char c)
{
	for (; t->type != CP_OPT_END; t++)
		if (t->type != CP_OPT_HEAD && t->short_name == c)
			return t;
	return NULL;
}

static int out_of_range(const struct cp_opt *o, double v)
{
	return (o->min || o->max) && (v < o->min || v > o->max);
}

static int set_number(const struct cp_opt *o, const char *s, struct cp_err *err)
{
	char lo[32], hi[32];
	int64_t i = 0;
	double d = 0;
	if (o->type == CP_OPT_INT) {
		if (cp_parse_i64(s, &i) < 0)
			return cp_err_set(err, "--%s %s: a whole number is expected", o->name, s);
		d = (double)i;
	} else if (cp_parse_real(s, &d) < 0) {
		return cp_err_set(err, "--%s %s: a number is expected", o->name, s);
	}
	if (out_of_range(o, d))
		return cp_err_set(err, "--%s %s: expected %s to %s", o->name, s, cp_print_real(o->min, lo), cp_print_real(o->max, hi));
	if (o->type == CP_OPT_INT)
		*(int64_t *)o->value = i;
	else
		*(double *)o->value = d;
	return 0;
}

/* "$UNSET" is no name: it would be an output without one, found when all is written, or a ledger that SQLite throws away.  Nor is it a list of them. */
static int is_nameless(const struct cp_opt *o, const char *s)
{
	return !*s && o->use != CP_USE_TEXT;
}

static int set_choice(const struct cp_opt *o, const char *s, struct cp_err *err)
{
	int i = cp_choice(o->choices, s);
	if (i < 0)
		return cp_err_set(err, "--%s %s: expected one of %s", o->name, s, o->choices);
	*(int *)o->value = i;
	return 0;
}

static int set_value(const struct cp_opt *o, const char *s, struct cp_err *err)
{
	if (is_nameless(o, s))
		return cp_err_set(err, "--%s needs %s, and what is given is empty", o->name, o->arg);
	switch (o->type) {
	case CP_OPT_INT:
	case CP_OPT_REAL:
		return set_number(o, s, err);
	case CP_OPT_SEED:
		if (cp_parse_u64(s, o->value) < 0)
			return cp_err_set(err, "--%s %s: a whole number from 0 to 2^64-1 is expected", o->name, s);
		return 0;
	case CP_OPT_CHOICE:
		return set_choice(o, s, err);
	case CP_OPT_STR:
		*(const char **)o->value = s;
		return 0;
	case CP_OPT_LIST: {
		struct cp_opt_list *l = o->value;
		l->v = cp_xrealloc(l->v, (size_t)l->n + 1, sizeof *l->v);
		l->v[l->n++] = s;
		return 0;
	}
	default:
		assert(0);
		return -1;
	}
}

int cp_opts_takes_next(const struct cp_opt *table, const char *word)
{
	const struct cp_opt *o = NULL;
	if (word[0] != '-')
		return 0;
	if (word[1] == '-')
		return (o = find_long(table, word + 2, strlen(word + 2))) && o->type != CP_OPT_SET;
	while (*++word && (o = find_short(table, *word)) && o->type == CP_OPT_SET)
		;
	return *word && o && !word[1];
}

struct scan {
	struct cp_opts *opts;
	int argc, at;
	char **argv;
};

static int take(struct scan *s, const struct cp_opt *o, const char *inline_value, struct cp_err *err)
{
	s->opts->given[o - s->opts->table] = 1;
	if (o->type == CP_OPT_SET) {
		if (inline_value)
			return cp_err_set(err, "--%s takes no value", o->name);
		*(int *)o->value = o->set;
		return 0;
	}
	if (!inline_value) {
		if (s->at + 1 >= s->argc)
			return cp_err_set(err, "--%s needs %s", o->name, o->arg ? o->arg : "a value");
		inline_value = s->argv[++s->at];
	}
	return set_value(o, inline_value, err);
}

static int take_long(struct scan *s, const char *word, struct cp_err *err)
{
	const char *eq = strchr(word, '=');
	size_t n = eq ? (size_t)(eq - word) : strlen(word);
	const struct cp_opt *o = find_long(s->opts->table, word, n);
	if (!o)
		return cp_err_set(err, "unknown option --%.*s", (int)n, word);
	return take(s, o, eq ? eq + 1 : NULL, err);
}

static int take_short(struct scan *s, const char *word, struct cp_err *err)
{
	for (; *word; word++) {
		const struct cp_opt *o = find_short(s->opts->table, *word);
		if (!o)
			return cp_err_set(err, "unknown option -%c", *word);
		if (o->type != CP_OPT_SET)
			return take(s, o, word[1] ? word + 1 : NULL, err);
		if (take(s, o, NULL, err) < 0)
			return -1;
	}
	return 0;
}

int cp_opts_parse(struct cp_opts *opts, const struct cp_opt *table, int *argc, char **argv, struct cp_err *err)
{
	struct scan s = { opts, *argc, 1, argv };
	int n = 1, only_operands = 0;
	memset(opts, 0, sizeof *opts);
	opts->table = table;
	for (; s.at < s.argc; s.at++) {
		char *word = argv[s.at];
		if (only_operands || word[0] != '-' || !word[1]) {
			argv[n++] = word;
		} else if (!strcmp(word, "--")) {
			only_operands = 1;
		} else if ((word[1] == '-' ? take_long(&s, word + 2, err) : take_short(&s, word + 1, err)) < 0) {
			return -1;
		}
	}
	*argc = n;
	return 0;
}

/* The words of one list are set last to first, each before what is there. */
static int preset_one(struct cp_opts *opts, char *word, struct cp_err *err)
{
	char *eq = strchr(word, '=');
	const struct cp_opt *o = find_long(opts->table, word, (size_t)(eq - word));
	assert(o && o->type != CP_OPT_SET);
	unsigned char *given = &opts->given[o - opts->table];
	if (o->type == CP_OPT_LIST) {
		struct cp_opt_list *l = o->value;
		l->v = cp_xrealloc(l->v, (size_t)l->n + 1, sizeof *l->v);
		memmove(l->v + 1, l->v, (size_t)l->n++ * sizeof *l->v);
		l->v[0] = eq + 1;
	} else if (*given != 1 && set_value(o, eq + 1, err) < 0) {
		return -1;
	}
	*given = *given == 1 ? 1 : 2;
	return 0;
}

int cp_opts_preset(struct cp_opts *opts, char *words, struct cp_err *err)
{
	for (char *end = words + strlen(words), *w; end > words; end = w > words ? w - 1 : w) {
		for (*end = 0, w = end; w > words && w[-1] != ' '; w--)
			;
		if (preset_one(opts, w, err) < 0)
			return -1;
	}
	return 0;
}

int cp_opts_given(const struct cp_opts *opts, const char *name)
{
	const struct cp_opt *o = find_long(opts->table, name, strlen(name));
	assert(o);
	return opts->given[o - opts->table] == 1;
}

const struct cp_opt *cp_opts_stray(const struct cp_opts *opts, const char *command)
{
	for (const struct cp_opt *o = opts->table; o->type != CP_OPT_END; o++)
		if (opts->given[o - opts->table] == 1 && o->with && cp_choice(o->with, command) < 0)
			return o;
	return NULL;
}

void cp_opt_value(const struct cp_opt *o, struct cp_buf *b)
{
	char num[32], word[CP_WORD];
	switch (o->type) {
	case CP_OPT_SET:
		cp_buf_printf(b, "%d", *(int *)o->value == o->set);
		break;
	case CP_OPT_INT:
		cp_buf_printf(b, "%lld", (long long)*(int64_t *)o->value);
		break;
	case CP_OPT_REAL:
		cp_buf_str(b, cp_print_real(*(double *)o->value, num));
		break;
	case CP_OPT_SEED:
		cp_buf_printf(b, "%llu", (unsigned long long)*(uint64_t *)o->value);
		break;
	case CP_OPT_CHOICE:
		if (*(int *)o->value >= 0)
			cp_buf_str(b, cp_choice_word(o->choices, *(int *)o->value, word));
		break;
	case CP_OPT_STR:
		if (*(const char **)o->value)
			cp_buf_str(b, *(const char **)o->value);
		break;
	case CP_OPT_LIST: {
		const struct cp_opt_list *l = o->value;
		for (int i = 0; i < l->n; i++)
			cp_buf_printf(b, "%s%s", i ? "," : "", l->v[i]);
		break;
	}
	default:
		break;
	}
}

#define HELP_COLUMN 34

static void help_line(const struct cp_opt *o, struct cp_buf *b)
{
	struct cp_buf left = CP_BUF_INIT, value = CP_BUF_INIT;
	if (o->short_name)
		cp_buf_printf(&left, "  -%c, --%s", o->short_name, o->name);
	else
		cp_buf_printf(&left, "      --%s", o->name);
	if (o->type != CP_OPT_SET)
		cp_buf_printf(&left, " %s", o->arg ? o->arg : "VALUE");
	cp_buf_printf(b, "%-*s", HELP_COLUMN - 1, left.data);
	cp_buf_printf(b, left.len >= HELP_COLUMN ? "\n%*s" : "%*s", left.len >= HELP_COLUMN ? HELP_COLUMN : 1, "");
	cp_buf_str(b, o->help);
	if (o->choices)
		cp_buf_printf(b, ": %s", o->choices);
	if (o->type != CP_OPT_SET) {
		cp_opt_value(o, &value);
		if (value.len)
			cp_buf_printf(b, " [%s]", value.data);
	}
	cp_buf_char(b, '\n');
	cp_buf_release(&left);
	cp_buf_release(&value);
}

void cp_opts_help(const struct cp_opt *t, struct cp_buf *b)
{
	for (; t->type != CP_OPT_END; t++) {
		if (t->type == CP_OPT_HEAD)
			cp_buf_printf(b, "\n%s:\n", t->name);
		else
			help_line(t, b);
	}
}
