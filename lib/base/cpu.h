/* Levels of the processor for code compiled once a level: "base", and on x86-64 also "v3" (AVX2, FMA, BMI) and "v4" (AVX-512), as the
 * x86-64 psABI names them.
 *
 * The Makefile compiles lib/ROOM/simd/NAME.c for every level with CP_LEVEL set to its name, and the room chooses at start-up, CP_CPU in
 * the environment or the best there is:
 *
 *     if (!strcmp(cp_cpu_level(), "v3")) ...
 */
#ifndef CP_CPU_H
#define CP_CPU_H

/* Does the program know this level, and has the processor got it? */
int cp_cpu_has(const char *level);

/* CP_CPU's, if it has it, else the best one. */
const char *cp_cpu_level(void);

#define CP_PASTE2(a, b) a##b
#define CP_PASTE(a, b) CP_PASTE2(a, b)
#define CP_AT_LEVEL(name) CP_PASTE(name##_, CP_LEVEL)	/* name_v3 and so on */

#endif
