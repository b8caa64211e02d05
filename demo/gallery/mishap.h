// SPDX-License-Identifier: MIT
#ifndef GALLERY_MISHAP_H
#define GALLERY_MISHAP_H

#include "decoder.h"

/// Does to this process what @p mishap says, as a bad decoder would. It returns only if there is no mishap.
void suffer(Decoder::Mishap mishap);

#endif
