/* Passes of chunks; see pour.h for the idea.
 *
 * A pass: cuts up to N_CHUNKS of what is in memory are given out as chunks, a task each of the team's, beside the tasks that read on and
 * that write.  Then settle() goes through the chunks in order and takes those that begin where the one before ended.
 */
#include "text/pour.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "text/scan.h"

enum { N_CHUNKS = 16 };
#define WINDOW ((size_t)4 << 20)	/* bytes read in one go */
#define CHUNK_BYTES ((size_t)1 << 20)	/* a chunk ends at a row's end behind these, */
#define CHUNK_MORE(bytes) ((bytes) / 16 + 1)	/* or, if none comes, so many bytes later wherever that is */

struct place {			/* in the input, between two rows */
	size_t at;		/* in the buffer */
	uint64_t line, row;
};

/* What a chunk became, until it is written. */
struct made {
	struct cp_packed *packed;
	struct cp_buf lines;
	size_t n_rows;
};

struct chunk {
	struct place from, to;		/* guessed, but for the first of a pass */
	struct place end;		/* where the next row begins */
	enum { REACHED, FULL, SHORT, FAILED } how;	/* to; the block is full before; a row is not whole; a bad row, or no memory */
	uint64_t n_bad;
	struct cp_err bad, err;		/* the first bad row; why it FAILED */
	struct made made;
};

/* What a thread works with: its own, so that it stays in the processor's cache from chunk to chunk. */
struct desk {
	atomic_flag taken;
	struct cp_csv *csv;		/* NULL: never used yet */
	struct cp_fill *fill;
	struct cp_buf scratch;
};

struct pour {
	struct cp_pour *job;
	size_t chunk_rows, window, chunk_bytes;
	char *buf;
	size_t cap, end;		/* buf[0, end) is read */
	int eof;
	size_t seen_end;		/* end and eof as the chunks of this pass know them */
	int seen_eof;
	struct place now;		/* all before is done */
	/* cuts: guesses of where rows end, ascending */
	struct place *cut;
	size_t n_cuts, cap_cuts;
	struct place scanned, last;	/* the guess has come so far; the last cut */
	struct cp_scan_lines lines;
	struct chunk chunk[N_CHUNKS];
	size_t n_chunks, most;		/* of this pass; as many as it may be */
	struct desk *desk;		/* one a thread */
	int n_desks;
	struct made out[N_CHUNKS];	/* of the pass before, to be written */
	size_t n_out;
	struct cp_err read_err, write_err;
	int read_failed, write_failed;
	int wants_more, is_short;	/* read on in this pass; in the last one a row was not whole */
};

/* ---- reading ---- */

/* Room for another window, which a task may then fill while others read what is there. */
static void make_room(struct pour *p)
{
	if (p->eof || p->cap - p->end >= p->window)
		return;
	size_t gone = p->now.at, n = p->end - gone;
	char *old = p->buf;
	if (p->cap - n < p->window + p->cap / 4) {	/* else it would be moved too often */
		p->cap = p->cap ? 2 * p->cap : 3 * p->window;
		p->buf = cp_xmalloc(p->cap);
	}
	if (n)
		memmove(p->buf, old + gone, n);
	if (old != p->buf)
		free(old);
	p->end = n;
	p->now.at = 0;
	p->scanned.at -= gone;
	p->last.at -= gone;
	for (size_t i = 0; i < p->n_cuts; i++)
		p->cut[i].at -= gone;
}

/* A window, whole unless the input ends: how the bytes come must not show. */
static void read_window(struct pour *p)
{
	struct cp_pour *job = p->job;
	size_t stop = p->end + p->window;
	while (p->end < stop && !p->eof) {
		ssize_t n = read(job->fd, p->buf + p->end, stop - p->end);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			p->read_failed = 1;
			cp_err_set(&p->read_err, "%s: read: %m", job->csv->file);
			return;
		}
		p->eof = n == 0;
		if (job->digest)
			cp_digest_add(job->digest, p->buf + p->end, (size_t)n);
		p->end += (size_t)n;
		job->n_bytes += (size_t)n;
	}
}

/* ---- cuts ---- */

static void add_cut(struct pour *p)
{
	p->cut = cp_xgrow(p->cut, &p->cap_cuts, p->n_cuts + 1, sizeof *p->cut);
	p->cut[p->n_cuts++] = p->last = p->scanned;
	p->lines = (struct cp_scan_lines){ .behind_end = 1 };
}

/* Go on to the end of the wanted-th row, or to `stop` bytes, or to the end of what is there; 1 if the row's end was found. */
static int scan_rows(struct pour *p, uint64_t wanted, size_t stop)
{
	uint64_t line = p->lines.lines;
	stop = stop < p->end ? stop : p->end;
	if (stop <= p->scanned.at)
		return 0;
	p->lines.rows = wanted;
	p->scanned.at += cp_scan_in_force->lines(p->buf + p->scanned.at, stop - p->scanned.at, &p->lines);
	p->scanned.line += p->lines.lines - line;
	p->scanned.row += wanted - p->lines.rows;
	return !p->lines.rows;
}

static void find_cuts(struct pour *p)
{
	while (p->scanned.at < p->end) {
		size_t enough = p->last.at + p->chunk_bytes, most = enough + CHUNK_MORE(p->chunk_bytes);
		uint64_t rows = p->scanned.row - p->last.row;
		if (scan_rows(p, p->chunk_rows - rows, enough) || (p->scanned.at >= enough && scan_rows(p, 1, most))
		    || p->scanned.at >= most)
			add_cut(p);
	}
}

/* Nothing is known of what is behind `now`. */
static void forget_cuts(struct pour *p)
{
	p->n_cuts = 0;
	p->scanned = p->last = p->now;
	p->lines = (struct cp_scan_lines){ .behind_end = 1 };
	find_cuts(p);
}

/* ---- a chunk ---- */

static int note_bad(struct pour *p, struct chunk *c, const struct cp_err *err, int can_go_on)
{
	if (!p->job->skip_bad || !can_go_on) {
		c->how = FAILED;
		c->err = *err;
		return -1;
	}
	if (!c->n_bad++)
		c->bad = *err;
	return 0;
}

/* 1 go on, 0 the chunk is at its end. */
static int take_row(struct pour *p, struct chunk *c, struct desk *d)
{
	struct cp_err err;
	uint64_t line;
	int rc = cp_csv_next(d->csv, &err);
	if (rc == 0) {
		c->how = p->seen_eof ? REACHED : SHORT;
		if (p->seen_eof)
			c->end.at = p->seen_end;	/* blank lines, at most, are left */
		return 0;
	}
	uint64_t number = c->from.row + d->csv->n_rows - 1;
	if (rc < 0 ? note_bad(p, c, &err, d->csv->bad_row) < 0
		   : cp_fill_row(d->fill, d->csv->fields, number, d->csv->line, &err) < 0 && note_bad(p, c, &err, 1) < 0)
		return 0;
	c->end.at = c->from.at + cp_csv_part_next(d->csv, &line);
	c->end.line = line;
	c->end.row = number + 1;
	return 1;
}

static int finish_block(struct pour *p, struct chunk *c, struct desk *d, struct cp_err *err)
{
	struct cp_block b;
	cp_fill_block(d->fill, &b);
	c->made.n_rows = b.n_rows;
	if (p->job->writer)
		return cp_packed_make(c->made.packed, b.n_rows, b.column, &d->scratch, err);
	const struct cp_values *text = &b.column[b.n_columns - 1];
	cp_buf_reset(&c->made.lines);
	for (size_t i = 0; i < b.n_rows; i++) {
		cp_buf_add(&c->made.lines, text->bytes + text->offsets[i], text->offsets[i + 1] - text->offsets[i]);
		cp_buf_char(&c->made.lines, '\n');
	}
	return 0;
}

/* There is always one: no more tasks run at once than there are threads. */
static struct desk *take_desk(struct pour *p)
{
	struct desk *d = p->desk;
	while (atomic_flag_test_and_set(&d->taken))
		d = d + 1 < p->desk + p->n_desks ? d + 1 : p->desk;
	if (!d->csv) {
		d->csv = cp_csv_part_new(p->job->csv);
		d->fill = cp_fill_new(p->job->plan);
	}
	return d;
}

static void work_chunk(struct pour *p, struct chunk *c)
{
	struct cp_err err;
	struct desk *d = take_desk(p);
	c->how = REACHED;
	c->n_bad = 0;
	c->end = c->from;
	cp_csv_part_set(d->csv, p->buf + c->from.at, p->seen_end - c->from.at, c->from.line, p->seen_eof);
	cp_fill_reset(d->fill);
	while (c->end.at < c->to.at && c->how == REACHED)
		if (cp_fill_is_full(d->fill))
			c->how = FULL;
		else if (!take_row(p, c, d))
			break;
	if (finish_block(p, c, d, &err) < 0) {
		c->how = FAILED;
		c->err = err;
	}
	atomic_flag_clear(&d->taken);
}

/* ---- a pass ---- */

static void write_out(struct pour *p)
{
	struct cp_pour *job = p->job;
	for (size_t i = 0; i < p->n_out && !p->write_failed; i++) {
		const struct made *m = &p->out[i];
		int rc = 0;
		if (job->writer)
			rc = cp_writer_packed(job->writer, m->packed, &p->write_err);
		else if (fwrite(m->lines.data, 1, m->lines.len, job->lines) != m->lines.len)
			rc = cp_err_set(&p->write_err, "write: %m");
		p->write_failed = rc < 0;
		job->rows_out += m->n_rows;
	}
	p->n_out = 0;
}

static void run_task(void *ctx, int task)
{
	struct pour *p = ctx;
	if (task == 0)
		write_out(p);
	else if (task > 1)
		work_chunk(p, &p->chunk[task - 2]);
	else if (p->wants_more) {
		read_window(p);
		find_cuts(p);
	}
}

static void add_chunk(struct pour *p, struct place from, struct place to)
{
	struct chunk *c = &p->chunk[p->n_chunks++];
	if (p->job->writer && !c->made.packed) {
		c->made.packed = cp_packed_new(p->job->writer);
		p->out[c - p->chunk].packed = cp_packed_new(p->job->writer);
	}
	c->from = from;
	c->to = to;
}

/* Chunks for the next pass, from `now` on: what is known then, and whether to read on meanwhile. */
static void plan_pass(struct pour *p)
{
	struct place from = p->now;
	make_room(p);
	from.at = p->now.at;
	p->n_chunks = 0;
	for (size_t i = 0; i < p->n_cuts && p->n_chunks < p->most; i++, from = p->cut[i - 1])
		add_chunk(p, from, p->cut[i]);
	if (p->eof && p->n_chunks < p->most && from.at < p->end) {
		add_chunk(p, from, (struct place){ .at = p->end });
		from.at = p->end;
	}
	p->seen_end = p->end;
	p->seen_eof = p->eof;
	p->wants_more = !p->eof && (p->is_short || !p->n_chunks || p->end - from.at < p->window);
}

/* Take over what the chunk made. */
static void take_chunk(struct pour *p, struct chunk *c)
{
	struct cp_pour *job = p->job;
	struct made m = p->out[p->n_out];
	p->out[p->n_out++] = c->made;
	c->made = m;
	if (c->n_bad && !job->first_bad)
		job->first_bad = cp_xstrdup(c->bad.msg);
	job->n_bad += c->n_bad;
	p->now = c->end;
}

static int is_place(struct place a, struct place b)
{
	return a.at == b.at && a.row == b.row;
}

/* What of the pass holds; 1 if all did, -1 if the input did not. */
static int settle(struct pour *p, struct cp_err *err)
{
	p->is_short = 0;
	for (size_t i = 0; i < p->n_chunks; i++) {
		struct chunk *c = &p->chunk[i];
		if (!is_place(c->from, p->now))
			return 0;
		take_chunk(p, c);
		if (c->how == FAILED) {
			*err = c->err;
			return -1;
		}
		p->is_short = c->how == SHORT;
		if (c->how == FULL)
			p->chunk_bytes = (c->end.at - c->from.at) * 3 / 4 + 1;
	}
	return !p->n_chunks || p->now.at == p->seen_end || is_place(p->chunk[p->n_chunks - 1].to, p->now);
}

/* Many guesses were wrong: try fewer at once. */
static void learn(struct pour *p, int all_held)
{
	if (!all_held) {
		p->most = p->most / 2 + (p->most == 1);
		forget_cuts(p);
		return;
	}
	size_t used = p->n_chunks < p->n_cuts ? p->n_chunks : p->n_cuts;
	if (used)
		memmove(p->cut, p->cut + used, (p->n_cuts - used) * sizeof *p->cut);
	p->n_cuts -= used;
	p->most = p->most < N_CHUNKS ? 2 * p->most : N_CHUNKS;
}

static int pour_all(struct pour *p, struct cp_err *err)
{
	int rc = 1;
	while (rc >= 0 && !(p->eof && p->now.at == p->end)) {
		plan_pass(p);
		cp_team_run(p->job->team, (int)p->n_chunks + 2, run_task, p);
		rc = settle(p, err);
		if (rc >= 0)
			learn(p, rc);
		if (p->write_failed || p->read_failed)
			break;
	}
	if (!p->write_failed)
		write_out(p);
	if (rc >= 0 && (p->write_failed || p->read_failed)) {
		*err = p->write_failed ? p->write_err : p->read_err;
		rc = -1;
	}
	return rc < 0 ? -1 : 0;
}

/* ---- beginning and end ---- */

static void begin(struct pour *p)
{
	struct cp_pour *job = p->job;
	size_t n;
	const char *rest = cp_csv_rest(job->csv, &n, &p->now.line);
	p->window = job->window ? job->window : WINDOW;
	p->chunk_rows = job->chunk_rows ? job->chunk_rows : CP_BLOCK_ROWS;
	p->chunk_bytes = p->window < WINDOW ? p->window / 4 + 1 : CHUNK_BYTES;
	p->most = N_CHUNKS;
	p->cap = n + 3 * p->window;
	p->buf = cp_xmalloc(p->cap);
	if (n)
		memcpy(p->buf, rest, n);
	p->end = n;
	p->now.row = job->first_row;
	p->eof = job->fd < 0;
	job->n_bytes = job->csv->n_bytes;
	forget_cuts(p);
}

static void release(struct pour *p)
{
	for (size_t i = 0; i < N_CHUNKS; i++) {
		struct chunk *c = &p->chunk[i];
		cp_packed_free(c->made.packed);
		cp_buf_release(&c->made.lines);
		cp_packed_free(p->out[i].packed);
		cp_buf_release(&p->out[i].lines);
	}
	for (int i = 0; i < p->n_desks; i++) {
		cp_csv_close(p->desk[i].csv);
		cp_fill_free(p->desk[i].fill);
		cp_buf_release(&p->desk[i].scratch);
	}
	free(p->desk);
	free(p->cut);
	free(p->buf);
}

int cp_pour(struct cp_pour *job, struct cp_err *err)
{
	struct pour *p = cp_xcalloc(1, sizeof *p);
	p->job = job;
	p->n_desks = cp_team_size(job->team);
	p->desk = cp_xcalloc((size_t)p->n_desks, sizeof *p->desk);
	for (int i = 0; i < p->n_desks; i++) {
		atomic_flag_clear(&p->desk[i].taken);
		cp_buf_init(&p->desk[i].scratch);
	}
	for (size_t i = 0; i < N_CHUNKS; i++) {
		cp_buf_init(&p->chunk[i].made.lines);
		cp_buf_init(&p->out[i].lines);
	}
	begin(p);
	int rc = pour_all(p, err);
	job->rows_in = p->now.row - job->first_row;
	release(p);
	free(p);
	return rc;
}
