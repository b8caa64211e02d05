// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ERROR_H
#define QTPREFORK_ERROR_H

#include <QtPrefork/global.h>

#include <QtCore/QMetaType>
#include <QtCore/QObject>
#include <QtCore/QSharedDataPointer>
#include <QtCore/QString>
#include <QtCore/QVariant>

#include <exception>

QT_BEGIN_NAMESPACE
class QDebug;
QT_END_NAMESPACE

namespace Prefork {

class ErrorPrivate;

/// What went wrong with a call, as a value: a code to decide by, a text to show, and where it happened.
///
/// Errors reach you through the catcher of a frame, through Checkout::errored() and through the unhandled-error hook.
/// Worker code may throw one: code, message and data then cross the wire. Implicitly shared and freely copied between
/// threads.
class QTPREFORK_EXPORT Error : public std::exception
{
    Q_GADGET
    Q_PROPERTY(Code code READ code CONSTANT)
    Q_PROPERTY(QString message READ message CONSTANT)
    Q_PROPERTY(QString detail READ detail CONSTANT)
    Q_PROPERTY(QString method READ method CONSTANT)
    Q_PROPERTY(QVariant data READ data CONSTANT)
    Q_PROPERTY(QString backTrace READ backTrace CONSTANT)
    Q_PROPERTY(bool fatal READ isFatal CONSTANT)

public:
    enum Code {
        NoError, ///< a default-constructed Error
        WorkerError, ///< the method threw, or its result did not fit; the worker lives on
        SetupError, ///< the interface's setup threw: `setup exception: …`; the worker lives on
        BadArguments, ///< arguments that could not be serialised, or that the method's parameters did not accept
        NoSuchMethod, ///< the interface has no method of that name
        Timeout, ///< fatal: `timed out after N seconds`
        WorkerLost, ///< fatal: `worker connection suddenly died`
        Aborted, ///< fatal: Checkout::abort()
        QueueFull, ///< fatal: more checkouts waiting than ClientOptions::maxQueued
        ProtocolError, ///< fatal: the worker sent something that is not the protocol
        Unavailable, ///< fatal: no server there and the client was told not to wait, or the zygote is gone
        Shutdown, ///< fatal: the client was destroyed, or the checkout was already released
        Exception, ///< a callback threw something that is not an Error; see exception()
        Canceled, ///< only in a future, or in a callback for errors: the call was not run, for one before it in its
                  ///< checkout has failed, as detail() says
    };
    Q_ENUM(Code)

    Error() noexcept;
    Error(Code code, const QString &message, const QVariant &data = {});
    /// An error a worker's method throws: code WorkerError. @p data, if any, reaches the client as data().
    explicit Error(const QString &message, const QVariant &data = {});
    Error(const Error &other) noexcept;
    Error &operator=(const Error &other) noexcept;
    ~Error() override;

    /// The Error for any exception: an Error itself unchanged; for another type, code Exception, the text of
    /// std::exception::what() (or of a thrown QString, QByteArray, const char *, std::string), and the exception kept
    /// in exception(). An object of a class derived from Error gives its Error part, and is kept in exception() too.
    /// The null pointer gives Error().
    [[nodiscard]] static Error fromException(const std::exception_ptr &exception);
    /// fromException() of the exception being handled; call it inside a catch block.
    [[nodiscard]] static Error fromCurrentException();

    [[nodiscard]] Code code() const noexcept;
    /// True for the codes that end a checkout: Timeout, WorkerLost, Aborted, QueueFull, ProtocolError, Unavailable,
    /// Shutdown.
    [[nodiscard]] bool isFatal() const noexcept;
    /// What went wrong, exactly as it was thrown or sent: a text of a Perl worker may end with a newline, and of others
    /// hold anything.
    [[nodiscard]] QString message() const;
    /// message() for a log or a terminal, as back-traces and our own logs have it: on one line, without the newlines at
    /// its end, other characters that cannot be printed escaped (`\n`, `\x1b`).
    [[nodiscard]] QString printableMessage() const;
    /// The cause behind the message when it is known: "the worker was killed by SIGKILL", "waited in line behind 7
    /// checkouts", or why there is no connection; empty otherwise.
    [[nodiscard]] QString detail() const;
    /// The method that was called; empty for a function call and for an error that belongs to no call.
    [[nodiscard]] QString method() const;
    /// The structured payload the worker threw, if it threw one; else invalid.
    [[nodiscard]] QVariant data() const;
    /// printableMessage() and the frames the error passed, innermost first, in the format of Frame::backTrace(). Empty
    /// until it met a frame.
    [[nodiscard]] QString backTrace() const;
    /// The foreign exception behind this error, the very object that was thrown; null when there is none.
    [[nodiscard]] std::exception_ptr exception() const noexcept;
    /// Throws the foreign exception if there is one, else this Error.
    [[noreturn]] void rethrow() const;
    /// message() in UTF-8.
    [[nodiscard]] const char *what() const noexcept override;

    [[nodiscard]] Error withDetail(const QString &detail) const;
    [[nodiscard]] Error withMethod(const QString &method) const;
    [[nodiscard]] Error withBackTrace(const QString &backTrace) const;

    /// Equal in code, message, method and data; where it happened does not count.
    friend QTPREFORK_EXPORT bool operator==(const Error &a, const Error &b);
    friend bool operator!=(const Error &a, const Error &b) { return !(a == b); }

private:
    QSharedDataPointer<ErrorPrivate> d;
};

QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const Error &error);

}

Q_DECLARE_METATYPE(Prefork::Error)

#endif
