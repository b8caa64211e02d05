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

/// An error of a call, as a value. It tells a code for programs, a text for people, and the place where the error
/// happened.
///
/// Errors are delivered to the catcher of a frame, by Checkout::errored(), and to the unhandled-error handler. Code in
/// a worker may throw an Error: its code, message and data are sent to the client. Errors are implicitly shared, and
/// may be copied freely between threads.
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
    /// What kind of error this is. Errors marked as fatal end their checkout.
    enum Code {
        NoError, ///< no error: the code of a default-constructed Error
        WorkerError, ///< the method threw an exception, or its result could not be sent or taken; the worker goes on
        SetupError, ///< the interface's setup threw an exception: `setup exception: …`; the worker goes on
        BadArguments, ///< the arguments could not be sent, or do not fit the parameters of the method
        NoSuchMethod, ///< the interface has no method of this name
        Timeout, ///< fatal: a time limit of the call is over: `timed out after N seconds`
        WorkerLost, ///< fatal: the connection to the worker has ended: `worker connection suddenly died`
        Aborted, ///< fatal: Checkout::abort() was called
        QueueFull, ///< fatal: more checkouts wait than ClientOptions::maxQueued allows, or more bytes than
                   ///< maxBytesToWrite allows
        ProtocolError, ///< fatal: the worker sent something that the protocol does not allow
        Unavailable, ///< fatal: there is no server and ClientOptions::waitForServer is false, or the zygote no longer
                     ///< exists, or the address is invalid
        Shutdown, ///< fatal: the client was closed or destroyed, or the checkout was released before the call
        Exception, ///< a callback threw something that is not an Error; exception() returns it
        Canceled, ///< the call was not run because a call before it in its checkout has failed, as detail() says; only
                  ///< futures and callbacks for errors receive this code
    };
    Q_ENUM(Code)

    /// Makes an error with the code NoError.
    Error() noexcept;
    /// Makes an error with these properties.
    Error(Code code, const QString &message, const QVariant &data = {});
    /// Makes an error of code WorkerError, for a worker's method to throw. @p data reaches the client as data().
    explicit Error(const QString &message, const QVariant &data = {});
    Error(const Error &other) noexcept;
    Error &operator=(const Error &other) noexcept;
    ~Error() override;

    /// Returns an Error for any exception. An exception that is an Error is returned unchanged. For another type, the
    /// Error has the code Exception, and exception() returns the exception. The text is that of std::exception::what(),
    /// or that of a thrown QString, QByteArray, const char * or std::string. For an object of a class derived from
    /// Error, its Error part is returned, and exception() returns the object. For the null pointer, Error() is
    /// returned.
    [[nodiscard]] static Error fromException(const std::exception_ptr &exception);
    /// Returns fromException() of the exception that is being handled. Call it inside a catch block.
    [[nodiscard]] static Error fromCurrentException();

    /// Returns the code of the error.
    [[nodiscard]] Code code() const noexcept;
    /// Returns true if the error ends its checkout. The fatal codes are Timeout, WorkerLost, Aborted, QueueFull,
    /// ProtocolError, Unavailable and Shutdown.
    [[nodiscard]] bool isFatal() const noexcept;
    /// Returns the text of the error, exactly as it was thrown or sent. A text from a Perl worker may end with a
    /// newline, and other texts may contain any characters.
    [[nodiscard]] QString message() const;
    /// Returns message() in a form for a log or a terminal: on one line, without newlines at its end, and with other
    /// unprintable characters escaped (`\n`, `\x1b`). Back-traces and the library's own log lines use this form.
    [[nodiscard]] QString printableMessage() const;
    /// Returns the cause of the error, or an empty string if it is not known. Examples are "the worker was killed by
    /// SIGKILL", "waited in line behind 7 checkouts", and why there is no connection.
    [[nodiscard]] QString detail() const;
    /// Returns the name of the method that was called. It is empty for Checkout::callFunction(), and for an error that
    /// belongs to no call.
    [[nodiscard]] QString method() const;
    /// Returns the data that the worker threw with the error, or an invalid QVariant if there is none.
    [[nodiscard]] QVariant data() const;
    /// Returns printableMessage() and the frames that the error passed, innermost first, in the format of
    /// Frame::backTrace(). It is empty until the error reaches a frame.
    [[nodiscard]] QString backTrace() const;
    /// Returns the exception from which this Error was made if it is of another type: the object that was thrown.
    /// Otherwise returns null.
    [[nodiscard]] std::exception_ptr exception() const noexcept;
    /// Throws exception() if it is not null, otherwise this Error.
    [[noreturn]] void rethrow() const;
    /// Returns message() in UTF-8.
    [[nodiscard]] const char *what() const noexcept override;

    /// Returns a copy of this error with another detail().
    [[nodiscard]] Error withDetail(const QString &detail) const;
    /// Returns a copy of this error with another method().
    [[nodiscard]] Error withMethod(const QString &method) const;
    /// Returns a copy of this error with another backTrace().
    [[nodiscard]] Error withBackTrace(const QString &backTrace) const;

    /// Returns true if code, message, method and data are equal. The detail and the back-trace are not compared.
    friend QTPREFORK_EXPORT bool operator==(const Error &a, const Error &b);
    friend bool operator!=(const Error &a, const Error &b) { return !(a == b); }

private:
    QSharedDataPointer<ErrorPrivate> d;
};

QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const Error &error);

}

Q_DECLARE_METATYPE(Prefork::Error)

#endif
