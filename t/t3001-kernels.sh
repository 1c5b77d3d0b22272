#!/bin/sh
# lib/nn/kernels at every level this processor has: against the plain twins, and in double against central differences.
. "$(dirname "$0")/test-lib.sh"

test_that 'in float, every kernel is as its twin' '"$CP_UNITS/kernels"'
test_that 'in double too, and every gradient is right' '"$CP_UNITS/kernels_double"'
test_that 'matrices that stay, and rows multiplied by them' '"$CP_UNITS/packed" && CP_CPU=v4 "$CP_UNITS/packed"'
test_that 'rows by AMX, its tiles in plain C' '"$CP_UNITS/packed_amx"'
if grep -qw avx512_bf16 /proc/cpuinfo; then
	test_that 'rows by AMX, its instructions as they were compiled' '"$CP_UNITS/packed_trap" >tap || { cat tap; exit 1; }; grep "by AMX bf16" tap && grep "by AMX int8" tap'
else
	test_skip 'rows by AMX, its instructions as they were compiled' 'they are among those of AVX512_BF16, which this processor has not'
fi
test_that 'rows in double' '"$CP_UNITS/packed_double"'
test_that 'CP_CPU chooses the level' 'CP_CPU=base "$CP_UNITS/kernels" | grep "level in force: base"'
test_done
