// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_ERRORCODE_P_H
#define QTPREFORK_QML_ERRORCODE_P_H

#include <QtPrefork/error.h>

#include <QtQml/qqmlregistration.h>

namespace Prefork::Qml {

/// Has the codes of errors, as in `ErrorCode.Timeout`. The type is not named Error, because that would hide the Error
/// of JavaScript.
namespace ErrorCode {

Q_NAMESPACE
QML_NAMED_ELEMENT(ErrorCode)

enum Code {
    NoError = Error::NoError,
    WorkerError = Error::WorkerError,
    SetupError = Error::SetupError,
    BadArguments = Error::BadArguments,
    NoSuchMethod = Error::NoSuchMethod,
    Timeout = Error::Timeout,
    WorkerLost = Error::WorkerLost,
    Aborted = Error::Aborted,
    QueueFull = Error::QueueFull,
    ProtocolError = Error::ProtocolError,
    Unavailable = Error::Unavailable,
    Shutdown = Error::Shutdown,
    Exception = Error::Exception,
    Canceled = Error::Canceled,
};
Q_ENUM_NS(Code)

}

}

#endif
