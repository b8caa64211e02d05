// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DELIVERY_P_H
#define QTPREFORK_DELIVERY_P_H

#include <QtPrefork/frame.h>

namespace Prefork::detail {

/// Marks, on the stack, that a call's callback runs in @p frame. The callback may hold a frame callable, whose own
/// catchers may leave an error; this object remembers that error, so that its owner can tell it from other exceptions
/// and does not give it to the same catchers a second time. runIn() in client/pendingcall.cpp makes one for each
/// callback.
class Delivery : public Activation
{
public:
    explicit Delivery(const Frame &frame) noexcept
        : Activation(frame, Delivering)
    {
    }
    /// Call this in a catch block. Tells whether the exception is the error that a frame callable's catchers left.
    [[nodiscard]] bool isLeftOver() const { return m_left && m_left == std::current_exception(); }

private:
    friend void leaveFrameCallback(const Error &left);

    std::exception_ptr m_left;
};

}

#endif
