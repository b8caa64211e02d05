// SPDX-License-Identifier: MIT
#include <QtPrefork/error.h>

#include "frame/printable_p.h"

#include <QtCore/QDebug>
#include <QtCore/QMetaEnum>

#include <string>
#include <typeinfo>

namespace Prefork {

class ErrorPrivate : public QSharedData
{
public:
    Error::Code code = Error::NoError;
    QString message;
    QByteArray what;
    QString detail;
    QString method;
    QVariant data;
    QString backTrace;
    std::exception_ptr exception;
};

namespace {

QString textOfCurrentException()
{
    try {
        throw;
    } catch (const std::exception &exception) {
        return QString::fromUtf8(exception.what());
    } catch (const QString &text) {
        return text;
    } catch (const QByteArray &text) {
        return QString::fromUtf8(text);
    } catch (const std::string &text) {
        return QString::fromStdString(text);
    } catch (const char *text) {
        return QString::fromUtf8(text);
    } catch (...) {
        return QStringLiteral("an exception of an unknown type");
    }
}

}

Error::Error() noexcept = default;
Error::Error(const Error &other) noexcept = default;
Error &Error::operator=(const Error &other) noexcept = default;
Error::~Error() = default;

Error::Error(Code code, const QString &message, const QVariant &data)
    : d(new ErrorPrivate)
{
    d->code = code;
    d->message = message;
    d->what = d->message.toUtf8();
    d->data = data;
}

Error::Error(const QString &message, const QVariant &data)
    : Error(WorkerError, message, data)
{
}

Error Error::fromException(const std::exception_ptr &exception)
{
    if (!exception)
        return {};
    try {
        std::rethrow_exception(exception);
    } catch (const Error &error) {
        if (typeid(error) == typeid(Error) || error.exception())
            return error;
        Error whole = error.d ? error : Error(NoError, QString());
        whole.d->exception = exception; // without it rethrow() would slice an object of a derived class
        return whole;
    } catch (...) {
        Error error(Exception, textOfCurrentException());
        error.d->exception = exception;
        return error;
    }
}

Error Error::fromCurrentException()
{
    return fromException(std::current_exception());
}

Error::Code Error::code() const noexcept
{
    return d ? d->code : NoError;
}

bool Error::isFatal() const noexcept
{
    switch (code()) {
    case Timeout:
    case WorkerLost:
    case Aborted:
    case QueueFull:
    case ProtocolError:
    case Unavailable:
    case Shutdown:
        return true;
    case Canceled:
    case NoError:
    case WorkerError:
    case SetupError:
    case BadArguments:
    case NoSuchMethod:
    case Exception:
        break;
    }
    return false;
}

QString Error::message() const
{
    return d ? d->message : QString();
}

QString Error::printableMessage() const
{
    return detail::printable(message());
}

QString Error::detail() const
{
    return d ? d->detail : QString();
}

QString Error::method() const
{
    return d ? d->method : QString();
}

QVariant Error::data() const
{
    return d ? d->data : QVariant();
}

QString Error::backTrace() const
{
    return d ? d->backTrace : QString();
}

std::exception_ptr Error::exception() const noexcept
{
    return d ? d->exception : nullptr;
}

void Error::rethrow() const
{
    if (d && d->exception)
        std::rethrow_exception(d->exception);
    throw *this;
}

const char *Error::what() const noexcept
{
    return d ? d->what.constData() : "";
}

Error Error::withDetail(const QString &detail) const
{
    Error copy = d ? *this : Error(NoError, QString());
    copy.d->detail = detail;
    return copy;
}

Error Error::withMethod(const QString &method) const
{
    Error copy = d ? *this : Error(NoError, QString());
    copy.d->method = method;
    return copy;
}

Error Error::withBackTrace(const QString &backTrace) const
{
    Error copy = d ? *this : Error(NoError, QString());
    copy.d->backTrace = backTrace;
    return copy;
}

bool operator==(const Error &a, const Error &b)
{
    return a.code() == b.code() && a.message() == b.message() && a.method() == b.method() && a.data() == b.data();
}

QDebug operator<<(QDebug debug, const Error &error)
{
    const QDebugStateSaver saver(debug);
    debug.nospace().noquote() << "Prefork::Error(" << QMetaEnum::fromType<Error::Code>().valueToKey(error.code());
    if (!error.method().isEmpty())
        debug << ", " << detail::printable(error.method());
    debug << ", \"" << error.printableMessage() << '"';
    if (!error.detail().isEmpty())
        debug << ", " << detail::printable(error.detail());
    return debug << ')';
}

}
