/* What cp-featurize and cp-textify do once their options are read: they differ in these and in what they ask of lib/text/prepare.h. */
#ifndef CP_TOOLS_PREPARE_H
#define CP_TOOLS_PREPARE_H

#include "text/prepare.h"
#include "tool.h"

/* Records, lines or a declaration, made of the operands; the job's lines_given are freed.  Returns the exit status for main(). */
int cp_tool_prepare(const struct cp_tool *, const struct cp_prepare *, int argc, char **argv);

#endif
