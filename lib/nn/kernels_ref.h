/* The plain twins of the kernels: what each means, in the fewest lines.  NAME_ref has the signature of NAME in nn/kernels.h. */
#ifndef NN_KERNELS_REF_H
#define NN_KERNELS_REF_H

#include "nn/kernels.h"

#define NN_DECLARE_REF(name) extern __typeof__(*nn_##name) nn_##name##_ref;
NN_KERNELS(NN_DECLARE_REF)
#undef NN_DECLARE_REF

/* Those of nn_product_bf16()->rows and of nn_product_int8()->rows. */
extern __typeof__(*nn_packed_fwd) nn_packed_bf16_fwd_ref, nn_packed_int8_fwd_ref;

#endif
