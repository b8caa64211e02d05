// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CALLFRAME_P_H
#define QTPREFORK_CALLFRAME_P_H

#include <QtPrefork/frame.h>

namespace Prefork::detail {

/// Makes the frames of calls, as Frame::create() does, but without the cost of options that a call does not need.
class CallFrame
{
public:
    /// Makes a frame with this name, in which @p call is called. Its parent is the current frame.
    [[nodiscard]] static Frame create(const QByteArray &name, const QByteArray &call, SourceLocation where);
    [[nodiscard]] static Frame create(const QByteArray &name, const QByteArray &call, const Frame &parent,
                                      SourceLocation where);
    /// Returns what create() was given as @p call.
    [[nodiscard]] static QByteArray callOf(const Frame &frame);
};

}

#endif
