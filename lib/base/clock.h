/* Time that only goes forward. */
#ifndef CP_CLOCK_H
#define CP_CLOCK_H

/* Seconds since some moment of this boot. */
double cp_seconds(void);

#endif
