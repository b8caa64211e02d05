// SPDX-License-Identifier: MIT
#include "wire/callproblems_p.h"

#include "frame/counted_p.h"

#include <QtPrefork/detail/memorycost.h>
#include <QtPrefork/detail/signature.h>

#include <QtCore/QMetaEnum>

namespace Prefork::Wire {

namespace {

// Returns the code of an error that came over a connection. A worker can only know these few codes: any other is a
// WorkerError.
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

QString encodingProblem(const EncodingFailure &failure)
{
    if (failure.argument == 0)
        return QStringLiteral("the arguments cannot be sent: %1").arg(failure.what);
    return QStringLiteral("argument %1 cannot be sent: %2").arg(QString::number(failure.argument), failure.what);
}

QString nameProblem(const QString &what)
{
    return QStringLiteral("the name of the method cannot be sent: %1").arg(what);
}

QString encodingProblem(const EncodingFailure &failure, const QString &event)
{
    if (failure.argument == 0)
        return QStringLiteral("the event '%1' cannot be sent: %2").arg(event, failure.what);
    return QStringLiteral("argument %1 of the event '%2' cannot be sent: %3")
        .arg(QString::number(failure.argument), event, failure.what);
}

QString countOfArguments(quint64 count)
{
    return Internal::counted(count, QLatin1StringView("argument"));
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
    const Error error(codeOf(failure), failure.message, failure.data);
    return failure.detail.isEmpty() ? error : error.withDetail(failure.detail);
}

Error refusedResult(const QString &problem)
{
    return Error(Error::WorkerError, problem);
}

Error misfitResult(const QString &method, const QString &given, const detail::ResultHandler &handler)
{
    return Error(Error::WorkerError,
                 QStringLiteral("the result of %1 is of the wrong type: %2 does not fit %3")
                     .arg(method, given, QLatin1StringView(handler.result().typeName())));
}

EventProblem problemOfEvent(const Incoming &event, const QString &method, const detail::EventHandler &handler,
                            const detail::CborReader &tried, const detail::TypeRegistry &types, qint64 maxDecodedSize)
{
    const auto cannotBeTaken = [&](const QString &why) {
        return EventProblem{QStringLiteral("the event '%1' of '%2' cannot be taken: %3").arg(event.event, method, why),
                            true};
    };
    if (tried.isRefused())
        return cannotBeTaken(tried.errorString());
    detail::CborReader reader(event.arguments, &types, nullptr, maxDecodedSize);
    QByteArray expected;
    QByteArray given;
    const QVariantList values = reader.readVariants(event.argumentCount);
    for (const QVariant &value : values)
        detail::appendWireType(&given, value.metaType());
    if (reader.isBroken() || !handler.appendTypes(&expected))
        return {QStringLiteral("the event '%1' of '%2': %3").arg(event.event, method, reader.errorString()), false};
    if (expected == given)
        return cannotBeTaken(QStringLiteral("a value of it does not fit %1").arg(detail::typesInWords(expected)));
    return {
        QStringLiteral("the event '%1' of '%2' is %1(%3) here and came as %1(%4): one of the two programs is out of "
                       "date")
            .arg(event.event, method, detail::typesInWords(expected), detail::typesInWords(given)),
        false};
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
