/* The signals that end a process unless it listens, of those that others send. */
#ifndef CP_SIGNALS_H
#define CP_SIGNALS_H

#include <signal.h>

static const int cp_ending_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGXCPU };
enum { CP_N_ENDING_SIGNALS = sizeof cp_ending_signals / sizeof *cp_ending_signals };

#endif
