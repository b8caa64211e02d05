// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_NATIVEHELLO_P_H
#define QTPREFORK_NATIVEHELLO_P_H

#include "wire/nativefeatures_p.h"
#include "worker/interface_p.h"

namespace Prefork::Internal {

/// This is what a client's hello says; NativeSession reads it.
struct ClientHello
{
    /// Sets the members from the payload of a hello; false if that is malformed.
    [[nodiscard]] bool read(QByteArrayView payload);

    quint64 limit = 0; ///< bytes of the largest message that the client accepts
    qint64 decoded = DefaultMaxDecodedSize;
    Wire::Native::Features features;
};

/// This is the worker's answer to a client's hello.
struct WorkerHello
{
    /// Appends the answer, with at most @p itsLimit bytes of payload: typed methods that do not fit are left out, and
    /// are then not checked by the client.
    void append(const InterfacePrivate &interface, qsizetype limit, QByteArray *out) const;

    qsizetype limit = 0; ///< bytes of the largest message that the worker accepts
    qint64 decoded = DefaultMaxDecodedSize;
    quint64 processId = 0; ///< 0 = the hello does not contain it
    bool tellsSignatures = false; ///< whether it contains the texts of signatures, as far as there is room
};

}

#endif
