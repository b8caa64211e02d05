// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_KEPTRESULT_H
#define QTPREFORK_DETAIL_KEPTRESULT_H

#include <QtPrefork/detail/resulthandler.h>

namespace Prefork::detail {

/// A receiver that keeps the result until its caller takes it.
template <class R>
class KeptResult final : public TypedResult<R>
{
public:
    void deliver() override { }
    [[nodiscard]] R take()
    {
        if constexpr (!std::is_void_v<R>)
            return std::move(this->m_value);
    }
};

}

#endif
