/* jansson's memory.  Its functions give NULL where there is none, which to their callers is what is not there: a member, a document, a text. */
#ifndef CP_JSON_H
#define CP_JSON_H

/* From now on its allocations that fail end as ours do (cp_out_of_memory) in a thread that cp_mem_catch watches, and in a tool; in any other they give
 * NULL as before.  What was allocated until now is freed as it would have been.  Once a process, before threads use it. */
void cp_json_guard_memory(void);

#endif
