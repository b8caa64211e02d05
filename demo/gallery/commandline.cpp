// SPDX-License-Identifier: MIT
#include "commandline.h"

#include <QtCore/QCommandLineParser>
#include <QtCore/QRegularExpression>

namespace {

QSize sizeFrom(const QString &text)
{
    static const QRegularExpression form(QStringLiteral("^(\\d{3,5})x(\\d{3,5})$"));
    const QRegularExpressionMatch match = form.match(text);
    return match.hasMatch() ? QSize(match.captured(1).toInt(), match.captured(2).toInt()) : QSize();
}

}

CommandLine CommandLine::parse(const QStringList &arguments)
{
    const QCommandLineOption screenshot(QStringLiteral("screenshot"), {}, QStringLiteral("FILE"));
    const QCommandLineOption after(QStringLiteral("after"), {}, QStringLiteral("SECONDS"));
    const QCommandLineOption size(QStringLiteral("size"), {}, QStringLiteral("WxH"));
    const QCommandLineOption dark(QStringLiteral("dark"));
    const QCommandLineOption chaos(QStringLiteral("chaos"));
    const QCommandLineOption help(QStringList{QStringLiteral("help"), QStringLiteral("h")});
    QCommandLineParser parser;
    parser.addOptions({screenshot, after, size, dark, chaos, help});
    CommandLine line;
    if (!parser.parse(arguments)) {
        line.error = parser.errorText();
        return line;
    }
    line.help = parser.isSet(help);
    line.screenshot = parser.value(screenshot);
    line.dark = parser.isSet(dark);
    line.chaos = parser.isSet(chaos);
    line.folder = parser.positionalArguments().value(0);
    bool isNumber = true;
    if (parser.isSet(after))
        line.after = parser.value(after).toDouble(&isNumber);
    if (parser.isSet(size))
        line.size = sizeFrom(parser.value(size));
    if (parser.positionalArguments().size() > 1)
        line.error = QStringLiteral("One folder at most, not %1.").arg(parser.positionalArguments().size());
    else if (!isNumber || !(line.after >= 0 && line.after <= 3600))
        line.error = QStringLiteral("--after takes seconds, 0 to 3600, not '%1'.").arg(parser.value(after));
    else if (!line.size.isValid() || line.size.width() < 320 || line.size.height() < 320)
        line.error = QStringLiteral("--size takes WIDTHxHEIGHT, at least 320x320, not '%1'.").arg(parser.value(size));
    else if (parser.isSet(screenshot) && line.screenshot.isEmpty())
        line.error = QStringLiteral("--screenshot takes the name of a file.");
    return line;
}

const char *CommandLine::helpText()
{
    return "Usage: gallery [OPTION...] [FOLDER]\n"
           "\n"
           "Shows the pictures of a folder, decoded in worker processes, and what the workers do.\n"
           "Without a folder it shows sample pictures, which it makes; some of them are hostile.\n"
           "\n"
           "  --screenshot FILE  save a picture of the window as PNG, and end\n"
           "  --after SECONDS    when to do that (default: 5)\n"
           "  --size WxH         of the window (default: 1280x800)\n"
           "  --dark             begin with the dark theme\n"
           "  --chaos            begin with the chaos switch on: some decodes crash, hang or leak\n"
           "  -h, --help         show this help\n";
}
