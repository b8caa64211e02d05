// SPDX-License-Identifier: MIT
#include "worker/application_p.h"

#include <QtCore/QEvent>

#include <array>

namespace Prefork::Internal {

namespace {

constexpr const char *PlatformVariable = "QT_QPA_PLATFORM";
constexpr int MostRounds = 8; // events that post the next one for ever must not keep a worker from its calls

/// While it lives, a QGuiApplication is made with the platform "offscreen", which needs no display, unless the
/// environment names a platform; for Qt, an empty name is none. It restores the environment, for programs that the
/// worker runs later.
class OffscreenByDefault
{
    Q_DISABLE_COPY_MOVE(OffscreenByDefault)

public:
    OffscreenByDefault()
        : m_isOurs(qEnvironmentVariableIsEmpty(PlatformVariable))
        , m_wasSet(qEnvironmentVariableIsSet(PlatformVariable))
    {
        if (m_isOurs)
            qputenv(PlatformVariable, "offscreen");
    }
    ~OffscreenByDefault()
    {
        if (m_isOurs && m_wasSet)
            qputenv(PlatformVariable, "");
        else if (m_isOurs)
            qunsetenv(PlatformVariable);
    }

private:
    const bool m_isOurs;
    const bool m_wasSet;
};

}

void makeApplication(const Interface::ApplicationFactory &make, const QByteArray &programName)
{
    // QCoreApplication keeps references to these variables.
    static QByteArray name;
    static std::array<char *, 2> arguments{};
    static int count = 0;

    if (QCoreApplication::instance())
        throw Error(QStringLiteral("setApplication: this worker has a QCoreApplication already"));
    name = programName;
    arguments = {name.data(), nullptr};
    count = 1;
    const OffscreenByDefault offscreen;
    if (!make(count, arguments.data()) || !QCoreApplication::instance())
        throw Error(QStringLiteral("setApplication: the factory has made no QCoreApplication"));
}

void deliverPostedEvents()
{
    for (int round = 0; round < MostRounds; ++round) {
        QCoreApplication::sendPostedEvents();
        // Outside of an event loop these are delivered only on request.
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    }
}

}
