// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DELIVERY_P_H
#define QTPREFORK_DELIVERY_P_H

#include <QtPrefork/frame.h>

namespace Prefork::detail {

/// A frame in which a callback runs that may hold a frame callable. What that one's catchers left must not reach them a
/// second time through this frame.
class Delivery : public Activation
{
public:
    explicit Delivery(const Frame &frame) noexcept
        : Activation(frame, Delivering)
    {
    }
    /// In a catch block: whether the exception is what a frame callable threw to the callback.
    [[nodiscard]] bool isLeftOver() const { return m_left && m_left == std::current_exception(); }

private:
    friend void leaveFrameCallback(const Error &left);

    std::exception_ptr m_left;
};

}

#endif
