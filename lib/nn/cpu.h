/* Which kernels are in force: the files of lib/nn/simd are compiled once a level of the processor (base, and on x86-64 also v3 = AVX2
 * with FMA and v4 = AVX-512), and the best one the processor has is chosen before main.
 *
 * CP_CPU=base|v3|v4 in the environment chooses a lower one, v4 being without AMX; one the processor lacks, or no level at all, is ignored and the
 * best is taken.
 * Levels differ in rounding (fused multiply-add), so the level belongs beside a result: --version and the ledger name it.
 */
#ifndef NN_CPU_H
#define NN_CPU_H

/* The level in force: "base", "v3" or "v4". */
const char *nn_cpu_level(void);

/* Has the processor, at the level in force, products in bf16 (AVX512_BF16)? */
int nn_cpu_bf16(void);

/* ... and dot products of bytes (AVX512_VNNI)? */
int nn_cpu_int8(void);

/* Products in bf16 and of bytes by AMX?  The first call asks the system, which keeps a thread's tiles for a process that has asked. */
int nn_cpu_amx(void);

/* Choose a level by name, for tests: <0 where it is not known or the processor has not got it.  Not while kernels run. */
int nn_cpu_choose(const char *level);

#endif
