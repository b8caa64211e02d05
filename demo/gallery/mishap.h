// SPDX-License-Identifier: MIT
#ifndef GALLERY_MISHAP_H
#define GALLERY_MISHAP_H

#include "decoder.h"

/// Does to this process what @p mishap says, as bad decoders do it; then it does not return.
void suffer(Decoder::Mishap mishap);

#endif
