// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_MESSAGE_P_H
#define QTPREFORK_MESSAGE_P_H

#include <QtCore/QString>
#include <QtCore/QVariant>

namespace Prefork::Wire {

/// The most bytes one message may have unless the user says otherwise.
inline constexpr qsizetype DefaultMaxMessageSize = 64 * 1024 * 1024;

/// What a client asks of its worker.
struct Request
{
    enum Kind { Call, Done };
    Kind kind = Call;
    QVariantList items; ///< of a Call: the method's name, if it has one, then the arguments
};

/// How a worker answers a Call.
struct Reply
{
    enum Kind { Result, Failure };
    Kind kind = Result;
    QVariant value; ///< of a Result
    QString message; ///< of a Failure, as this and all below
    QString code; ///< name of an Error::Code; empty when the worker gave none
    QVariant data;
};

}

#endif
