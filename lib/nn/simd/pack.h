/* Packing, for any kind of unit (nn/product.h).  Whoever includes this has included nn/simd/vec.h and nn/simd/transpose.h, and defines
 *
 *     unit                        its type
 *     PER_UNIT                    numbers of the depth in it
 *     BLOCKS                      nn_product's: the depth is filled up
 *     along16(x, n)               16 units of one place, from n numbers that lie one behind the other; behind these, zeros
 *     beside16(x, ld, m, n)       one unit of each of 16 places, of which m are there, from n depths that lie ld apart
 */
INLINE void put16(unit *to, unit16 x)
{
	*(unit16_anywhere *)to = x;
}

INLINE size_t units_of_depth(size_t depth)
{
	return nn_product_length((depth + PER_UNIT - 1) / PER_UNIT, BLOCKS);
}

/* Unit u of the places from `at` on, which lie one behind the other in x. */
INLINE unit16 beside(const nn_float *x, size_t ld, size_t at, size_t places, size_t u, size_t depth)
{
	return u * PER_UNIT < depth ? beside16(x + u * PER_UNIT * ld + at, ld, places - at, depth - u * PER_UNIT) : (unit16){ 0 };
}

/* Units `from` .. `to_unit`-1 of all such places, RUN of each at a time: so x is read along its rows, and a panel written in runs, ... */
#define RUN 4
static void pack_beside(unit *to, const nn_float *x, size_t ld, size_t places, size_t depth, size_t from, size_t to_unit)
{
	size_t units = units_of_depth(depth), all = to_unit < units ? to_unit : units;
	for (; from < all; from += RUN)
		for (size_t at = 0, end = from + RUN < all ? from + RUN : all; at < places; at += NN_PANEL)
			for (size_t u = from; u < end; u++)
				put16(to + at * units + u * NN_PANEL, beside(x, ld, at, places, u, depth));
}

/* ... and the same in lines. */
static void pack_beside_lines(unit *to, const nn_float *x, size_t ld, size_t places, size_t depth, size_t from, size_t to_unit)
{
	size_t units = nn_product_length(units_of_depth(depth), 1);
	for (; from < to_unit; from += NN_PANEL)
		for (size_t at = 0; at < places; at += NN_PANEL) {
			unit16 t[16];
#pragma GCC unroll 16
			for (size_t u = 0; u < 16; u++)
				t[u] = beside(x, ld, at, places, from + u, depth);
			transpose16(t);
			for (size_t j = 0; j < NN_PANEL; j++)
				put16(to + at * units + from * NN_PANEL + j * 16, t[j]);
		}
}

/* A panel whose places are rows of x, ... */
static void pack_along(unit *to, const nn_float *x, size_t ld, size_t places, size_t depth)
{
	for (size_t u = 0, units = units_of_depth(depth); u < units; u += 16) {
		unit16 t[16] = { 0 };
#pragma GCC unroll 16
		for (size_t j = 0; j < 16; j++)
			if (j < places)
				t[j] = along16(x + j * ld + u * PER_UNIT, depth - u * PER_UNIT);
		transpose16(t);
		for (size_t j = 0; j < 16 && u + j < units; j++)
			put16(to + (u + j) * NN_PANEL, t[j]);
	}
}

/* ... and the same in lines. */
static void pack_lines(unit *to, const nn_float *x, size_t ld, size_t places, size_t depth)
{
	for (size_t k = 0; k < depth; k += 16 * PER_UNIT, to += 16 * NN_PANEL)
		for (size_t j = 0; j < NN_PANEL; j++)
			put16(to + j * 16, j < places ? along16(x + j * ld + k, depth - k) : (unit16){ 0 });
}

INLINE void product_pack(void *packed, const nn_float *x, size_t ld, int along, int lines, size_t outer, size_t depth, size_t from, size_t to)
{
	unit *panels = packed;
	size_t units = nn_product_length(units_of_depth(depth), lines), end = to * NN_PANEL < outer ? to * NN_PANEL : outer;
	if (!along)
		(lines ? pack_beside_lines : pack_beside)(panels, x, ld, outer, depth, from * NN_PANEL, to * NN_PANEL);
	for (size_t at = from * NN_PANEL; along && at < end; at += NN_PANEL)
		(lines ? pack_lines : pack_along)(panels + at * units, x + at * ld, ld, end - at < NN_PANEL ? end - at : NN_PANEL, depth);
}
