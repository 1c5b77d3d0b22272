/* Names of column types and storages, and which storage each type has: the one table behind schema, text twin and man page. */
#ifndef CP_STORE_H
#define CP_STORE_H

#include "stream/schema.h"

const char *cp_type_name(enum cp_type);				/* CP_OTHER_TYPE: NULL */
enum cp_type cp_type_by_name(const char *);			/* CP_OTHER_TYPE where unknown */
const char *cp_type_storage(enum cp_type);			/* the storage of a known type, by name */
struct cp_store cp_store_by_name(const char *);			/* width 0 where unknown */

#endif
