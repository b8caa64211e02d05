// SPDX-License-Identifier: MIT
#include <QtPrefork/catcher.h>

namespace Prefork::detail {

AbstractCatcher::~AbstractCatcher() = default;

}
