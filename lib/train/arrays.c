#include "train/arrays.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "train/data.h"

static const struct {
	size_t pointer;			/* in struct cp_data */
	enum cp_unit unit, of;		/* of: what offsets count */
} arrays[CP_N_ARRAYS] = {
	[CP_ARRAY_ROW] = { offsetof(struct cp_data, row), CP_UNIT_ROWS },
	[CP_ARRAY_LABEL] = { offsetof(struct cp_data, label), CP_UNIT_ROWS },
	[CP_ARRAY_WEIGHT] = { offsetof(struct cp_data, weight), CP_UNIT_ROWS },
	[CP_ARRAY_VALUE_AT] = { offsetof(struct cp_data, value_at), CP_UNIT_OFFSETS, CP_UNIT_VALUES },
	[CP_ARRAY_MEMBERS] = { offsetof(struct cp_data, members), CP_UNIT_ROWS },
	[CP_ARRAY_NUMBER] = { offsetof(struct cp_data, number), CP_UNIT_ROWS },
	[CP_ARRAY_VALUES] = { offsetof(struct cp_data, keys), CP_UNIT_VALUES },
	[CP_ARRAY_TOKEN_AT] = { offsetof(struct cp_data, token_at), CP_UNIT_OFFSETS, CP_UNIT_TOKENS },
	[CP_ARRAY_TOKEN] = { offsetof(struct cp_data, token), CP_UNIT_TOKENS },
	[CP_ARRAY_SEAM] = { offsetof(struct cp_data, seam), CP_UNIT_ROWS },
	[CP_ARRAY_PAIR_AT] = { offsetof(struct cp_data, pair_at), CP_UNIT_OFFSETS, CP_UNIT_PAIRS },
	[CP_ARRAY_PAIR] = { offsetof(struct cp_data, pair), CP_UNIT_PAIRS },
};

static size_t pointer(const struct cp_data *d, enum cp_array i)
{
	return i == CP_ARRAY_VALUES && d->indexed ? offsetof(struct cp_data, ids) : arrays[i].pointer;
}

char *cp_array(const struct cp_data *d, enum cp_array i)
{
	char *p;
	memcpy(&p, (const char *)d + pointer(d, i), sizeof p);
	return p;
}

static void set(struct cp_data *d, enum cp_array i, void *p)
{
	memcpy((char *)d + pointer(d, i), &p, sizeof p);
}

enum cp_unit cp_array_unit(enum cp_array i)
{
	return arrays[i].unit;
}

enum cp_unit cp_array_counts(enum cp_array i)
{
	return arrays[i].of;
}

size_t cp_array_width(const struct cp_data *d, enum cp_array i)
{
	switch (i) {
	case CP_ARRAY_ROW: return sizeof *d->row;
	case CP_ARRAY_LABEL: return d->want_labels ? sizeof *d->label : 0;
	case CP_ARRAY_WEIGHT: return d->want_weights && d->has_weights ? sizeof *d->weight : 0;
	case CP_ARRAY_VALUE_AT: return d->n_lists ? sizeof *d->value_at : 0;
	case CP_ARRAY_MEMBERS: return (size_t)d->n_lists * sizeof *d->members;
	case CP_ARRAY_NUMBER: return (size_t)d->n_numbers * sizeof *d->number;
	case CP_ARRAY_VALUES: return !d->want_keys ? 0 : d->indexed ? sizeof *d->ids : sizeof *d->keys;
	case CP_ARRAY_TOKEN_AT: return d->want_tokens ? sizeof *d->token_at : 0;
	case CP_ARRAY_TOKEN: return d->want_tokens ? sizeof *d->token : 0;
	case CP_ARRAY_SEAM: return d->want_two_texts ? sizeof *d->seam : 0;
	case CP_ARRAY_PAIR_AT: return d->has_pairs ? sizeof *d->pair_at : 0;
	default: return d->has_pairs ? sizeof *d->pair : 0;
	}
}

static int counts(const struct cp_data *d, enum cp_unit u)
{
	return u == CP_UNIT_VALUES ? d->want_keys : u == CP_UNIT_TOKENS ? d->want_tokens : u == CP_UNIT_PAIRS ? d->has_pairs : 1;
}

size_t cp_unit_start(const struct cp_data *d, enum cp_unit u, size_t place)
{
	if (!place || !counts(d, u))
		return 0;
	switch (u) {
	case CP_UNIT_VALUES: return place < d->n ? cp_data_first(d, place) : d->n_values;
	case CP_UNIT_TOKENS: return d->token_at[place];
	case CP_UNIT_PAIRS: return d->pair_at[place];
	default: return place;
	}
}

static size_t *capacity(struct cp_data *d, enum cp_unit u)
{
	return u == CP_UNIT_ROWS ? &d->cap : u == CP_UNIT_VALUES ? &d->value_cap : u == CP_UNIT_TOKENS ? &d->token_cap : &d->pair_cap;
}

void cp_arrays_reserve(struct cp_data *d, enum cp_unit u, size_t n)
{
	size_t *cap = capacity(d, u);
	if (*cap && n <= *cap)
		return;
	*cap = n > *cap + *cap / 2 ? n + 1 : *cap + *cap / 2;
	for (enum cp_array i = 0; i < CP_N_ARRAYS; i++) {
		int offsets = arrays[i].unit == CP_UNIT_OFFSETS;
		size_t w = cp_array_width(d, i);
		if (!w || (offsets ? CP_UNIT_ROWS : arrays[i].unit) != u)
			continue;
		set(d, i, cp_xrealloc(cp_array(d, i), *cap + (size_t)offsets, w));
		if (offsets && !d->n)
			memset(cp_array(d, i), 0, sizeof(uint64_t));
	}
}

void cp_arrays_forget(struct cp_data *d)
{
	for (enum cp_array i = 0; i < CP_N_ARRAYS; i++)
		set(d, i, NULL);
	d->keys = NULL;
	d->ids = NULL;
	d->cap = d->value_cap = d->token_cap = d->pair_cap = 0;
}

void cp_arrays_free(struct cp_data *d)
{
	for (enum cp_array i = 0; i < CP_N_ARRAYS; i++)
		free(cp_array(d, i));
	free(d->indexed ? (void *)d->keys : (void *)d->ids);	/* beside those in the table */
	cp_arrays_forget(d);
}
