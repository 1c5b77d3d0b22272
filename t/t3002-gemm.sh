#!/bin/sh
# lib/nn/gemm: products as by a plain loop, the same bits for any number of threads.
. "$(dirname "$0")/test-lib.sh"

test_that 'products in float' '"$CP_UNITS/gemm"'
test_that 'products in double' '"$CP_UNITS/gemm_double"'
test_that 'products by AMX, its tiles in plain C' '"$CP_UNITS/gemm_amx" >tap || { cat tap; exit 1; }; grep "own AMX bf16" tap'
if grep -qw avx512_bf16 /proc/cpuinfo; then
	test_that 'products by AMX, its instructions as they were compiled' '"$CP_UNITS/gemm_trap" >tap || { cat tap; exit 1; }; grep "own AMX bf16" tap'
else
	test_skip 'products by AMX, its instructions as they were compiled' 'they are among those of AVX512_BF16, which this processor has not'
fi
test_that 'CP_CPU=v4 leaves AMX out' 'CP_CPU=v4 "$CP_UNITS/gemm" >tap || { cat tap; exit 1; }; ! grep AMX tap'
case $(uname -m) in
x86_64) test_that 'a core the user names is left in force' 'OPENBLAS_CORETYPE=Prescott "$CP_UNITS/gemm" | grep "OpenBLAS .* Prescott"' ;;
*) test_skip 'a core the user names is left in force' 'the names are those of x86-64' ;;
esac
test_done
