// SPDX-License-Identifier: MIT
#include "commandline.h"

CommandLine CommandLine::parse(const QStringList &arguments)
{
    const QCommandLineOption chaos(QStringLiteral("chaos"));
    const QCommandLineOption help(QStringList{QStringLiteral("help"), QStringLiteral("h")});
    QCommandLineParser parser;
    Demo::WindowOptions::addTo(parser);
    parser.addOptions({chaos, help});
    CommandLine line;
    if (!parser.parse(arguments)) {
        line.error = parser.errorText();
        return line;
    }
    line.help = parser.isSet(help);
    line.chaos = parser.isSet(chaos);
    line.folder = parser.positionalArguments().value(0);
    line.error = line.window.read(parser);
    if (parser.positionalArguments().size() > 1)
        line.error = QStringLiteral("One folder at most, not %1.").arg(parser.positionalArguments().size());
    return line;
}

QString CommandLine::helpText()
{
    return QStringLiteral("Usage: gallery [OPTION...] [FOLDER]\n"
                          "\n"
                          "Shows the pictures of a folder, decoded in worker processes, and what the workers do.\n"
                          "Without a folder it shows sample pictures, which it makes; some of them are hostile.\n"
                          "\n")
        + Demo::WindowOptions::helpText()
        + QStringLiteral("  --chaos            begin with the chaos switch on: some decodes crash, hang or leak\n"
                         "  -h, --help         show this help\n");
}
