// SPDX-License-Identifier: MIT
#include "windowoptions.h"

#include <QtCore/QRegularExpression>

namespace Demo {

namespace {

QSize sizeFrom(const QString &text)
{
    static const QRegularExpression form(QStringLiteral("^(\\d{3,5})x(\\d{3,5})$"));
    const QRegularExpressionMatch match = form.match(text);
    return match.hasMatch() ? QSize(match.captured(1).toInt(), match.captured(2).toInt()) : QSize();
}

}

void WindowOptions::addTo(QCommandLineParser &parser)
{
    parser.addOptions({
        {QStringLiteral("screenshot"), {}, QStringLiteral("FILE")},
        {QStringLiteral("after"), {}, QStringLiteral("SECONDS")},
        {QStringLiteral("size"), {}, QStringLiteral("WxH")},
        QCommandLineOption(QStringLiteral("dark")),
    });
}

QString WindowOptions::read(const QCommandLineParser &parser)
{
    const auto value = [&parser](const char *option) { return parser.value(QLatin1StringView(option)); };
    screenshot = value("screenshot");
    dark = parser.isSet(QStringLiteral("dark"));
    bool isNumber = true;
    if (parser.isSet(QStringLiteral("after")))
        after = value("after").toDouble(&isNumber);
    if (parser.isSet(QStringLiteral("size")))
        size = sizeFrom(value("size"));
    if (!isNumber || !(after >= 0 && after <= 3600))
        return QStringLiteral("--after takes seconds, 0 to 3600, not '%1'.").arg(value("after"));
    if (!size.isValid() || size.width() < 320 || size.height() < 320)
        return QStringLiteral("--size takes WIDTHxHEIGHT, at least 320x320, not '%1'.").arg(value("size"));
    if (parser.isSet(QStringLiteral("screenshot")) && screenshot.isEmpty())
        return QStringLiteral("--screenshot takes the name of a file.");
    return {};
}

QString WindowOptions::helpText()
{
    return QStringLiteral("  --screenshot FILE  save a picture of the window as PNG, and end\n"
                          "  --after SECONDS    when to do that (default: 5)\n"
                          "  --size WxH         of the window (default: 1280x800)\n"
                          "  --dark             begin with the dark theme\n");
}

void WindowOptions::findPlatform() const
{
    const bool hasDisplay = qEnvironmentVariableIsSet("DISPLAY") || qEnvironmentVariableIsSet("WAYLAND_DISPLAY");
    if (!screenshot.isEmpty() && !hasDisplay && !qEnvironmentVariableIsSet("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
}

QStringList argumentsFrom(int argc, char *argv[])
{
    QStringList arguments;
    for (int i = 0; i < argc; ++i)
        arguments.append(QString::fromLocal8Bit(argv[i]));
    return arguments;
}

}
