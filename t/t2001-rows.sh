#!/bin/sh
# Rows of columns: keys against XXH3, roles, fields, templates, parts against the whole.
. "$(dirname "$0")/test-lib.sh"
exec "$CP_UNITS/rows"
