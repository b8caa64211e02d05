// SPDX-License-Identifier: MIT
#include "commandline.h"

#include "callarguments.h"
#include "callloop.h"

namespace {

QString problemOf(const QStringList &addresses, const Prefork::Address &address)
{
    const QString cure = QStringLiteral("Give it as unix:/path/to.socket or tcp://host:port.");
    if (addresses.isEmpty())
        return QStringLiteral("The address of the server is missing. %1").arg(cure);
    if (addresses.size() > 1)
        return QStringLiteral("One address, not %1: '%2' is too much.").arg(addresses.size()).arg(addresses.at(1));
    return address.isValid() ? QString() : QStringLiteral("%1. %2").arg(address.errorString(), cure);
}

// Reads the options about the calls, and returns what is wrong with them.
QString readCalls(const QCommandLineParser &parser, CommandLine *line)
{
    const bool isMethodGiven = parser.isSet(QStringLiteral("call"));
    line->method = parser.value(QStringLiteral("call"));
    if (isMethodGiven && line->method.isEmpty())
        return QStringLiteral("--call takes the name of a method.");
    const QString atATime = parser.value(QStringLiteral("at-a-time"));
    bool isNumber = false;
    line->atATime = atATime.toInt(&isNumber);
    if (!isNumber || line->atATime < 1 || line->atATime > CallLoop::Most)
        return QStringLiteral("--at-a-time takes a number, 1 to %1, not '%2'.").arg(CallLoop::Most).arg(atATime);
    const QString protocol = parser.value(QStringLiteral("protocol"));
    if (protocol == u"json")
        line->protocol = Prefork::Protocol::Json;
    else if (protocol == u"native")
        line->protocol = Prefork::Protocol::Native;
    else if (parser.isSet(QStringLiteral("protocol")))
        return QStringLiteral("--protocol takes native or json, not '%1'.").arg(protocol);
    if (!isMethodGiven && parser.isSet(QStringLiteral("args")))
        return QStringLiteral("--args is for a method: add --call METHOD.");
    line->arguments = parser.value(QStringLiteral("args"));
    return CallArguments::read(line->arguments).problem;
}

}

CommandLine CommandLine::parse(const QStringList &arguments)
{
    QCommandLineParser parser;
    Demo::WindowOptions::addTo(parser);
    parser.addOptions({
        {QStringLiteral("call"), {}, QStringLiteral("METHOD")},
        {QStringLiteral("args"), {}, QStringLiteral("ARGUMENTS")},
        {QStringLiteral("at-a-time"), {}, QStringLiteral("N"), QStringLiteral("4")},
        {QStringLiteral("protocol"), {}, QStringLiteral("PROTOCOL")},
        QCommandLineOption(QStringList{QStringLiteral("help"), QStringLiteral("h")}),
        QCommandLineOption(QStringLiteral("version")),
    });
    CommandLine line;
    const bool isParsed = parser.parse(arguments);
    line.help = parser.isSet(QStringLiteral("help"));
    line.version = parser.isSet(QStringLiteral("version"));
    if (line.help || line.version)
        return line;
    line.error = isParsed ? line.window.read(parser) : parser.errorText();
    if (!line.error.isEmpty())
        return line;
    line.address = parser.positionalArguments().value(0);
    line.error = problemOf(parser.positionalArguments(), line.address);
    if (line.error.isEmpty())
        line.error = readCalls(parser, &line);
    return line;
}

QString CommandLine::helpText()
{
    return QStringLiteral("Usage: prefork-monitor [OPTION...] ADDRESS\n"
                          "\n"
                          "Calls a server in a loop, and shows what the workers of its client do: their states, how\n"
                          "many calls wait, throughput, latencies, and which workers have died of what.\n"
                          "The address is unix:/path/to.socket or tcp://host:port.\n"
                          "\n"
                          "  --call METHOD      call this method from the beginning\n"
                          "  --args ARGUMENTS   its arguments, with blanks between them: each is JSON, such as 5,\n"
                          "                     \"two words\" or {\"a\": [1, 2]}, or else a text, such as hello\n"
                          "  --at-a-time N      how many calls at a time, 1 to 32 (default: 4)\n"
                          "  --protocol json    for a server that speaks nothing else, such as one in Perl\n")
        + Demo::WindowOptions::helpText()
        + QStringLiteral("  -h, --help         show this help\n"
                         "  --version          show the version\n");
}
