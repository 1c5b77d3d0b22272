#!/bin/sh
# CSV from memory, byte by byte, and all by libcsv: rows and the sentences of faults.
. "$(dirname "$0")/test-lib.sh"
exec "$CP_UNITS/csv"
