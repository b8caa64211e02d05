// SPDX-License-Identifier: MIT
#include "callcommand.h"

#include "jsonargument.h"

#include <QtPrefork/Client>
#include <QtPrefork/Frame>
#include <QtPrefork/ShutdownSignals>

#include <QtCore/QCommandLineParser>
#include <QtCore/QCoreApplication>
#include <QtCore/QDebug>
#include <QtCore/QElapsedTimer>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>

#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <optional>

namespace Tools {

namespace {

constexpr double MaxTimeout = 1e9;
constexpr int SignalBase = 128; // as in a shell: the exit code after a signal is this plus the signal's number
constexpr std::chrono::milliseconds CancelPatience(500);

struct CallOptions
{
    Prefork::Address address;
    QString method; // null to call without a method's name
    QVariantList arguments;
    std::chrono::milliseconds timeout{30000};
    bool wait = true;
    bool showsProgress = false;
    std::optional<Prefork::Protocol> protocol; // unset: try native, then JSON
};

int usageError(const QString &problem)
{
    std::fprintf(stderr, "prefork call: %s\nTry 'prefork call --help'.\n", qPrintable(problem));
    return Usage;
}

QByteArray textFromResult(const QVariant &result);

// Returns @p items, each as JSON, with commas between them.
template <class List, class Text>
QByteArray joined(const List &items, Text text)
{
    QByteArrayList texts;
    for (auto item = items.cbegin(); item != items.cend(); ++item)
        texts.append(text(item));
    return texts.join(',');
}

// Returns @p result as JSON. A value of a type that JSON does not have is a string there, as qDebug() shows it.
QByteArray textFromResult(const QVariant &result)
{
    switch (result.typeId()) {
    case QMetaType::QVariantList:
        return '[' + joined(result.toList(), [](auto item) { return textFromResult(*item); }) + ']';
    case QMetaType::QVariantMap:
        return '{'
            + joined(result.toMap(),
                     [](auto entry) { return textFromResult(entry.key()) + ':' + textFromResult(entry.value()); })
            + '}';
    case QMetaType::ULongLong:
        return QByteArray::number(result.toULongLong());
    default:
        break;
    }
    if (result.isValid() && result.typeId() != QMetaType::Nullptr && QJsonValue::fromVariant(result).isNull()
        && result.typeId() != QMetaType::Double && !result.canConvert<QString>()) {
        QString shown;
        QDebug debug(&shown);
        debug.nospace().noquote();
        result.metaType().debugStream(debug, result.constData());
        return textFromResult(shown);
    }
    const QByteArray array = QJsonDocument(QJsonArray{QJsonValue::fromVariant(result)}).toJson(QJsonDocument::Compact);
    return array.sliced(1, array.size() - 2);
}

// QCommandLineParser takes everything that begins with a dash for an option. So negative numbers, which are arguments,
// get this character in front while it parses.
constexpr QChar NumberMark(0x1);

QStringList withNumbersMarked(QStringList words)
{
    for (QString &word : words) {
        if (word.size() > 1 && word.startsWith(u'-') && word.at(1).isDigit())
            word.prepend(NumberMark);
    }
    return words;
}

QString withoutMark(const QString &word)
{
    return word.startsWith(NumberMark) ? word.sliced(1) : word;
}

std::optional<std::chrono::milliseconds> timeoutFromText(const QString &text)
{
    bool ok = false;
    const double seconds = text.toDouble(&ok);
    if (!ok || !(seconds >= 0 && seconds <= MaxTimeout))
        return {};
    return std::chrono::milliseconds(qint64(std::ceil(seconds * 1000)));
}

void report(const Prefork::Error &error, const QString &connectionError, const CallOptions &options)
{
    // A time-out names the whole time, even if only what was left of it was given to a second attempt.
    const double seconds = std::chrono::duration<double>(options.timeout).count();
    const bool isTimeout = error.code() == Prefork::Error::Timeout;
    const QString time = seconds == 1 ? QStringLiteral("1 second") : QStringLiteral("%1 seconds").arg(seconds);
    const QString message = isTimeout ? QStringLiteral("timed out after %1").arg(time) : error.printableMessage();
    std::fprintf(stderr, "%s\n", qPrintable(message));
    const bool isAboutConnecting = isTimeout || error.code() == Prefork::Error::WorkerLost;
    // After a time-out, the first failure to connect says more than the state in which the second attempt was.
    const bool isObstacle
        = !connectionError.isEmpty() && (isTimeout || (isAboutConnecting && error.detail().isEmpty()));
    const QString cause = isObstacle ? connectionError : error.detail();
    if (!cause.isEmpty())
        std::fprintf(stderr, "(%s)\n", qPrintable(cause));
}

// Prints @p line as one line, whatever characters the worker has put into it.
void printLine(const QString &line)
{
    std::fprintf(stderr, "%s\n", qPrintable(Prefork::Error(line).printableMessage()));
}

void printProgress(const Prefork::Progress &progress)
{
    const QString line = QStringLiteral("progress %1/%2").arg(progress.value()).arg(progress.maximum());
    printLine(progress.text().isEmpty() ? line : line + u' ' + progress.text());
}

void printEvent(const QString &name, const QVariantList &arguments)
{
    QString line = name;
    for (const QVariant &argument : arguments)
        line += u' ' + QString::fromUtf8(textFromResult(argument));
    printLine(line);
}

// Makes the call; @p maker is a checkout's, with handlers or without.
template <class Maker, class Callback>
Prefork::Call begin(const Maker &maker, const CallOptions &options, Callback callback)
{
    return options.method.isNull() ? maker.callFunction(options.arguments, callback)
                                   : maker.call(options.method, options.arguments, callback);
}

// Makes the call with one protocol and returns the exit code. Returns nothing if the server refused that protocol
// before the call was sent; then @p refusal says how, and may later explain the end of another attempt.
std::optional<int> callWith(Prefork::Protocol protocol, bool mayBeRefused, std::chrono::milliseconds timeout,
                            const CallOptions &options, const Prefork::ShutdownSignals &shutdown, QString *refusal)
{
    std::optional<int> exitCode;
    bool isRefused = false;
    Prefork::Client client(
        options.address,
        {.minWorkers = 0, .maxWorkers = 1, .timeout = timeout, .waitForServer = options.wait, .protocol = protocol});
    const auto finish = [&](int code) {
        if (!isRefused)
            exitCode = code;
        QCoreApplication::quit();
    };
    const auto succeed = [&finish](const QVariant &result) {
        const QByteArray text = textFromResult(result) + '\n';
        const bool isWritten
            = std::fwrite(text.constData(), 1, std::size_t(text.size()), stdout) == std::size_t(text.size())
            && std::fflush(stdout) == 0;
        if (!isWritten)
            std::fprintf(stderr, "prefork call: cannot write the result: %s\n", std::strerror(errno));
        finish(isWritten ? Success : Fatal);
    };
    const auto fail = [&](const Prefork::Error &error) {
        if (isRefused)
            return;
        report(error, client.connectionError().isEmpty() ? *refusal : client.connectionError(), options);
        finish(error.isFatal() ? Fatal : MethodFailed);
    };
    if (mayBeRefused) {
        QObject::connect(&client, &Prefork::Client::protocolRefused, &client, [&] {
            isRefused = !exitCode;
            *refusal = client.connectionError();
            QCoreApplication::quit();
        });
    }
    const Prefork::CheckoutPtr checkout = client.checkout();
    Prefork::Call call;
    Prefork::frameTry(
        [&] {
            const Prefork::CallMaker plain = checkout->with({});
            call = options.showsProgress
                ? begin(plain.onProgress(&printProgress).onEvent(&printEvent), options, succeed)
                : begin(plain, options, succeed);
        },
        fail);
    const auto onSignal = QObject::connect(&shutdown, &Prefork::ShutdownSignals::requested, &client, [&](int signal) {
        call.cancel();
        exitCode = SignalBase + signal;
    });
    QCoreApplication::exec();
    QObject::disconnect(onSignal);
    if (exitCode > SignalBase)
        static_cast<void>(checkout->waitForSettled(CancelPatience)); // so that the worker hears of the cancel
    return exitCode;
}

int call(const CallOptions &options)
{
    QElapsedTimer sinceStart;
    sinceStart.start();
    const bool mustFindOut = !options.protocol;
    QString refusal;
    const Prefork::ShutdownSignals shutdown;
    const auto first = callWith(options.protocol.value_or(Prefork::Protocol::Native), mustFindOut, options.timeout,
                                options, shutdown, &refusal);
    if (first)
        return *first;
    const auto left = options.timeout - std::chrono::milliseconds(sinceStart.elapsed());
    const auto timeout = options.timeout.count() == 0 ? options.timeout : std::max(left, std::chrono::milliseconds(1));
    return callWith(Prefork::Protocol::Json, false, timeout, options, shutdown, &refusal).value_or(Fatal);
}

bool protocolFromText(const QString &text, std::optional<Prefork::Protocol> *protocol)
{
    if (text == u"native")
        *protocol = Prefork::Protocol::Native;
    else if (text == u"json")
        *protocol = Prefork::Protocol::Json;
    return *protocol || text == u"auto";
}

}

int runCall(const QStringList &arguments)
{
    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral(
        "Calls one method of a worker and prints its result as a line of JSON.\n\n"
        "Arguments are JSON where they parse as JSON, else strings: 5 is a number, '\"5\"' and hello are strings.\n"
        "Put -- before other arguments than numbers that begin with a dash.\n\n"
        "Exit status: 0 result; 1 the method raised an error; 2 usage; 3 time-out, worker lost, could not connect,\n"
        "or could not write the result; 130 after Ctrl-C, which cancels the call, and 143 after SIGTERM, which does "
        "too."));
    parser.setOptionsAfterPositionalArgumentsMode(QCommandLineParser::ParseAsOptions);
    parser.addOption({{QStringLiteral("h"), QStringLiteral("help")}, QStringLiteral("Shows this help.")});
    parser.addOption(
        {QStringLiteral("timeout"),
         QStringLiteral("The longest it may take, the wait for the server included: 30 unless given, 0 = any time."),
         QStringLiteral("SECONDS"), QStringLiteral("30")});
    parser.addOption(
        {QStringLiteral("protocol"),
         QStringLiteral("native, json, or auto: native, and json where that is refused, or not answered for a second."),
         QStringLiteral("PROTOCOL"), QStringLiteral("auto")});
    parser.addOption({QStringLiteral("function"),
                      QStringLiteral("Call without a method name: all that follows ADDRESS is arguments.")});
    parser.addOption({QStringLiteral("progress"),
                      QStringLiteral("Print events and progress as they come, each as a line on standard error.")});
    parser.addOption({QStringLiteral("no-wait"),
                      QStringLiteral("Fail at once when no server is there, instead of trying until the time-out.")});
    parser.addPositionalArgument(QStringLiteral("ADDRESS"), QStringLiteral("unix:/path/to.socket or tcp://host:port"));
    parser.addPositionalArgument(QStringLiteral("METHOD"), QStringLiteral("The method's name."));
    parser.addPositionalArgument(QStringLiteral("ARG"), QStringLiteral("Its arguments."), QStringLiteral("[ARG...]"));

    if (!parser.parse(withNumbersMarked(arguments)))
        return usageError(parser.errorText());
    if (parser.isSet(QStringLiteral("help"))) {
        const QString help = parser.helpText(); // its first line does not name the command
        std::printf("Usage: prefork call [OPTIONS] ADDRESS METHOD [ARG...]\n%s",
                    qPrintable(help.sliced(help.indexOf(u'\n') + 1)));
        return Success;
    }
    QStringList words = parser.positionalArguments();
    if (words.isEmpty())
        return usageError(QStringLiteral("an address is missing"));
    CallOptions options;
    options.address = words.takeFirst();
    if (!options.address.isValid())
        return usageError(options.address.errorString());
    if (!parser.isSet(QStringLiteral("function"))) {
        if (words.isEmpty())
            return usageError(QStringLiteral("a method is missing; use --function to call without one"));
        options.method = words.takeFirst();
    }
    const QString timeoutText = withoutMark(parser.value(QStringLiteral("timeout")));
    const auto timeout = timeoutFromText(timeoutText);
    if (!timeout)
        return usageError(QStringLiteral("--timeout takes a number of seconds, not '%1'").arg(timeoutText));
    options.timeout = *timeout;
    const QString protocolText = parser.value(QStringLiteral("protocol"));
    if (!protocolFromText(protocolText, &options.protocol))
        return usageError(QStringLiteral("--protocol takes native, json or auto, not '%1'").arg(protocolText));
    options.showsProgress = parser.isSet(QStringLiteral("progress"));
    options.wait = !parser.isSet(QStringLiteral("no-wait"));
    for (const QString &word : std::as_const(words)) {
        QString problem;
        const std::optional<QVariant> argument = argumentFromText(withoutMark(word), &problem);
        if (!argument)
            return usageError(problem);
        options.arguments.append(*argument);
    }
    return call(options);
}

}
