/* Values from their text: see twin_value.h. */
#include "stream/twin_value.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/num.h"

static int parse_real(const char *s, double *out)
{
	if (!strcmp(s, "nan") || !strcmp(s, "inf") || !strcmp(s, "-inf")) {
		*out = s[0] == 'n' ? NAN : s[0] == '-' ? -INFINITY : INFINITY;
		return 0;
	}
	return cp_parse_real(s, out);
}

int cp_twin_elem(const struct cp_column *c, const char *s, union cp_twin_elem *e)
{
	int rc = 0;
	switch (c->store.elem) {
	case CP_U64:
		if (c->type == CP_KEY || c->type == CP_KEYS)
			return strlen(s) == 16 ? cp_parse_hex16(s, &e->u64) : -1;
		return cp_parse_u64(s, &e->u64);
	case CP_I64:
		if (!*s && c->type == CP_TIME) {
			e->i64 = CP_TIME_MISSING;
			return 0;
		}
		return cp_parse_i64(s, &e->i64);
	case CP_U32:
		rc = cp_parse_u64(s, &e->u64);
		if (rc == 0 && e->u64 > UINT32_MAX)
			rc = -1;
		e->u32 = (uint32_t)e->u64;
		return rc;
	case CP_F32:
		rc = parse_real(s, &e->f64);
		if (rc == 0 && isfinite(e->f64) && fabs(e->f64) > (double)FLT_MAX)
			rc = -1;
		e->f32 = rc < 0 ? 0 : (float)e->f64;
		return rc;
	case CP_F64:
		return parse_real(s, &e->f64);
	case CP_BYTE:
		break;
	}
	return -1;
}

void cp_twin_add(struct cp_build *b, union cp_twin_elem e)
{
	switch (b->store.elem) {
	case CP_U32: cp_add_u32(b, e.u32); break;
	case CP_U64: cp_add_u64(b, e.u64); break;
	case CP_I64: cp_add_i64(b, e.i64); break;
	case CP_F32: cp_add_f32(b, e.f32); break;
	case CP_F64: cp_add_f64(b, e.f64); break;
	case CP_BYTE: break;
	}
}

int cp_twin_bad(const struct cp_column *c, const char *s, struct cp_err *err)
{
	return cp_err_set(err, "column '%s' (%s): '%.60s' is not a value of %s", c->name, c->type_name, s, c->store_name);
}
