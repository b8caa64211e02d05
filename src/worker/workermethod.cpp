// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/workermethod.h>

#include "wire/callproblems_p.h"

namespace Prefork::detail {

WorkerMethod::~WorkerMethod() = default;

void WorkerMethod::invoke(CborReader &arguments, quint64 count, ResultSink &result)
{
    const QVariantList list = arguments.readVariants(count);
    expectEnd(arguments);
    MemoryMeter memory = arguments.meter();
    const QVariant value = invoke(list, memory);
    result.begin().writeVariant(value);
}

void expectEnd(CborReader &arguments)
{
    if (arguments.atEnd())
        return;
    if (!arguments.isBroken())
        arguments.fail(QStringLiteral("bytes after the arguments"));
    throw Error(Error::BadArguments, arguments.errorString());
}

void throwArgumentSize(const QString &method, const MemoryMeter &memory)
{
    throw Error(Error::BadArguments,
                QStringLiteral("%1: the arguments cannot be taken: %2").arg(method, memory.errorString()));
}

void throwArgumentCount(const QString &method, quint64 expected, quint64 given)
{
    throw Error(Error::BadArguments,
                QStringLiteral("%1: expected %2, got %3").arg(method, Wire::countOfArguments(expected)).arg(given));
}

void throwArgumentType(const QString &method, std::size_t position, QMetaType expected, const QVariant &given)
{
    throw Error(Error::BadArguments, argumentMisfit(method, position, expected, given));
}

void throwResultMisfit(const QString &method, QMetaType expected, const QVariant &got)
{
    throw Error(Error::WorkerError,
                QStringLiteral("%1: the result must fit %2, but the function returned %3")
                    .arg(method, QLatin1StringView(expected.name()), describe(got)));
}

void throwArgumentType(const QString &method, std::size_t position, QMetaType expected, CborReader &arguments,
                       qsizetype start)
{
    QVariant given;
    if (!arguments.isBroken() && arguments.seek(start))
        static_cast<void>(arguments.readVariant(&given));
    throwArgumentType(method, position, expected, given);
}

}
