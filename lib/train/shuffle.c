/* Fisher and Yates (Knuth's algorithm P), once over the units and once over each window's rows. */
#include "train/shuffle.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/rng.h"
#include "train/rowfile.h"

#define OF_UNITS UINT64_MAX	/* where the random numbers of a window have its number */

static void mix(uint32_t *v, size_t n, uint64_t seed, uint64_t epoch, uint64_t number)
{
	struct cp_rng r = cp_rng(seed, CP_RNG_SHUFFLE, epoch, number);
	for (size_t i = n; i > 1; i--) {
		size_t j = cp_rng_below(&r, i);
		uint32_t x = v[i - 1];
		v[i - 1] = v[j];
		v[j] = x;
	}
}

void cp_shuffle_init(struct cp_shuffle *o, const struct cp_data *d, uint64_t seed)
{
	*o = (struct cp_shuffle){ .d = d, .seed = seed, .epoch = UINT64_MAX };
	o->n_units = o->window = (d->n + CP_DATA_UNIT - 1) / CP_DATA_UNIT;
	if (d->file) {
		size_t fit = d->memory / d->unit_bytes;
		o->window = fit < 1 ? 1 : fit < o->n_units ? fit : o->n_units;
		cp_part_init(&o->part, d);
		cp_part_init(&o->batch, d);
	}
	size_t most = o->window * CP_DATA_UNIT;
	o->unit = cp_xcalloc(o->n_units, sizeof *o->unit);
	o->place = cp_xcalloc(most < d->n ? most : d->n, sizeof *o->place);
	if (d->file)
		o->origin = cp_xcalloc(most < d->n ? most : d->n, sizeof *o->origin);
}

void cp_shuffle_release(struct cp_shuffle *o)
{
	free(o->unit);
	free(o->place);
	free(o->origin);
	cp_part_release(&o->part);
	cp_part_release(&o->batch);
	*o = (struct cp_shuffle){ 0 };
}

size_t cp_shuffle_window(const struct cp_shuffle *o)
{
	return o->window < o->n_units ? o->window * CP_DATA_UNIT : 0;
}

static size_t first_of(const struct cp_shuffle *o, size_t unit)
{
	return (size_t)o->unit[unit] * CP_DATA_UNIT;
}

static size_t rows_of(const struct cp_shuffle *o, size_t unit)
{
	size_t first = first_of(o, unit);
	return o->d->n - first < CP_DATA_UNIT ? o->d->n - first : CP_DATA_UNIT;
}

static size_t end_of(const struct cp_shuffle *o, size_t window)
{
	return (window + 1) * o->window < o->n_units ? (window + 1) * o->window : o->n_units;
}

/* Lay out the window of that number, which begins at row `from` of the epoch. */
static int enter(struct cp_shuffle *o, size_t number, size_t from, struct cp_err *err)
{
	size_t n = 0;
	cp_data_clear(&o->part);
	for (size_t u = number * o->window; u < end_of(o, number); u++) {
		if (o->d->file && cp_part_read(&o->part, o->d->file, first_of(o, u), first_of(o, u) + rows_of(o, u), err) < 0)
			return -1;
		for (size_t i = 0; o->origin && i < rows_of(o, u); i++)
			o->origin[n + i] = (uint32_t)(first_of(o, u) + i);
		n += rows_of(o, u);
	}
	for (size_t i = 0; i < n; i++)	/* of rows in memory there is one window, and its units are in order */
		o->place[i] = (uint32_t)i;
	o->number = number;
	o->from = from;
	o->to = from + n;
	mix(o->place, n, o->seed, o->epoch, number);
	return 0;
}

static int begin(struct cp_shuffle *o, uint64_t epoch, struct cp_err *err)
{
	o->epoch = epoch;
	for (size_t u = 0; u < o->n_units; u++)
		o->unit[u] = (uint32_t)u;
	if (o->window < o->n_units)
		mix(o->unit, o->n_units, o->seed, epoch, OF_UNITS);
	return enter(o, 0, 0, err);
}

/* The window that row `at` of the epoch is in; most often it is the one at hand or the next. */
static int seek(struct cp_shuffle *o, size_t at, struct cp_err *err)
{
	size_t number = at < o->from ? 0 : o->number, from = at < o->from ? 0 : o->from;
	for (;; number++) {
		size_t n = 0;
		for (size_t u = number * o->window; u < end_of(o, number); u++)
			n += rows_of(o, u);
		if (at < from + n)
			break;
		from += n;
	}
	return number != o->number ? enter(o, number, from, err) : 0;
}

int cp_shuffle_take(struct cp_shuffle *o, uint64_t epoch, size_t at, size_t n, const struct cp_data **rows, uint32_t *places, uint32_t *origins,
		    struct cp_err *err)
{
	*rows = o->d->file ? &o->batch : o->d;
	cp_data_clear(&o->batch);
	if (epoch != o->epoch && begin(o, epoch, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++, at++) {
		if ((at < o->from || at >= o->to) && seek(o, at, err) < 0)
			return -1;
		places[i] = o->place[at - o->from];
		origins[i] = o->origin ? o->origin[places[i]] : places[i];
		if (!o->d->file)
			continue;
		cp_part_copy(&o->batch, &o->part, places[i]);
		places[i] = (uint32_t)i;
	}
	return 0;
}
