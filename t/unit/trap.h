/* AMX on a processor without it: there its instructions are illegal, and the handler of that signal does what they say, so that they are tested as they
 * were compiled, the bytes that form the tiles included.  What it does not know, or the processor would refuse, ends the test. */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <ucontext.h>

#include "tile_dot.h"

enum { LDTILECFG_TILERELEASE = 0x049, STTILECFG = 0x149, TILEZERO = 0x349, TILESTORED = 0x24b, TILELOADD = 0x34b, TDPBF16PS = 0x25c, TDPBSUD = 0x25e };

/* That of bytes, those of a with a sign. */
static void tile_dot_bytes(int c, int a, int b)
{
	assert(tiles.begun && c != a && c != b && a != b);
	for (int i = 0; i < 16; i++)
		for (int j = 0; j < 16; j++)
			for (int u = 0; u < 64; u++)
				tiles.v[c][i][j] += (uint32_t)((int8_t)(tiles.v[a][i][u / 4] >> u % 4 * 8) * (int)(tiles.v[b][u / 4][j] >> u % 4 * 8 & 0xff));
}

/* Of VEX: prefix, opcode and operands. */
struct instruction {
	const uint8_t *at;
	greg_t *registers;
	unsigned what;		/* the implied prefix, the opcode */
	unsigned mod, reg, rm, vvvv;
};

static greg_t value_of(const struct instruction *i, unsigned number)
{
	static const int of[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12,
				    REG_R13, REG_R14, REG_R15 };
	return i->registers[of[number]];
}

static greg_t number_at(const uint8_t *p, unsigned mod)
{
	int32_t far;
	memcpy(&far, p, sizeof far);
	return mod == 1 ? (int8_t)*p : mod == 2 ? far : 0;
}

/* The address, without the index, which is a stride; *length is the instruction's. */
static char *address(const struct instruction *i, greg_t *stride, size_t *length)
{
	const unsigned base_bit = ~i->at[1] >> 5 & 1, index_bit = ~i->at[1] >> 6 & 1, sib = i->at[5], index = (sib >> 3 & 7) | index_bit << 3;
	const size_t behind = i->rm == 4 ? 6 : 5;	/* a SIB byte or none */
	const int relative = i->mod == 0 && i->rm == 5;
	greg_t base;
	*length = behind + (relative || i->mod == 2 ? 4 : i->mod);
	*stride = i->rm == 4 && index != 4 ? value_of(i, index) << (sib >> 6) : 0;
	if (relative)
		base = (greg_t)(uintptr_t)i->at + (greg_t)*length + number_at(i->at + behind, 2);
	else
		base = value_of(i, (i->rm == 4 ? sib & 7 : i->rm) | base_bit << 3) + number_at(i->at + behind, i->mod);
	return (char *)(uintptr_t)base;
}

static _Thread_local uint8_t form[64];

/* Eight tiles of 16 rows of 64 bytes: the only form that is known here. */
static void begin(const char *from)
{
	static const uint8_t whole[64] = { 1, [16] = 64, [18] = 64, [20] = 64, [22] = 64, [24] = 64, [26] = 64, [28] = 64, [30] = 64,
					   [48] = 16, 16, 16, 16, 16, 16, 16, 16 };
	memcpy(form, from, sizeof form);
	if (memcmp(form, whole, sizeof whole))
		abort();
	memset(&tiles, 0, sizeof tiles);
	tiles.begun = 1;
}

static size_t with_memory(const struct instruction *i)
{
	size_t length;
	greg_t stride;
	char *memory = address(i, &stride, &length);
	if (i->what == LDTILECFG_TILERELEASE)
		begin(memory);
	else if (i->what == STTILECFG)
		memcpy(memory, form, sizeof form);
	else if (i->what == TILELOADD || i->what == TILESTORED)
		tile_move((int)i->reg, memory, (size_t)stride, i->what == TILESTORED);
	else
		abort();
	return length;
}

static size_t with_registers(const struct instruction *i)
{
	if (!tiles.begun)
		abort();
	if (i->what == LDTILECFG_TILERELEASE)
		tiles.begun = form[0] = 0;
	else if (i->what == TILEZERO)
		memset(tiles.v[i->reg], 0, sizeof tiles.v[0]);
	else if (i->what == TDPBF16PS)
		tile_dot((int)i->reg, (int)i->rm, (int)i->vvvv);
	else if (i->what == TDPBSUD)
		tile_dot_bytes((int)i->reg, (int)i->rm, (int)i->vvvv);
	else
		abort();
	return 5;
}

static void instead(int signal, siginfo_t *info, void *context)
{
	greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
	const uint8_t *at = (const uint8_t *)(uintptr_t)registers[REG_RIP];
	struct instruction i = { at, registers, (at[2] & 3u) << 8 | at[3], at[4] >> 6, at[4] >> 3 & 7, at[4] & 7, ~at[2] >> 3 & 15 };
	(void)signal, (void)info;
	if (at[0] != 0xc4 || (at[1] & 0x1f) != 2)
		abort();
	registers[REG_RIP] += (greg_t)(i.mod == 3 ? with_registers(&i) : with_memory(&i));
}

__attribute__((constructor)) static void trap(void)
{
	struct sigaction action = { .sa_sigaction = instead, .sa_flags = SA_SIGINFO };
	sigaction(SIGILL, &action, NULL);
}
