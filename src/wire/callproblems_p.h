// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CALLPROBLEMS_P_H
#define QTPREFORK_CALLPROBLEMS_P_H

#include "wire/message_p.h"
#include "wire/workertraits_p.h"

#include <QtPrefork/detail/callhandlers.h>
#include <QtPrefork/detail/resulthandler.h>
#include <QtPrefork/error.h>

#include <optional>

/// These are the errors of calls, in one place for both callers: a client with a connection, and InProcessWorker, which
/// has none. The functions make texts and errors only; they decide nothing and have no state.
namespace Prefork::Wire {

/// This is what was wrong when values were encoded.
struct EncodingFailure
{
    QString what; ///< what cannot be sent, such as "a value nested deeper than 64 levels"
    int argument = 0; ///< the argument that contains it, counted from 1; 0 if it is not in one argument
};
/// Returns the text for a call that cannot be encoded.
[[nodiscard]] QString encodingProblem(const EncodingFailure &failure);
/// Returns the text for a method's name that cannot be encoded.
[[nodiscard]] QString nameProblem(const QString &what);
/// Returns the text for an event that cannot be encoded.
[[nodiscard]] QString encodingProblem(const EncodingFailure &failure, const QString &event);
/// Returns how many arguments there are, as in "1 argument" and "2 arguments".
[[nodiscard]] QString countOfArguments(quint64 count);
/// Returns why a worker with @p traits would not accept the encoded @p call; nothing if it would.
[[nodiscard]] std::optional<QString> sendingProblem(const OutMessage &call, const WorkerTraits &traits);

/// Returns the error of a call that has failed in its worker.
[[nodiscard]] Error toError(const FailureText &failure);
/// Returns the error of a call whose result was refused; @p problem says why, in a sentence.
[[nodiscard]] Error refusedResult(const QString &problem);
/// Returns the error of a call of @p method whose result is @p given, which is not of the type that @p handler takes.
[[nodiscard]] Error misfitResult(const QString &method, const QString &given, const detail::ResultHandler &handler);
/// This is what is wrong with an event that a handler has not read.
struct EventProblem
{
    QString text;
    bool isOfCall; ///< true if the event costs its call alone, false if its worker is of no use
};
/// Returns what is wrong with an event that @p handler could not read from @p tried. The event's values are decoded
/// once more to name their types: with the registered @p types, and within @p maxDecodedSize.
[[nodiscard]] EventProblem problemOfEvent(const Incoming &event, const QString &method,
                                          const detail::EventHandler &handler, const detail::CborReader &tried,
                                          const detail::TypeRegistry &types, qint64 maxDecodedSize);
/// Returns the error of the calls of a worker that has broken the protocol.
[[nodiscard]] Error brokenProtocol(const QString &problem);
/// Returns the error of the calls of a worker that has gone; @p how says how, as in "was killed", or is empty.
[[nodiscard]] Error workerLost(const QString &how);

}

#endif
