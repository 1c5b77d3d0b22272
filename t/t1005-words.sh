#!/bin/sh
# Codecs of columns of 8-byte elements, and digests: see t/unit/words.c.
. "$(dirname "$0")/test-lib.sh"
exec "$CP_UNITS/words"
