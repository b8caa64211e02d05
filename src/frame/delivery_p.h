// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DELIVERY_P_H
#define QTPREFORK_DELIVERY_P_H

#include <QtPrefork/frame.h>

namespace Prefork::detail {

/// Marks, on the stack, that code of the user's runs in @p frame because of a call: a callback, or a handler of an
/// error or a notice. runIn() in client/pendingcall.cpp makes one each time. There is none for a callback that is a
/// frame callable itself, because such a callback enters its own frame.
///
/// This code may call a frame callable, whose own catchers may leave an error. leaveFrameCallback() then throws that
/// error, and notes it in the innermost Delivery of the thread; so isLeftOver() can tell it from all other exceptions.
/// If the code holds that frame callable, the frame of that has dealt with the error already: runIn() then reports the
/// error as unhandled, and gives it to no catcher a second time. Every other exception goes to the catchers of
/// @p frame.
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
