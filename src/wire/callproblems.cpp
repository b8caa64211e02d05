// SPDX-License-Identifier: MIT
#include "wire/callproblems_p.h"

#include <QtPrefork/detail/memorycost.h>

#include <QtCore/QMetaEnum>

namespace Prefork::Wire {

namespace {

// Only what a worker can know crosses the wire.
Error::Code codeOf(const FailureText &failure)
{
    bool known = false;
    const int code = QMetaEnum::fromType<Error::Code>().keyToValue(failure.code.toLatin1().constData(), &known);
    if (known && (code == Error::SetupError || code == Error::BadArguments || code == Error::NoSuchMethod))
        return Error::Code(code);
    if (failure.code.isEmpty() && failure.message.startsWith(QStringLiteral("setup exception: ")))
        return Error::SetupError;
    return Error::WorkerError;
}

}

QString encodingProblem(const QString &failure)
{
    return QStringLiteral("the arguments cannot be sent: %1").arg(failure);
}

std::optional<QString> sendingProblem(const OutMessage &call, const WorkerTraits &traits)
{
    const qsizetype size = call.size() - traits.headerSize;
    QString excess;
    if (call.decodedSize > detail::decodedBound(size, traits.maxDecodedSize))
        excess = detail::decodedSizeError(size, traits.maxDecodedSize);
    else if (size > traits.maxMessageSize)
        excess = detail::messageSizeError(size, traits.maxMessageSize);
    if (excess.isEmpty())
        return {};
    return QStringLiteral("the arguments cannot be sent, for their worker would not take %1").arg(excess);
}

Error toError(const FailureText &failure)
{
    return Error(codeOf(failure), failure.message, failure.data);
}

Error tooLargeResult(const QString &problem)
{
    return Error(Error::WorkerError, QStringLiteral("the result cannot be taken: %1").arg(problem));
}

QString misfitResult(const QString &method, const QString &given)
{
    return QStringLiteral("the result of %1 is of the wrong type: %2").arg(method, given);
}

QString misfitEvent(const QString &event, const QString &method)
{
    return QStringLiteral(
               "the event '%1' of '%2' does not carry what it should: one of the two programs is out of date")
        .arg(event, method);
}

Error brokenProtocol(const QString &problem)
{
    return Error(Error::ProtocolError, QStringLiteral("protocol error: %1").arg(problem));
}

Error workerLost(const QString &how)
{
    const Error error(Error::WorkerLost, QStringLiteral("worker connection suddenly died"));
    return how.isEmpty() ? error : error.withDetail(QStringLiteral("the worker %1").arg(how));
}

}
