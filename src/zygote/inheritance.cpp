// SPDX-License-Identifier: MIT
#include "zygote/inheritance_p.h"

#include <QtCore/QByteArray>
#include <QtCore/QRandomGenerator>
#include <QtNetwork/QHostInfo>

#include <array>
#include <clocale>
#include <cstdlib>
#include <cstring>
#include <langinfo.h>
#include <type_traits>

namespace Prefork::Internal::Inheritance {

namespace {

bool isUtf8(const char *encoding)
{
    return qstricmp(encoding, "UTF-8") == 0 || qstricmp(encoding, "utf8") == 0;
}

// Returns the locale of the same language with the encoding UTF-8: "de_DE.UTF-8" for "de_DE@euro".
QByteArray inUtf8(const QByteArray &locale)
{
    QByteArray name = locale;
    for (const char mark : {'.', '@'}) {
        if (const qsizetype end = name.indexOf(mark); end >= 0)
            name.truncate(end);
    }
    return name + ".UTF-8";
}

}

void adoptLocale()
{
    if (qstrcmp(std::setlocale(LC_ALL, nullptr), "C") != 0)
        return;
    std::setlocale(LC_ALL, "");
    if (isUtf8(::nl_langinfo(CODESET)))
        return;
    const QByteArray name = std::setlocale(LC_CTYPE, nullptr);
    for (const QByteArray &candidate : {inUtf8(name), QByteArrayLiteral("C.UTF-8"), QByteArrayLiteral("C.utf8")}) {
        if (std::setlocale(LC_CTYPE, candidate.constData()))
            return;
    }
}

void reseedRandomNumbers()
{
    // Qt 6.4 ends the program if the global generator is assigned to or seeded, so its bytes are replaced. A test
    // checks that this works with the Qt at hand.
    static_assert(std::is_standard_layout_v<QRandomGenerator> && std::is_trivially_destructible_v<QRandomGenerator>);
    const QRandomGenerator fresh = QRandomGenerator::securelySeeded();
    std::memcpy(static_cast<void *>(QRandomGenerator::global()), static_cast<const void *>(&fresh), sizeof fresh);

    std::array<quint32, 3> seeds{};
    QRandomGenerator::system()->generate(seeds.begin(), seeds.end());
    std::srand(seeds[0]);
    ::srandom(seeds[0]);
    std::array<unsigned short, 3> seed48Bits{quint16(seeds[1]), quint16(seeds[1] >> 16), quint16(seeds[2])};
    ::seed48(seed48Bits.data());
}

void prepareHostLookups()
{
    const QtMessageHandler handler
        = qInstallMessageHandler([](QtMsgType, const QMessageLogContext &, const QString &) { });
    static_cast<void>(QHostInfo::fromName(QString())); // an empty name looks nothing up
    qInstallMessageHandler(handler);
}

void forgetSupervisor()
{
    for (const char *const variable : {"NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "LISTEN_PID", "LISTEN_PIDFDID",
                                       "LISTEN_FDS", "LISTEN_FDNAMES"})
        qunsetenv(variable);
}

}
