/* Attention of the queries of one sequence over prompt keys and values and those of a sequence's tokens.
 *
 * Its products are too small for a BLAS (60 x 60 x 26: packing would cost more than multiplying), so a small product of our own does
 * them: tiles of 6 or 8 rows by 2 vectors stay in registers.  Keys and values are copied once a head into scratch, prompts first, padded to
 * whole vectors with zeros; queries go in blocks of 64, so that scores stay in the cache at any length.
 *
 * The backward recomputes the probabilities from the saved logarithm of the denominator: one exp an element is cheaper than keeping
 * (heads, z, K + z) floats of every layer.
 *
 *     S = scale (Q K' + bias)    P = exp(S - lse)    P' = f P (f: dropout's factor)    out = P' V
 *     dV += P'' dout    dP = f (dout V')    dS = P (dP - sum_j P dP)    dQ += scale dS K    dK += scale dS' Q    dbias += scale dS
 */
#include "nn/simd/vec.h"

typedef nn_float unit;
#include "nn/simd/transpose.h"

#if NN_VEC_BYTES == 64
enum { TILE_ROWS = 8 };
#else
enum { TILE_ROWS = 6 };
#endif
#define QUERIES NN_ATTENTION_BLOCK

/* -- a small product: C (+)= alpha A B -- */

/* A (m,k) with any two strides, so that a transpose costs nothing; B (k,n) packed: rows ldb apart, padded to whole vectors. */
struct product {
	const nn_float *a;
	size_t row, col;	/* element (i,l) of A is a[i row + l col] */
	const nn_float *b;
	size_t ldb;
	size_t m, n, k;
	nn_float alpha;
	int add;
};

/* One tile: rows x vectors of C at (i, j). */
INLINE void tile(nn_float *c, size_t ldc, const struct product *p, size_t i, size_t j, size_t rows, size_t vectors)
{
	const nn_float *a = p->a + i * p->row, *b = p->b + j;
	vec acc[TILE_ROWS][2];

	for (size_t r = 0; r < rows; r++)
		for (size_t v = 0; v < vectors; v++)
			acc[r][v] = splat(0);
	for (size_t l = 0; l < p->k; l++, a += p->col, b += p->ldb) {
		vec b0 = ld_all(b), b1 = vectors > 1 ? ld_all(b + VL) : b0;
		for (size_t r = 0; r < rows; r++) {
			vec x = splat(a[r * p->row]);
			acc[r][0] = vfma(x, b0, acc[r][0]);
			if (vectors > 1)
				acc[r][1] = vfma(x, b1, acc[r][1]);
		}
	}
	for (size_t r = 0; r < rows; r++)
		for (size_t v = 0; v < vectors; v++) {
			nn_float *to = c + (i + r) * ldc + j + v * VL;
			size_t m = lanes(p->n, j + v * VL);
			vec x = acc[r][v] * p->alpha;
			st(to, p->add ? ld(to, m) + x : x, m);
		}
}

INLINE void tile_column(nn_float *c, size_t ldc, const struct product *p, size_t j, size_t vectors)
{
	size_t i = 0;

	for (; i + TILE_ROWS <= p->m; i += TILE_ROWS)
		tile(c, ldc, p, i, j, TILE_ROWS, vectors);
	if (p->m - i >= 4) {
		tile(c, ldc, p, i, j, 4, vectors);
		i += 4;
	}
	if (p->m - i >= 2) {
		tile(c, ldc, p, i, j, 2, vectors);
		i += 2;
	}
	if (p->m > i)
		tile(c, ldc, p, i, j, 1, vectors);
}

static void multiply(nn_float *c, size_t ldc, const struct product *p)
{
	for (size_t j = 0; j < p->n; j += 2 * VL)
		if (p->n - j > VL)
			tile_column(c, ldc, p, j, 2);
		else
			tile_column(c, ldc, p, j, 1);
}

/* -- a head's keys and values in scratch -- */

static size_t padded(size_t n)
{
	return (n + VL - 1) / VL * VL;
}

/* Where things lie in scratch; nn_attention_scratch() allows for the widest vectors. */
struct room {
	size_t n, n_pad, d_pad;	/* keys: prompts and tokens; padded to vectors; head width padded */
	nn_float *s, *ds;	/* (QUERIES, n_pad) scores, then probabilities; their gradients */
	nn_float *f;		/* (n_pad + 32) dropout's factors of one query */
	nn_float *kt, *vt;	/* (dh, n_pad) transposed keys and values */
	nn_float *rows;		/* (n, d_pad) values forward, keys backward */
	nn_float *q, *dout;	/* (QUERIES, d_pad) */
};

static struct room arrange(const struct nn_attention *a, nn_float *scratch)
{
	struct room o = { .n = a->n_prompts + a->z };

	o.n_pad = padded(o.n);
	o.d_pad = padded(a->dh);
	o.s = scratch;
	o.ds = o.s + QUERIES * o.n_pad;
	o.kt = o.ds + QUERIES * o.n_pad;
	o.vt = o.kt + a->dh * o.n_pad;
	o.rows = o.vt + a->dh * o.n_pad;
	o.q = o.rows + o.n * o.d_pad;
	o.dout = o.q + QUERIES * o.d_pad;
	o.f = o.dout + QUERIES * o.d_pad;
	return o;
}

static void pack_rows(nn_float *to, size_t d_pad, const nn_float *from, size_t ld_from, size_t rows, size_t dh)
{
	for (size_t r = 0; r < rows; r++)
		for (size_t i = 0, m; (m = lanes(dh, i)); i += VL)
			st(to + r * d_pad + i, ld(from + r * ld_from + i, m), VL);
}

INLINE void get16(unit16 *to, const nn_float *from, size_t m)
{
	nn_float x[16];
	for (size_t i = 0; i < 16; i += VL)
		*(vec_anywhere *)(x + i) = i < m ? ld(from + i, lanes(m, i)) : splat(0);
	*to = *(unit16_anywhere *)x;
}

INLINE void put16(nn_float *to, const unit16 *from, size_t m)
{
	nn_float x[16];
	*(unit16_anywhere *)x = *from;
	for (size_t i = 0, k; (k = lanes(m, i)) && i < 16; i += VL)
		st(to + i, ld_all(x + i), k);
}

/* `rows` rows of `from` become the columns from `at` on, and zeros as far as blocks of 16 reach; returns where they end. */
static size_t pack_columns(nn_float *to, size_t n_pad, size_t at, const nn_float *from, size_t ld_from, size_t rows, size_t dh)
{
	for (size_t r = 0; r < rows; r += 16, at += 16)
		for (size_t i = 0; i < dh; i += 16) {
			unit16 t[16] = { 0 };
#pragma GCC unroll 16
			for (size_t j = 0; j < 16; j++)
				if (r + j < rows)
					get16(&t[j], from + (r + j) * ld_from + i, dh - i);
			transpose16(t);
			for (size_t j = 0; j < 16 && i + j < dh; j++)
				put16(to + (i + j) * n_pad + at, &t[j], n_pad - at);
		}
	return at < n_pad ? at : n_pad;
}

/* Keys or values of a head, prompts first: as rows (n, d_pad), or as columns (dh, n_pad) with zeros behind the last. */
static void pack(nn_float *to, const struct room *o, const struct nn_attention *a, const nn_float *prompts, const nn_float *tokens, size_t head,
		 int transpose)
{
	size_t at = head * a->dh, K = a->n_prompts;

	if (!transpose) {
		if (K)
			pack_rows(to, o->d_pad, prompts + at, a->ldp, K, a->dh);
		pack_rows(to + K * o->d_pad, o->d_pad, tokens + at, a->ld, a->z, a->dh);
		return;
	}
	if (K)
		pack_columns(to, o->n_pad, 0, prompts + at, a->ldp, K, a->dh);
	size_t end = pack_columns(to, o->n_pad, K, tokens + at, a->ld, a->z, a->dh);
	for (size_t i = 0; i < a->dh; i++)
		for (size_t j = end; j < o->n_pad; j++)
			to[i * o->n_pad + j] = 0;
}

/* C (m, n_pad) = A (m, dh) times the packed columns. */
static void scores(nn_float *c, const struct room *o, const nn_float *a, size_t ld_a, const nn_float *columns, size_t m, size_t dh)
{
	struct product p = { a, ld_a, 1, columns, o->n_pad, m, o->n_pad, dh, 1, 0 };

	multiply(c, o->n_pad, &p);
}

/* -- one query's row -- */

/* Dropout's factors of query t, all 1 where there is no dropout. */
static void factors(const struct room *o, const struct nn_attention *a, size_t head, size_t t)
{
	struct drop d = drop_row(a->keys, t, a->site + head, a->p);

	for (size_t j = 0; j < o->n; j += 32)
		drop_block(o->f + j, &d, j / 32);
}

/* Keys that query t sees: all, or prompts and tokens up to t. */
static size_t seen(const struct room *o, const struct nn_attention *a, size_t t)
{
	return a->causal && a->n_prompts + t + 1 < o->n ? a->n_prompts + t + 1 : o->n;
}

/* Of query t and token 0; the other tokens' follow it. */
static const nn_float *bias_row(const struct nn_attention *a, const nn_float *bias, size_t head, size_t t)
{
	return bias + (ptrdiff_t)(head * a->ldb) - (ptrdiff_t)t;
}

static void add_bias(nn_float *s, const struct nn_attention *a, size_t head, size_t t)
{
	if (a->bias)
		NN_K(add)(s + a->n_prompts, bias_row(a, a->bias, head, t), a->z);
}

static void forget(nn_float *s, size_t from, size_t to)
{
	for (; from < to; from++)
		s[from] = 0;
}

/* s := f softmax(scale s); returns the logarithm of the denominator. */
static nn_float softmax_row(nn_float *s, const nn_float *f, size_t n, nn_float scale)
{
	vec max = splat(-INFINITY), sum = splat(0);

	for (size_t j = 0, m; (m = lanes(n, j)); j += VL)
		max = vmax(max, fill(ld(s + j, m), m, -INFINITY));
	nn_float top = hmax(max) * scale;
	for (size_t j = 0, m; (m = lanes(n, j)); j += VL) {
		vec e = fill(vexp(vfma(ld(s + j, m), splat(scale), splat(-top))), m, 0);
		sum += e;
		st(s + j, e, m);
	}
	nn_float total = hsum(sum), r = 1 / total;
	for (size_t j = 0, m; (m = lanes(n, j)); j += VL)
		st(s + j, ld(s + j, m) * r * ld(f + j, m), m);
	return top + (nn_float)log((double)total);
}

/* s := P' = f P, ds := P (f ds - sum_j P f ds), with P = exp(scale s - lse). */
static void softmax_row_bwd(nn_float *s, nn_float *ds, const nn_float *f, size_t n, nn_float scale, nn_float lse)
{
	vec sum = splat(0);

	if (n == 1) {		/* all the weight, and no query changes that: exp would be 1 within rounding, which Adam takes for a gradient */
		s[0] = f[0];
		ds[0] = 0;
		return;
	}
	for (size_t j = 0, m; (m = lanes(n, j)); j += VL) {
		vec p = fill(vexp(vfma(ld(s + j, m), splat(scale), splat(-lse))), m, 0), d = ld(ds + j, m) * ld(f + j, m);
		sum = vfma(p, d, sum);
		st(s + j, p, m);
		st(ds + j, d, m);
	}
	nn_float dot = hsum(sum);
	for (size_t j = 0, m; (m = lanes(n, j)); j += VL) {
		vec p = ld(s + j, m);
		st(ds + j, p * (ld(ds + j, m) - dot), m);
		st(s + j, p * ld(f + j, m), m);
	}
}

/* -- forward -- */

static void head_fwd(const struct nn_attention *a, const struct room *o, size_t head)
{
	size_t at = head * a->dh;

	pack(o->kt, o, a, a->pk, a->k, head, 1);
	pack(o->rows, o, a, a->pv, a->v, head, 0);
	for (size_t start = 0; start < a->nq; start += QUERIES) {
		size_t m = a->nq - start < QUERIES ? a->nq - start : QUERIES;
		scores(o->s, o, a->q + start * a->ldq + at, a->ldq, o->kt, m, a->dh);
		for (size_t t = 0; t < m; t++) {
			nn_float *s = o->s + t * o->n_pad;
			size_t n = seen(o, a, start + t);
			if (t + start == 0 || a->keys)
				factors(o, a, head, start + t);
			add_bias(s, a, head, start + t);
			a->stat[head * a->nq + start + t] = softmax_row(s, o->f, n, a->scale);
			forget(s, n, o->n);
		}
		struct product out = { o->s, o->n_pad, 1, o->rows, o->d_pad, m, a->dh, o->n, 1, 0 };
		multiply(a->out + start * a->ldo + at, a->ldo, &out);
	}
}

void NN_K(attention_fwd)(const struct nn_attention *a, nn_float *scratch)
{
	struct room o = arrange(a, scratch);

	for (size_t head = a->head; a->nq && head < a->head_end; head++)
		head_fwd(a, &o, head);
}

/* -- backward -- */

/* d(prompts, tokens) += alpha A' B over a block of m queries, A (m, n_pad), B (m, d_pad); without add tokens are written. */
static void add_to_keys(nn_float *prompts, nn_float *tokens, const struct nn_attention *a, const struct room *o, size_t head, const nn_float *left,
			const nn_float *b, size_t m, nn_float alpha, int add)
{
	struct product p = { left, 1, o->n_pad, b, o->d_pad, a->n_prompts, a->dh, m, alpha, 1 };

	if (a->n_prompts)
		multiply(prompts + head * a->dh, a->ldp, &p);
	p.a += a->n_prompts;
	p.m = a->z;
	p.add = add;
	multiply(tokens + head * a->dh, a->ld, &p);
}

static void block_bwd(const struct nn_attention *a, const struct nn_attention_grad *g, const struct room *o, size_t head, size_t start, size_t m)
{
	size_t at = head * a->dh;

	pack_rows(o->q, o->d_pad, a->q + start * a->ldq + at, a->ldq, m, a->dh);
	pack_rows(o->dout, o->d_pad, g->dout + start * a->ldo + at, a->ldo, m, a->dh);
	scores(o->s, o, o->q, o->d_pad, o->kt, m, a->dh);
	scores(o->ds, o, o->dout, o->d_pad, o->vt, m, a->dh);
	for (size_t t = 0; t < m; t++) {
		nn_float *s = o->s + t * o->n_pad, *ds = o->ds + t * o->n_pad;
		size_t n = seen(o, a, start + t);
		if (t + start == 0 || a->keys)
			factors(o, a, head, start + t);
		add_bias(s, a, head, start + t);
		softmax_row_bwd(s, ds, o->f, n, a->scale, a->stat[head * a->nq + start + t]);
		forget(s, n, o->n);
		forget(ds, n, o->n);
		if (a->bias)
			NN_K(axpy)((nn_float *)bias_row(a, g->dbias, head, start + t), a->scale, ds + a->n_prompts, a->z);
	}
	add_to_keys(g->dpv, g->dv, a, o, head, o->s, o->dout, m, 1, start || g->add_kv);
	add_to_keys(g->dpk, g->dk, a, o, head, o->ds, o->q, m, a->scale, start || g->add_kv);
	struct product dq = { o->ds, o->n_pad, 1, o->rows, o->d_pad, m, a->dh, o->n, a->scale, g->add_q };
	multiply(g->dq + start * a->ldq + at, a->ldq, &dq);
}

/* Nobody asks these tokens: a gradient that would be written is zero. */
static void not_asked(const struct nn_attention *a, const struct nn_attention_grad *g)
{
	size_t at = a->head * a->dh, n = (a->head_end - a->head) * a->dh;

	for (size_t j = 0; !g->add_kv && j < a->z; j++) {
		forget(g->dk + j * a->ld + at, 0, n);
		forget(g->dv + j * a->ld + at, 0, n);
	}
}

void NN_K(attention_bwd)(const struct nn_attention *a, const struct nn_attention_grad *g, nn_float *scratch)
{
	struct room o = arrange(a, scratch);

	if (!a->nq) {
		not_asked(a, g);
		return;
	}
	for (size_t head = a->head; head < a->head_end; head++) {
		pack(o.kt, &o, a, a->pk, a->k, head, 1);
		pack(o.vt, &o, a, a->pv, a->v, head, 1);
		pack(o.rows, &o, a, a->pk, a->k, head, 0);
		for (size_t start = 0; start < a->nq; start += QUERIES)
			block_bwd(a, g, &o, head, start, a->nq - start < QUERIES ? a->nq - start : QUERIES);
	}
}
