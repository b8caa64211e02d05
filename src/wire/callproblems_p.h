// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CALLPROBLEMS_P_H
#define QTPREFORK_CALLPROBLEMS_P_H

#include "wire/message_p.h"
#include "wire/workertraits_p.h"

#include <QtPrefork/detail/callhandlers.h>
#include <QtPrefork/error.h>

#include <optional>

/// What a caller says of calls that cannot be sent, and of answers that it cannot use, whichever way the call goes.
namespace Prefork::Wire {

/// The arguments cannot be encoded; @p failure is what they have.
[[nodiscard]] QString encodingProblem(const QString &failure);
/// Why a worker of @p traits would not take a call that is encoded.
[[nodiscard]] std::optional<QString> sendingProblem(const OutMessage &call, const WorkerTraits &traits);

/// The error of a call that has failed in its worker.
[[nodiscard]] Error toError(const FailureText &failure);
/// The error of a call whose result was refused; @p problem says why, in a sentence.
[[nodiscard]] Error refusedResult(const QString &problem);
/// The error of a call whose result is @p given, which does not fit what @p method returns.
[[nodiscard]] Error misfitResult(const QString &method, const QString &given);
/// What is wrong with a worker whose event does not carry what @p handler should get; it may hold @p types.
[[nodiscard]] QString misfitEvent(const Incoming &event, const QString &method, const detail::EventHandler &handler,
                                  const detail::TypeRegistry &types, qint64 maxDecodedSize);
/// The error of the calls of a worker that has broken the protocol.
[[nodiscard]] Error brokenProtocol(const QString &problem);
/// The error of the calls of a worker that has gone; @p how says how, as in "was killed", or is empty.
[[nodiscard]] Error workerLost(const QString &how);

}

#endif
