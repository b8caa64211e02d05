// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_NATIVEHELLO_P_H
#define QTPREFORK_NATIVEHELLO_P_H

#include "wire/nativefeatures_p.h"
#include "worker/interface_p.h"

namespace Prefork::Internal {

/// What a client's hello says.
struct ClientHello
{
    /// False if it is malformed.
    [[nodiscard]] bool read(QByteArrayView payload);

    quint64 limit = 0; ///< of bytes
    qint64 decoded = DefaultMaxDecodedSize;
    Wire::Native::Features features;
};

/// What a worker answers.
struct WorkerHello
{
    /// Appends it, in at most @p limit bytes of payload: typed methods for which there is no room are left out.
    void append(const InterfacePrivate &interface, qsizetype limit, QByteArray *out) const;

    qsizetype limit = 0; ///< of bytes
    qint64 decoded = DefaultMaxDecodedSize;
    quint64 processId = 0; ///< 0 = not told
    bool tellsSignatures = false; ///< as far as there is room
};

}

#endif
